"""The face that every task shows to the plan, the pages and the command line.

A task is stateless. It turns the texts of some rows into *items* (one forward pass each; a long text may need several),
calls the model on a padded batch of items, and turns the items' outputs back into columns, one value per row.
The plan in :mod:`core.inference` decides which items meet in a batch; a task never sees more than that.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
from pydantic import BaseModel

from core.schema import Role

Outputs = Sequence[Any]
"""What :meth:`Task.forward` gives: one value per item, mostly a float32 array of logits."""


@dataclass(frozen=True)
class RoleUse:
    """A role that a task reads.

    Args:
        required: the task needs a column for it, and a row whose cell is blank is skipped.
        content: its cells decide the result of a row; other roles serve the evaluation only.
        truth: its cells are the user's own answers, to measure the result by.
        unless: name of an option that can stand in the place of the column.
        instead: another role that can stand in its place.
    """

    role: Role
    required: bool
    help: str
    content: bool = True
    truth: bool = False
    unless: str = ""
    instead: Role | None = None

    def needed(self, options: BaseModel) -> bool:
        """Whether the task needs a column for it under these options."""
        return self.required and not (self.unless and getattr(options, self.unless))


GROUP, TIME, ID = (
    RoleUse(Role.GROUP, False, "A column to break the result down by.", content=False),
    RoleUse(Role.TIME, False, "A date, to show how the answers change.", content=False),
    RoleUse(Role.ID, False, "A column that names the row.", content=False),
)
"""Roles that every task has."""


@dataclass(frozen=True)
class Content:
    """A column whose cells decide the result of a row.

    Args:
        name: by which the task asks for its cells: mostly a role.
        column: of the table.
        required: rows without this cell are skipped. Rows without any cell are skipped in any case.
    """

    name: str
    column: str
    required: bool = True


@dataclass(frozen=True)
class TaskModel:
    """A model made ready for a task: all that the task works with.

    Where it is not loaded, ``tokenizer`` and ``network`` are ``None``: column names and metrics need neither.

    Args:
        options: of the task, as its own type.
        tokenizer: of transformers.
        network: a torch model in evaluation mode, or whatever the task's ``forward`` calls in its place.
        seed: of everything random.
        labels: names of the outputs, in the order of the logits.
        problem: the head's kind in the task's own words; text-classification: ``single``, ``multi``,
            ``regression``, ``score`` (one output as a probability) or ``raw`` (several outputs taken as they are).
        thresholds: of the labels, where several may be predicted and the model says from which score on each is; else empty.
        temperature: by which logits are divided before they become probabilities, as the model notes it; 1 changes nothing.
        max_length: longest item in tokens, special tokens included.
        top: number of labels up to which every probability gets a column.
        accepted: names of the arguments that the model's ``forward`` takes; empty where the model is not loaded.
        given: roles that the run has columns for; a role that is not required may add columns to the result.
    """

    labels: tuple[str, ...]
    problem: str = ""
    thresholds: tuple[float, ...] = ()
    temperature: float = 1.0
    max_length: int = 512
    top: int = 100
    accepted: frozenset[str] = frozenset()
    options: Any = None
    tokenizer: Any = None
    network: Any = None
    seed: int = 0
    given: frozenset[str] = frozenset()

    @property
    def cut_at(self) -> int:
        """Tokens to which a text is cut: the model's limit, or less where the option ``max_length`` says so."""
        return min(self.max_length, self.options.max_length or self.max_length)


