"""Importing a page loads no model library (law 9): the server stays small and quick."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "pages").glob("*/*.py") if path.parent.name != "parts")
CODE = """
import sys
from streamlit.testing.v1 import AppTest
app = AppTest.from_file({script!r}, default_timeout=60).run()
if {page!r} != "Home.py":
    app.switch_page({page!r}).run()
assert not app.exception, app.exception
print(sorted(name for name in ("torch", "transformers", "peft", "datasets", "openvino") if name in sys.modules))
"""


@pytest.mark.parametrize("page", ["Home.py", *PAGES])
def test_a_page_leaves_model_libraries_alone(page, tmp_path):
    code = CODE.format(script=str(ROOT / "Home.py"), page=page)
    out = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=child_environment(tmp_path), capture_output=True, text=True, timeout=120, check=False
    )
    assert out.returncode == 0, out.stderr[-3_000:]
    assert out.stdout.strip().splitlines()[-1] == "[]"


def child_environment(tmp_path: Path) -> dict[str, str]:
    import os

    return {**os.environ, "SHEETFORMER_HOME": str(tmp_path / "home"), "SHEETFORMER_IDLE_EXIT_SECONDS": "1", "HF_HUB_OFFLINE": "1"}


def test_there_are_pages():
    assert {Path(page).stem for page in PAGES} == {
        "overview",
        "tables",
        "hub",
        "demos",
        "publish",
        "batch",
        "finetune",
        "adapters",
        "tokens",
        "logits",
        "metrics",
        "compare",
        "dashboard",
        "jobs",
        "place",
    }
