"""Many texts, or many tokens of one, against labels: how likely each label is for each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from core.charts import words
from core.charts.figure import FRAME_PIXELS, framed

MOST_COLUMNS = 12  # labels that can be read beside each other on a narrow screen
WRITTEN_COLUMNS = 6  # up to so many, each cell says its number
ROW_PIXELS = 25
LABEL_PIXELS = 80  # under the plot, where names of labels stand on their heads


def label_heat(
    names: Sequence[str],
    labels: Sequence[str],
    table: Sequence[Sequence[float]] | np.ndarray,
    *,
    finding: str,
    rows: str = "Text",
    hover: Sequence[str] | None = None,
    probability: bool = True,
) -> go.Figure:
    """A heat map with a line for each text or token; at most twelve labels, those that are likeliest somewhere.

    Args:
        names: of the lines, from top to bottom.
        labels: of the columns.
        table: ``[lines, labels]``.
        finding: the title.
        rows: what a line is.
        hover: more about each line.
        probability: the numbers are probabilities, from 0 to 1.
    """
    values = np.asarray(table, np.float64).reshape(len(names), len(labels))
    kept = np.sort(np.argsort(-values.max(axis=0, initial=-np.inf), kind="stable")[:MOST_COLUMNS])
    shown, columns = values[:, kept], [labels[place] for place in kept]
    written = "{:.0%}" if probability else "{:.2g}"
    most = shown.argmax(axis=1) if shown.size else np.zeros(0, int)
    few = len(columns) <= WRITTEN_COLUMNS
    texts = [
        [written.format(value) if few or place == most[line] else "" for place, value in enumerate(row)] for line, row in enumerate(shown)
    ]
    whole = [words.shown(name) for name in (hover or names)]
    figure = go.Figure(
        go.Heatmap(
            z=shown,
            x=list(range(len(columns))),
            y=list(range(len(names))),
            **({"zmin": 0, "zmax": 1} if probability else {}),
            text=texts,
            texttemplate="%{text}",
            xgap=1,
            ygap=1,
            showscale=False,
            customdata=[
                [(whole[line], words.shown(label), f"{row[place]:.4f}") for place, label in enumerate(columns)]
                for line, row in enumerate(shown)
            ],
            hovertemplate="%{customdata[0]}<br>%{customdata[1]}: %{customdata[2]}<extra></extra>",
        )
    )
    grid = {"showgrid": False, "zeroline": False}
    figure.update_xaxes(
        tickvals=list(range(len(columns))), ticktext=words.ticks(columns, 16), tickangle=0 if len(columns) <= 3 else -90, **grid
    )
    figure.update_yaxes(tickvals=list(range(len(names))), ticktext=words.ticks(names, 18), autorange="reversed", **grid)
    left = len(labels) - len(columns)
    more = f" {left} labels that are nowhere as likely are not drawn." if left else ""
    said = (
        "; ".join(
            f"{words.elided(name, 40)}: {words.elided(columns[most[line]])} {written.format(shown[line, most[line]])}"
            for line, name in enumerate(names)
        )
        if columns
        else ""
    )
    alt = f"Heat map of {len(names)} lines ({rows.lower()}) against {len(columns)} labels. Highest of each line: {said}.{more}"
    return framed(figure, finding=finding, alt=alt, height=FRAME_PIXELS + LABEL_PIXELS + ROW_PIXELS * max(len(names), 1), legend=False)