@dataclass(frozen=True)
class Ragged:
    """Many integer lists in one array: list ``i`` is ``flat[start[i]:start[i + 1]]``. 4 bytes a token, where Python lists take 36."""

    flat: np.ndarray
    start: np.ndarray

    @classmethod
    def of(cls, lists: Sequence[Sequence[int]]) -> Ragged:
        """Packs lists of integers."""
        lengths = np.fromiter((len(item) for item in lists), np.int64, len(lists))
        start = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])
        flat = np.fromiter((value for item in lists for value in item), np.int32, int(start[-1]))
        return cls(flat, start)

    @classmethod
    def join(cls, parts: Sequence[Ragged]) -> Ragged:
        """Several packs behind each other."""
        if not parts:
            return cls(np.empty(0, np.int32), np.zeros(1, np.int64))
        lengths = np.concatenate([part.lengths for part in parts])
        return cls(np.concatenate([part.flat for part in parts]), np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)]))

    @property
    def lengths(self) -> np.ndarray:
        return np.diff(self.start)

    def __len__(self) -> int:
        return len(self.start) - 1

    def __getitem__(self, index: int) -> np.ndarray:
        return self.flat[self.start[index] : self.start[index + 1]]

    def padded(self, items: np.ndarray, value: int, width: int, *, left: bool = False) -> np.ndarray:
        """The chosen lists as an int64 matrix ``[items, width]``, filled up with ``value``; none may be longer than that."""
        lengths = self.lengths[items]
        matrix = np.full((len(items), width), value, np.int64)
        for row, (item, length) in enumerate(zip(items, lengths, strict=True)):
            place = slice(width - length, width) if left else slice(0, length)
            matrix[row, place] = self[item]
        return matrix


@dataclass(frozen=True)
class Encoded:
    """The items of some rows, not padded yet.

    Args:
        inputs: argument of the model to its values; all have the lengths of ``input_ids``.
        row: for each item the position of its row among the texts given; ascending.
        rows: number of rows.
        lost: for each row the tokens that did not fit the model (0 where nothing was cut).
        unknown: for each row the tokens that the tokenizer has no piece for.
        padding: value to fill each argument up with.
        has_padding: the tokenizer has a padding token; without one only items of equal length may share a batch.
        extra: what the task's own ``decode`` needs, such as offsets.
        cost: padded tokens that each item takes in a batch, where these are more than it has: generation adds some. int64 ``[items]``.
        refused: position of a row that cannot be scored to the reason; its items are left alone.
    """

    inputs: dict[str, Ragged]
    row: np.ndarray
    rows: int
    lost: np.ndarray
    unknown: np.ndarray
    padding: dict[str, int]
    has_padding: bool = True
    extra: dict[str, Any] = field(default_factory=dict)
    cost: np.ndarray | None = None
    refused: dict[int, str] = field(default_factory=dict)

    @property
    def costs(self) -> np.ndarray:
        """Padded tokens that each item takes in a batch."""
        return self.lengths if self.cost is None else self.cost

    @property
    def lengths(self) -> np.ndarray:
        """Tokens of each item."""
        return self.inputs["input_ids"].lengths

    def batch(self, items: np.ndarray, *, left: bool = False, width: int = 0) -> dict[str, np.ndarray]:
        """The arguments of the model for these items, padded, int64, with an attention mask.

        Args:
            width: tokens to pad to; those of the longest item where it has more.
        """
        lengths = self.lengths[items]
        width = max(width, int(lengths.max(initial=0)))
        inputs = {name: values.padded(items, self.padding.get(name, 0), width, left=left) for name, values in self.inputs.items()}
        places = np.arange(width)
        first = width - lengths if left else np.zeros_like(lengths)
        last = first + lengths
        inputs["attention_mask"] = ((places >= first[:, None]) & (places < last[:, None])).astype(np.int64)
        return inputs


@dataclass(frozen=True)
class AllRows:
    """Every distinct row that has a result.

    Args:
        keys: index of the first row of the table with this content, int64, ascending.
        counts: rows of the table with this content.
        outputs: what ``decode`` gave.
        cells: as in :meth:`Task.encode`.
    """

    keys: np.ndarray
    counts: np.ndarray
    outputs: pa.Table
    cells: Mapping[str, list[str]]


