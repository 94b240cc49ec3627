"""Writes docs/settings.md from the fields of core/settings.py; a test compares the two."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from core.settings import Settings  # noqa: E402

COMPUTED = {"home": "`~/.sheetformer`; `/data` on a Space with storage", "job_memory_mb": "the machine's memory"}


def settings_page() -> str:
    """The page as Markdown."""
    lines = [
        "# Settings",
        "",
        "Every limit, read from the environment when a process starts. Written by `make docs` from `core/settings.py`.",
        "",
        "| variable | default | what it is |",
        "|---|---|---|",
    ]
    for name, field in Settings.model_fields.items():
        default = COMPUTED.get(name) or f"`{field.default if field.default != () else 'none'}`"
        lines.append(f"| `SHEETFORMER_{name.upper()}` | {default} | {field.description} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    (ROOT / "docs" / "settings.md").write_text(settings_page(), encoding="utf-8")
