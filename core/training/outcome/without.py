"""Who answers where the adapter is off: its base, as far as that can."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from core import models, tasks
from core.inference.loading import Loaded
from core.metrics import normalised
from core.metrics.entities import kind_of
from core.models.load import load_config
from core.schema import FinetuneSpec, Role
from core.settings import Settings
from core.tasks.labels import SEPARATOR
from core.training.outcome.measuring import load, load_for

BASE, ZERO_SHOT = "base", "zero-shot"
"""Who answers without the adapter: the base by itself, or its vectors compared with the labels' names, untrained."""

CLASSIFIES, MARKS = "text-classification", "token-classification"
NUMBER, SEVERAL = "regression", "multi"  # kinds of heads, in the words of core.tasks.TaskModel


def who_answers(task: str, files: models.ModelFiles, labels: Sequence[str], problem: str) -> str | None:
    """How a base can answer without an adapter; ``None`` where it cannot.

    Args:
        labels: that the adapter answers with; empty where answers are free.
        problem: the kind of the adapter's head in the task's words.
    """
    if Role.TARGET in tasks.get(task).truth_roles:
        return BASE  # it writes with the head that it had
    if task in files.tasks and _answers_alike(task, files, labels, problem):
        return BASE
    if task == CLASSIFIES and problem not in (NUMBER, SEVERAL) and _has_vectors(files):
        return ZERO_SHOT
    return None


def why_nobody(task: str, model: str, problem: str) -> str:
    """Why a base cannot answer, in a sentence."""
    if problem == NUMBER:
        return f"{model} has no head that gives a number by itself, so there is nothing to compare the adapter with."
    if task == CLASSIFIES and problem == SEVERAL:
        why = "comparing its vectors with their names would tell one label a row, not several"
        return f"{model} has no answers of its own for these labels, and {why}."
    if task == CLASSIFIES:
        return f"{model} has no answers of its own for these labels, and no vectors to compare their names with."
    if task == MARKS:
        return f"{model} has no head of its own that marks these types in a text, so there is nothing to compare the adapter with."
    return f"{model} has no head of its own for {task}, so there is nothing to compare the adapter with."


def load_off(settings: Settings, spec: FinetuneSpec, files: models.ModelFiles, how: str, labels: Sequence[str]) -> Loaded:
    """The base, ready to answer."""
    if how == BASE:
        return load(settings, spec, files)
    task = tasks.get("zero-shot-classification")
    return load_for(settings, spec, files, task, task.Options(labels=tuple(labels)))


def in_spelling(results: pa.Table, labels: Sequence[str], problem: str) -> pa.Table:
    """Results whose labels are in the adapter's spelling."""
    said = [respelled(each, labels, problem) for each in results["prediction"].to_pylist()]
    return results.set_column(results.column_names.index("prediction"), "prediction", pa.array(said, pa.string()))


def respelled(said: str, labels: Sequence[str], problem: str) -> str:
    """A base's answer in the adapter's spelling: labels that differ in case only are the same."""
    spelling = {normalised(label): label for label in labels}
    pieces = said.split(SEPARATOR) if problem == SEVERAL else [said]
    return SEPARATOR.join(piece if piece in labels else spelling.get(normalised(piece), piece) for piece in pieces)


def _answers_alike(task: str, files: models.ModelFiles, labels: Sequence[str], problem: str) -> bool:
    """Whether the base's own head says what the adapter's does: the same labels, the same types, a number, a place in a text."""
    if problem == NUMBER:
        return tasks.get(task).problem(load_config(files), tasks.get(task).Options()) == NUMBER
    if task == MARKS:
        return _kinds(files.labels) == _kinds(labels)
    return {normalised(label) for label in files.labels} == {normalised(label) for label in labels} if labels else True


def _kinds(labels: Sequence[str]) -> set[str]:
    """Types that labels of tokens name."""
    return {normalised(kind_of(label)) for label in labels} - {""}


def _has_vectors(files: models.ModelFiles) -> bool:
    return tasks.get("zero-shot-classification").auto_class_for(files.tasks) == "AutoModel"
