"""What went wrong with entities: missed, made up, of the wrong type, or not quite the same words."""

from __future__ import annotations

from collections.abc import Mapping

import plotly.graph_objects as go

from core.charts import words
from core.charts.figure import MOST_LABELS, bars_height, framed, pattern

KINDS = {
    "correct": "right",
    "partial": "partly right",
    "incorrect": "wrong words or type",
    "missed": "missed",
    "spurious": "not yours",
}
"""nervaluate's name of a kind to what it is called here."""


def entity_errors(rows: Mapping[str, Mapping[str, int]], *, by: str) -> go.Figure:
    """A stacked bar for each type of entity, or each way to compare them: how many are right, and what is wrong with the others.

    Args:
        rows: name to kind (a key of ``KINDS``) to entities; of more than 20 names those with the most entities.
        by: what the names are, such as "type".
    """
    totals = {name: sum(found.get(kind, 0) for kind in KINDS) for name, found in rows.items()}
    names = [name for name in rows if name in sorted(rows, key=lambda name: -totals[name])[:MOST_LABELS]]
    figure = go.Figure()
    for number, (kind, said) in enumerate(KINDS.items()):
        counts = [rows[name].get(kind, 0) for name in names]
        if not any(counts) and kind == "partial":
            figure.add_bar(x=[None], y=[None], showlegend=False)  # keeps the colours of the kinds that follow
            continue
        figure.add_bar(
            x=counts,
            y=list(range(len(names))),
            orientation="h",
            name=said,
            marker={"pattern": pattern(number)},
            customdata=[(words.shown(name), kind, totals[name]) for name in names],
            hovertemplate=f"%{{customdata[0]}}<br>{said}: %{{x:,}} of %{{customdata[2]:,}}<extra></extra>",
        )
    figure.update_layout(barmode="stack", bargap=0.3)
    figure.update_xaxes(title_text="Entities", rangemode="tozero", tickformat=",")
    figure.update_yaxes(
        tickvals=list(range(len(names))), ticktext=words.ticks(names, 24), autorange="reversed", showgrid=False, zeroline=False
    )
    finding, alt = _in_words(rows, by)
    return framed(figure, finding=finding, alt=alt, height=bars_height(len(names), 2), legend=True)


def _in_words(rows: Mapping[str, Mapping[str, int]], by: str) -> tuple[str, str]:
    wrong = [(found.get(kind, 0), said, name) for name, found in rows.items() for kind, said in KINDS.items() if kind != "correct"]
    listed = ". ".join(
        f"{words.elided(name)}: " + ", ".join(f"{found.get(kind, 0):,} {said}" for kind, said in KINDS.items() if found.get(kind, 0))
        for name, found in rows.items()
    )
    alt = f"Stacked bars of entities by {by}: {listed}." if rows else "Stacked bars without entities."
    count, said, name = max(wrong, default=(0, "", ""))
    if not count:
        return ("Every entity is right" if rows else "There is no entity to compare"), alt
    if by == "comparison":
        right = {name: found.get("correct", 0) for name, found in rows.items()}
        least, most = min(right, key=right.__getitem__), max(right, key=right.__getitem__)
        if right[least] < right[most]:
            return f"Right by the {least} way: {right[least]:,}; by the {most} way: {right[most]:,}", alt
    return f"Most frequent error: {words.elided(name, words.TICK_LETTERS)}, {count:,} {said}", alt