class Task(ABC):
    """One Hugging Face task. ``prediction`` is always the name of its main output column.

    ``counted`` is the output whose values charts count: the prediction where it is one of a few answers, nothing where it is free.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    purpose: ClassVar[str]
    roles: ClassVar[tuple[RoleUse, ...]]
    Options: ClassVar[type[BaseModel]]
    auto_class: ClassVar[str]
    metric_names: ClassVar[tuple[str, ...]] = ()
    charts: ClassVar[tuple[str, ...]] = ()
    counted: ClassVar[str] = "prediction"
    pads_left: ClassVar[bool] = False
    side_table: ClassVar[str] = ""
    """Name of an output column of lists whose items also become a table of their own, one item a row."""
    measured_with: ClassVar[tuple[Role, ...]] = ()
    """Roles whose cells :meth:`measure` reads besides the user's own answers."""

    @property
    def truth_roles(self) -> tuple[Role, ...]:
        """Roles whose cells are the user's own answers."""
        return tuple(use.role for use in self.roles if use.truth)

    def content(self, roles: Mapping[Role, str], options: BaseModel) -> tuple[Content, ...]:
        """The columns that decide a row's result, in the order in which they are read.

        Args:
            roles: column of each role that the user has filled.
        """
        return tuple(Content(use.role, roles[use.role], use.required) for use in self.roles if use.content and use.role in roles)

    def auto_class_for(self, model_tasks: Sequence[str]) -> str:
        """The auto class that loads a model, given the tasks that its architecture is for."""
        return self.auto_class

    def labels(self, declared: tuple[str, ...], options: BaseModel) -> tuple[str, ...]:
        """Names of the possible answers, in the order of the logits; empty where answers are free.

        Args:
            declared: names in the model's config.
        """
        return ()

    def problem(self, config: Any, options: BaseModel) -> str:
        """What kind of head a model's config describes, in the task's own words; goes into :class:`TaskModel`."""
        return ""

    def check(self, model: TaskModel) -> None:  # noqa: B027  nothing to refuse by default
        """Refuses options that this model cannot follow for any row, before the first one is read.

        Raises:
            BadInput: the message names what the model lacks.
        """

    @abstractmethod
    def encode(self, model: TaskModel, cells: Mapping[str, list[str]]) -> Encoded:
        """Tokenises all rows in one call, without padding.

        Args:
            cells: for each :class:`Content` its name and the cells, ``""`` where there is none.
        """

    @abstractmethod
    def forward(self, model: TaskModel, inputs: dict[str, np.ndarray]) -> Outputs:
        """Runs the model on one padded batch; one output per item, in float32 whatever the model computes in."""

    @abstractmethod
    def decode(self, model: TaskModel, outputs: list[Outputs], rows: np.ndarray, encoded: Encoded) -> dict[str, pa.Array]:
        """Turns outputs into columns.

        Args:
            outputs: for each row the outputs of its items, in the order of the items.
            rows: position of each of these rows among the rows that ``encoded`` was made of.
        """

    @abstractmethod
    def output_columns(self, model: TaskModel) -> pa.Schema:
        """Names and types of the columns that ``decode`` gives, before taken names are replaced."""

    def over_all(self, model: TaskModel, rows: AllRows) -> dict[str, pa.Array]:
        """Columns that need all rows at once, one value for each of ``rows.keys``; mostly none."""
        return {}

    def agreement(self, one: dict[str, pa.Array], other: dict[str, pa.Array]) -> tuple[np.ndarray, np.ndarray]:
        """Compares two results of the same rows: per row, is the answer the same, and by how much the probability changed."""
        same = np.asarray(one["prediction"]) == np.asarray(other["prediction"])
        if "confidence" not in one:
            return same, np.zeros(len(same))
        first, second = (np.asarray(columns["confidence"].to_numpy(zero_copy_only=False), float) for columns in (one, other))
        return same, np.abs(first - second)

    def measure(self, model: TaskModel, truth: Mapping[Role, list[str | None]], results: pa.Table, label_map: dict[str, str]) -> Measured:
        """Compares results with the user's own answers.

        Args:
            truth: cells of the ``truth_roles`` and of ``measured_with`` that the user has filled, for the rows of ``results``, as the
                table has them.
        """
        return Measured({}, {})


@dataclass(frozen=True)
class Measured:
    """Metrics of a run. ``unmatched`` counts values of the label column that are no label of the model: they are left out."""

    metrics: dict[str, Any]
    unmatched: dict[str, int]
