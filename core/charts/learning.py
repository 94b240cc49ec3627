"""How a training went: losses by epoch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from core.charts.figure import DASHES, MARKERS, MOST_TRACES, framed
from core.charts.words import TICK_LETTERS, shown

NAMES = {"loss": "training rows", "eval_loss": "validation rows"}
HEIGHT = 320


def learning_curve(history: Sequence[dict[str, Any]]) -> go.Figure:
    """Loss of the training rows and of the validation rows over the epochs.

    Args:
        history: entries with ``epoch`` and ``loss`` or ``eval_loss``; a loss that is no number leaves a gap.
    """
    figure = go.Figure()
    for number, (key, name) in enumerate(NAMES.items()):
        points = [(entry["epoch"], entry[key]) for entry in history if key in entry]
        figure.add_scatter(
            x=[epoch for epoch, _ in points],
            y=[loss for _, loss in points],
            name=name,
            mode="lines+markers" if key == "eval_loss" else "lines",
            line={"dash": DASHES[number]},
            marker={"symbol": MARKERS[number], "size": 8},
            hovertemplate=f"epoch %{{x:.2f}}<br>loss %{{y:.4f}}<extra>{name}</extra>",
        )
    figure.update_xaxes(title_text="epoch", rangemode="tozero")
    figure.update_yaxes(title_text="loss", rangemode="tozero")
    finding = _finding(history)
    alt = f"Line chart of the loss over {max((entry['epoch'] for entry in history), default=0):g} epochs. {finding}."
    return framed(figure, finding=finding, alt=alt, height=HEIGHT, legend=True)


def learning_curves(histories: Mapping[str, Sequence[dict[str, Any]]]) -> go.Figure:
    """Validation loss of several trainings over each other.

    Args:
        histories: name of a training to its entries, as for :func:`learning_curve`; the first ``MOST_TRACES`` are drawn.
    """
    figure, best = go.Figure(), {}
    for number, (name, history) in enumerate(list(histories.items())[:MOST_TRACES]):
        points = [(entry["epoch"], entry["eval_loss"]) for entry in history if "eval_loss" in entry]
        known = [loss for _, loss in points if loss is not None]
        if known:
            best[name] = min(known)
        figure.add_scatter(
            x=[epoch for epoch, _ in points],
            y=[loss for _, loss in points],
            name=shown(name, TICK_LETTERS),
            mode="lines+markers",
            line={"dash": DASHES[number % len(DASHES)]},
            marker={"symbol": MARKERS[number % len(MARKERS)], "size": 8},
            hovertemplate=f"epoch %{{x:.2f}}<br>validation loss %{{y:.4f}}<extra>{shown(name)}</extra>",
        )
    figure.update_xaxes(title_text="epoch", rangemode="tozero")
    figure.update_yaxes(title_text="validation loss", rangemode="tozero")
    lowest = min(best, key=lambda name: best[name], default=None)
    finding = "No validation row has been scored yet" if lowest is None else f"Lowest validation loss: {lowest} ({best[lowest]:.3f})"
    told = ", ".join(f"{name} {loss:.3f}" for name, loss in best.items())
    alt = f"Line chart of the validation loss of {len(histories)} trainings over the epochs. {finding}. Best of each: {told or 'none yet'}."
    return framed(figure, finding=finding, alt=alt, height=HEIGHT, legend=True)


def _finding(history: Sequence[dict[str, Any]]) -> str:
    """What happened to the rows that the model has not learned from."""
    checks = [(entry["eval_loss"], entry["epoch"]) for entry in history if entry.get("eval_loss") is not None]
    if not checks:
        return "No validation row has been scored yet"
    (first, _), (last, _), (best, epoch) = checks[0], checks[-1], min(checks)
    if len(checks) == 1:
        return f"Validation loss {last:.3f}"
    if last > best * 1.05:
        return f"Validation loss was best after epoch {epoch:.1f} ({best:.3f}) and rose to {last:.3f}"
    return f"Validation loss went from {first:.3f} to {last:.3f}"
