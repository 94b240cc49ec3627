"""Two tables beside each other: the shares of the same groups in both."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from core.charts import words
from core.charts.figure import MOST_LABELS, bars_height, framed, pattern

SMALL = 0.06


def drift_shares(groups: Sequence[str], train: Sequence[float], new: Sequence[float], *, title: str, ordered: bool = False) -> go.Figure:
    """Two bars for each group: its share in the training table and in the new one.

    Args:
        groups: bins, words or labels.
        train: share of each group in the training table, 0 to 1.
        new: the same in the new table.
        title: what is compared, such as "Length in words".
        ordered: the groups have an order (bins of lengths); else, of more than 20, those that differ most are drawn.
    """
    chosen = list(range(len(groups)))
    if len(groups) > MOST_LABELS:
        most = sorted(chosen, key=lambda at: -abs(train[at] - new[at]))[:MOST_LABELS]
        chosen = chosen[:MOST_LABELS] if ordered else sorted(most)
    names = [str(groups[at]) for at in chosen]
    figure = go.Figure()
    for number, (name, shares) in enumerate({"training table": train, "this table": new}.items()):
        figure.add_bar(
            x=[shares[at] for at in chosen],
            y=list(range(len(chosen))),
            orientation="h",
            name=name,
            marker={"pattern": pattern(number)},
            customdata=[words.shown(one) for one in names],
            hovertemplate=f"%{{customdata}}<br>{name}: %{{x:.2%}}<extra></extra>",
        )
    figure.update_layout(barmode="group", bargap=0.25)
    longest = max((max(train[at], new[at]) for at in chosen), default=1.0)
    fine = ".0%" if longest > SMALL else ".1%" if longest > SMALL / 10 else ".2%"  # shares of words are small
    figure.update_xaxes(title_text="Share of rows", tickformat=fine, rangemode="tozero")
    figure.update_yaxes(
        tickvals=list(range(len(names))), ticktext=words.ticks(names, 24), autorange="reversed", showgrid=False, zeroline=False
    )
    heading = words.elided(title, words.TITLE_LETTERS)
    if not chosen:
        return framed(figure, finding=f"{heading}: nothing to compare", alt="Bar chart without bars.", height=bars_height(1), legend=False)
    most = max(chosen, key=lambda at: abs(train[at] - new[at]))
    finding = f"{heading}: {words.elided(groups[most], words.TICK_LETTERS)} {_share(train[most])} in training, {_share(new[most])} now"
    listed = ", ".join(f"{words.elided(groups[at])} {_share(train[at])} and {_share(new[at])}" for at in chosen)
    alt = f"Pairs of bars, training table and this table, {words.elided(title)}: {listed}."
    return framed(figure, finding=finding, alt=alt, height=bars_height(len(chosen), 1), legend=True)


def _share(value: float) -> str:
    return words.share(value, 1)
