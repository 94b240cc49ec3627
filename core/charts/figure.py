"""What all figures share: a frame that works at 390 and at 1,280 pixels, and one look for each label.

Colours are not named here: traces come in the order of the labels, and the template of the page gives the n-th trace its
n-th colour, in light and in dark. A pattern, a dash or a marker goes with each colour, so colour never stands alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from core.charts import words

MOST_LABELS = 20
MOST_TRACES = 8  # of stacked bars and lines: more patterns and dashes nobody can tell apart
PATTERNS = ("", "/", "x", ".", "\\", "+", "-", "|")
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
MARKERS = ("circle", "square", "diamond", "triangle-up", "cross", "x", "star", "triangle-down")
GREY = "rgba(128, 128, 128, 0.55)"  # for "other": readable on white and on black
BAR_PIXELS = 30
TITLE_PIXELS = 20
FRAME_PIXELS = 130


def alt_text(figure: go.Figure) -> str:
    """The figure in words, for readers who do not see it. Plain text: not escaped for Plotly."""
    meta = figure.layout.meta
    return str(meta.get("alt", "")) if isinstance(meta, Mapping) else ""


def framed(figure: go.Figure, *, finding: str, alt: str, height: int, legend: bool) -> go.Figure:
    """Title at the left, legend below, margins that grow with the texts on the axes."""
    text = words.title(finding)
    more = TITLE_PIXELS * text.count("<br>")
    figure.update_layout(
        # Plotly anchors the first line only: hung from the top edge it is cut, so it stands above the plot, raised by the others
        title={
            "text": text,
            "x": 0,
            "xref": "container",
            "xanchor": "left",
            "y": 1,
            "yref": "paper",
            "yanchor": "bottom",
            "pad": {"b": 12 + more},
        },
        title_font_size=15,
        height=height + more,
        margin={"l": 8, "r": 16, "t": 24 + TITLE_PIXELS + more, "b": 8},
        showlegend=legend,
        legend={
            "orientation": "h",
            "x": 0,
            "xanchor": "left",
            "y": 0,
            "yref": "container",
            "yanchor": "bottom",
            "title": {"text": ""},
            "traceorder": "normal",
        },
        meta={"alt": " ".join(alt.split())},
        hoverlabel={"align": "left", "namelength": -1},
    )
    figure.update_xaxes(automargin=True, title_standoff=14)
    figure.update_yaxes(automargin=True, title_standoff=14)
    return figure


def bars_height(bars: int, legend_lines: int = 0) -> int:
    """Pixels that leave room for the text beside each of a chart's horizontal bars."""
    return FRAME_PIXELS + BAR_PIXELS * max(bars, 1) + 24 * legend_lines


def label_order(found: Mapping[str, float], labels: Sequence[str] | None, most: int = MOST_LABELS) -> tuple[list[str], list[str]]:
    """The labels that get a trace of their own, in the model's order (so a label keeps its colour in every chart), and the rest.

    Args:
        found: label to rows.
        labels: all labels in the order of the model; by the alphabet without them.

    Returns:
        At most ``most`` labels, the most frequent ones, in order; and those that become "other".
    """
    order = list(dict.fromkeys([*(labels or sorted(found)), *sorted(found)]))
    if len(order) <= most:
        return order, []
    place = {label: number for number, label in enumerate(order)}
    frequent = sorted(order, key=lambda label: (-found.get(label, 0), place[label]))
    chosen = set(frequent[:most])
    return [label for label in order if label in chosen], [label for label in order if label not in chosen and found.get(label, 0)]


def other_name(labels: Sequence[str]) -> str:
    return f"other ({len(labels)} label{'' if len(labels) == 1 else 's'})"


def legend_lines(labels: Sequence[str]) -> int:
    """Lines of a legend on a narrow screen, about 40 letters each."""
    return 1 + sum(min(len(str(label)), words.TICK_LETTERS) + 5 for label in labels) // 40


def pattern(number: int) -> dict[str, object]:
    """A quiet hatch over the colour of the ``number``-th label; the first has none."""
    return {"shape": PATTERNS[number % len(PATTERNS)], "fillmode": "overlay", "fgopacity": 0.25, "size": 7}
