"""One plot: horizontal bars as an SVG file that every browser, README and editor shows."""

from __future__ import annotations

from html import escape
from pathlib import Path

WIDTH, LABEL, ROW, BAR, TOP = 760, 250, 30, 20, 44
INK, FILL, OURS = "#57606a", "#8c959f", "#1f6feb"


def write_bars(path: Path, title: str, values: dict[str, float]) -> None:
    """Draws one bar for each value, longest to the right edge; engines of ours (``run, ...``) in their own colour.

    Args:
        values: name to a number above zero.
    """
    longest = max(values.values(), default=1.0)
    scale = (WIDTH - LABEL - 80) / longest
    height = TOP + ROW * len(values) + 10
    described = "; ".join(f"{name}: {value:,.0f}" for name, value in values.items())
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" font-family="sans-serif" font-size="13">',
        f"<title>{escape(title)}</title><desc>{escape(described)}</desc>",
        f'<text x="10" y="24" fill="{INK}" font-size="16">{escape(title)}</text>',
    ]
    for number, (name, value) in enumerate(values.items()):
        top = TOP + number * ROW
        middle = top + BAR * 0.72
        colour = OURS if name.startswith("run") else FILL
        lines.append(f'<text x="{LABEL - 10}" y="{middle:.0f}" fill="{INK}" text-anchor="end">{escape(name)}</text>')
        lines.append(f'<rect x="{LABEL}" y="{top}" width="{max(value * scale, 1):.0f}" height="{BAR}" fill="{colour}"/>')
        lines.append(f'<text x="{LABEL + value * scale + 6:.0f}" y="{middle:.0f}" fill="{INK}">{value:,.0f}</text>')
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([*lines, "</svg>"]) + "\n", encoding="utf-8")
