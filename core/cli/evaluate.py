"""``evaluate``: how good the predictions of a file are."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path
from typing import Annotated, Literal

import typer

from core import evaluation
from core.cli import evaluate_more
from core.cli.files import read_table
from core.cli.output import AsJson, print_json, print_line, print_note
from core.cli.parameters import parse_label_map, parse_texts, with_import_choices
from core.errors import BadInput
from core.evaluation.results import ClassFigures, Evaluation, EvaluationSpec, Interval, Slice
from core.evaluation.which_rows import rows_of_table
from core.metrics import DEFINITIONS
from core.runs import RunFolder, open_run
from core.schema import ImportChoices, is_id
from core.settings import Settings
from core.tables.problems import number_of

CLASSES = 30


@with_import_choices
def evaluate(
    file: Annotated[str, typer.Argument(help="A spreadsheet with predictions and labels, a Hub data set, or the id of a finished run.")],
    choices: ImportChoices,
    task: Annotated[str | None, typer.Option(help="Task by its Hub name; text-classification, or the run's own, if not said.")] = None,
    prediction: Annotated[str | None, typer.Option(help="Column with the predictions.")] = None,
    label: Annotated[str | None, typer.Option(help="Column with your own answers.")] = None,
    problem: Annotated[
        Literal["single", "multi", "regression"] | None,
        typer.Option(help="What an answer is: one label, several, or a number; as the cells look, or as the run knows, if not said."),
    ] = None,
    slices: Annotated[list[str], typer.Option("--slice", help="Column whose values to break down by; may be repeated.")] = [],  # noqa: B006
    column: Annotated[list[str], typer.Option(help="Another part as part=column: confidence, text, tokens, surprisal, ...")] = [],  # noqa: B006
    probability: Annotated[list[str], typer.Option(help="Probabilities not called p_LABEL, as label=column; may be repeated.")] = [],  # noqa: B006
    map_label: Annotated[list[str], typer.Option(help="What a value of the label column means: value=label; may be repeated.")] = [],  # noqa: B006
    separator: Annotated[str, typer.Option(help="Between several labels in one cell.")] = "",
    calibration: Annotated[bool, typer.Option("--calibration", help="Whether confidence can be believed, and a temperature.")] = False,
    curves: Annotated[bool, typer.Option("--curves", help="ROC, precision and recall, thresholds, abstention.")] = False,
    worst: Annotated[int, typer.Option(min=0, help="So many of the worst rows.")] = 0,
    label_errors: Annotated[int, typer.Option(min=0, help="So many of the labels that look wrong.")] = 0,
    train: Annotated[str, typer.Option(help="The training table: how this one differs from it.")] = "",
    save_temperature: Annotated[bool, typer.Option("--save-temperature", help="Save it as a new version of the run's adapter.")] = False,
    as_json: AsJson = False,
) -> None:
    """Compare predictions with your own answers: figures with intervals, each label, confusions, slices; more where asked."""
    settings = Settings()
    run = open_run(settings, file) if is_id(file) and not Path(file).exists() else None
    path, spec = _of_run(settings, run, prediction, label) if run else _of_table(settings, file, choices, task, prediction, label)
    given = {"slices": tuple(slices), "separator": separator, "label_map": parse_label_map(map_label)}
    given |= {"probabilities": parse_label_map(probability), "problem": problem}
    changed = {name: value for name, value in given.items() if value}
    columns = {**spec.columns, **parse_texts(column, "--column")}
    found = evaluation.evaluate(settings, path, spec.model_copy(update={**changed, "columns": columns}))
    asked = evaluate_more.More(calibration, curves, worst, label_errors, train, save_temperature)
    more = evaluate_more.look(settings, path, found.spec, asked, run)
    if as_json:
        told = {name: each if isinstance(each, str) else each.model_dump(mode="json") for name, each in more.items()}
        print_json(found.model_dump(mode="json", exclude={"spellings", "said"}) | told)
        return
    for line in [*describe(found), *evaluate_more.describe(more)]:
        print_line(line)


def _of_run(settings: Settings, run: RunFolder, prediction: str | None, label: str | None) -> tuple[Path, EvaluationSpec]:
    """The table of a run's answers, and what the run knows of its columns."""
    path, spec = evaluation.table_of_run(settings, run, label)
    return path, spec if prediction is None else spec.model_copy(update={"columns": {**spec.columns, "prediction": prediction}})


