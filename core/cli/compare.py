"""``compare``: two runs side by side."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from core import comparison
from core.cli.output import AsJson, print_json, print_line
from core.evaluation.words import title_of
from core.settings import Settings
from core.tables.problems import number_of

NAMES = ("A", "B")


def compare(
    first: Annotated[str, typer.Argument(metavar="RUN", help="Id of a run, as jobs list shows it.")],
    second: Annotated[str, typer.Argument(metavar="RUN", help="Id of another run of the same kind.")],
    as_json: AsJson = False,
) -> None:
    """Compare two scored tables, or two fine-tunes: settings that differ, metrics, and tests on the rows that both answered."""
    found = comparison.compare(Settings(), first, second)
    if as_json:
        print_json(found)
        return
    for line in describe(found):
        print_line(line)


def describe(found: dict[str, Any]) -> list[str]:
    """The comparison in lines for people."""
    lines = [f"{name}: {_run(run)}" for name, run in zip(NAMES, found["runs"], strict=True)]
    lines += ["", "Settings that differ" if found["settings"] else "No setting differs"]
    lines += [f"  {name}: {_plain(values[0])} | {_plain(values[1])}" for name, values in found["settings"].items()]
    if found["metrics"]:
        lines += ["", "Metrics (95 % interval)"]
        lines += [f"  {title_of(name)}: {' | '.join(map(_figure, metric['values']))}" for name, metric in found["metrics"].items()]
    return [*lines, "", *_paired(found["paired"]), *([found["why_not"]] if found["why_not"] else []), *found["notes"]]


def _run(run: dict[str, Any]) -> str:
    best = run.get("best")
    words = f"{run['run']}, {run['task']} with {run['model']} on {run['table']}"
    return f"{words}; best after epoch {best['epoch']:.2f}, validation loss {best['loss']:.4f}" if best else words


def _paired(paired: dict[str, Any] | None) -> list[str]:
    """What the rows that both answered say."""
    if paired is None:
        return []
    agreement = paired["agreement"]
    agree = f", the same answer in {100 * agreement['value']:.1f} % of them" if agreement else ""
    lines = [f"{number_of(paired['rows'], 'row')} answered by both{agree}"]
    if paired["mcnemar"] is not None:
        lines.append(
            f"Against your own answers: both right {paired['both_right']:,}, both wrong {paired['both_wrong']:,}, "
            f"fixed by B {paired['fixed']:,}, broken by B {paired['broken']:,}"
        )
    return lines + [comparison.verdict(paired, name, *NAMES) for name in paired["differences"]]


def _plain(value: Any) -> str:
    return "-" if value is None else str(value)


def _figure(figure: dict[str, Any] | None) -> str:
    if figure is None or figure["value"] is None:
        return "-"
    between = f" ({figure['low']:.3f} to {figure['high']:.3f})" if figure.get("low") is not None else ""
    return f"{figure['value']:.3f}{between}"