def _of_table(
    settings: Settings, file: str, choices: ImportChoices, task: str | None, prediction: str | None, label: str | None
) -> tuple[Path, EvaluationSpec]:
    """The table, and what the names of its columns suggest."""
    table = read_table(settings, file, choices)
    for problem in table.report.problems[:5]:
        print_note(f"{table.name}: {f'row {problem.row} of the file: ' if problem.row else ''}{problem.what}")
    suggested = evaluation.suggest_spec(table.path, task or "text-classification")
    named = {part: name for part, name in (("prediction", prediction), ("label", label)) if name is not None}
    if len(named) < 2 and suggested is None:
        missing = " and ".join(f"--{part}" for part in ("prediction", "label") if part not in named)
        raise BadInput(missing, f"the columns {', '.join(table.columns)[:300]}", "Name the columns of predictions and of your own answers.")
    known = suggested.columns if suggested is not None else {}
    task = task or (suggested.task if suggested else "text-classification")
    return table.path, EvaluationSpec(task=task, columns={**known, **named}, rows_are=rows_of_table(table.source))


def describe(found: Evaluation) -> list[str]:
    """An evaluation in lines for people."""
    lines = [f"{number_of(found.compared, 'row')} compared of {found.rows:,}", *filter(None, [found.spec.rows_are])]
    lines += [f"  {reason.reason}: {number_of(reason.rows, 'row')}" for reason in found.left_out]
    if found.unmatched:
        lines.append(f"  Labels that are none of the model's: {', '.join(list(found.unmatched)[:10])}")
    lines += ["", "Figures (95 % interval)"]
    lines += [f"  {DEFINITIONS[name].title if name in DEFINITIONS else name}: {_figure(each)}" for name, each in found.metrics.items()]
    lines += _classes(found.per_class)
    for each in found.entity_errors:
        lines.append(
            f"  {each.scheme}: correct {each.correct:,}, incorrect {each.incorrect:,}, partial {each.partial:,}, missed {each.missed:,}, "
            f"spurious {each.spurious:,}"
        )
    lines += _slices(found.slices)
    return [*lines, *found.notes]


def _classes(classes: tuple[ClassFigures, ...]) -> list[str]:
    """The most frequent labels first."""
    if not classes:
        return []
    shown = sorted(classes, key=lambda each: -each.support)[:CLASSES]
    lines = ["", "Labels (precision, recall, F1; how often true, predicted)"]
    lines += [
        f"  {each.label}: {_figure(each.precision)}, {_figure(each.recall)}, {_figure(each.f1)}; {each.support:,}, {each.predicted:,}"
        for each in shown
    ]
    return lines + ([f"  and {len(classes) - CLASSES:,} more (see --json)"] if len(classes) > CLASSES else [])


def _slices(slices: tuple[Slice, ...]) -> list[str]:
    lines: list[str] = []
    for column, group in groupby(slices, key=lambda each: each.column):
        lines += ["", f"By {column}"]
        for each in group:
            name, figure = next(iter(each.metrics.items()), ("", None))
            words = each.note if figure is None else f"{DEFINITIONS[name].title} {_figure(figure)}"
            lines.append(f"  {each.value or '(blank)'}: {number_of(each.rows, 'row')}, {words}")
    return lines


def _figure(figure: Interval) -> str:
    if figure.value is None:
        return "-"
    return f"{figure.value:.3f}" + (f" ({figure.low:.3f} to {figure.high:.3f})" if figure.low is not None else "")
