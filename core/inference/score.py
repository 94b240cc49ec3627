"""Scoring one window: every row gets its outputs or an error of its own, whatever happens in a batch."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from core.errors import is_out_of_memory, printable
from core.inference.plan import Window, cut_batches
from core.tasks import Encoded, Task, TaskModel

ERROR_CHARACTERS = 300
MASK_IGNORED = frozenset({"fnet", "rwkv"})
"""Model types whose outputs ignore the attention mask: padding changed their logits when tried, so their batches hold one length only."""


@dataclass(frozen=True)
class Failure:
    """Why a row or an item has no output."""

    message: str


@dataclass(frozen=True)
class Scored:
    """Finished rows. ``columns`` are the outputs of ``keys``; ``failed`` maps the key of a row without outputs to its error."""

    keys: np.ndarray
    columns: dict[str, pa.Array]
    failed: dict[int, str]
    lost: np.ndarray
    unknown: np.ndarray

    @property
    def rows(self) -> np.ndarray:
        """All keys that are finished, failed ones last."""
        return np.concatenate([self.keys, np.fromiter(self.failed, np.int64, len(self.failed))])


class Scorer:
    """Runs a task's model over windows.

    Args:
        token_budget: most padded tokens of a batch; lowered for good when memory runs out.
        equal_lengths: only items of one length share a batch.
        lanes: batches that the model can compute at once.
        pad_to: batches are padded up to a multiple of this many tokens, unless only items of one length share a batch.
    """

    def __init__(
        self,
        task: Task,
        model: TaskModel,
        *,
        token_budget: int,
        equal_lengths: bool = False,
        lanes: int = 1,
        pad_to: int = 1,
        on_memory: Callable[[int], None] | None = None,
    ):
        self.task, self.model = task, model
        self.token_budget = token_budget
        self.equal_lengths = equal_lengths
        self.lanes = lanes
        self.pad_to = pad_to
        self._on_memory = on_memory

    def score(self, window: Window, stop_requested: Callable[[], bool] = lambda: False) -> Iterator[Scored]:
        """Scores a window batch by batch. Ends early, between two batches, when ``stop_requested()``."""
        for part, encoded in self.encode(window):
            if isinstance(encoded, Failure):
                yield Scored(np.empty(0, np.int64), {}, dict.fromkeys(part.keys.tolist(), encoded.message), _NONE, _NONE)
                continue
            waiting = _Waiting(encoded)
            open_items = np.arange(len(encoded.row))
            if encoded.refused:
                refused = {int(part.keys[row]): printable(message) for row, message in encoded.refused.items()}
                yield Scored(_NONE, {}, refused, _NONE, _NONE)
                open_items = np.flatnonzero(~np.isin(encoded.row, list(encoded.refused)))
            for items, outputs in self.computed(encoded, self.batches(encoded, open_items), stop_requested):
                rows = waiting.add(items, outputs)
                if len(rows):
                    yield self._decoded(part, encoded, rows, waiting)
            if stop_requested():
                return

    def batches(self, encoded: Encoded, items: np.ndarray) -> list[np.ndarray]:
        """Cuts these items into batches."""
        return [items[batch] for batch in cut_batches(encoded.costs[items], self.token_budget, equal_lengths=self._equal(encoded))]

    def computed(
        self, encoded: Encoded, batches: list[np.ndarray], stop_requested: Callable[[], bool] = lambda: False
    ) -> Iterator[tuple[np.ndarray, list[Any]]]:
        """The outputs of batches in their order, several computed at once where the model can. No new one begins after a stop."""
        if self.lanes == 1:
            for items in batches:
                if stop_requested():
                    return
                yield items, self.outputs(encoded, items)
            return
        begun: deque[tuple[np.ndarray, Future[list[Any]]]] = deque()
        with ThreadPoolExecutor(self.lanes) as pool:
            for items in batches:
                if stop_requested():
                    break
                begun.append((items, pool.submit(self.outputs, encoded, items)))
                if len(begun) > self.lanes:
                    first, future = begun.popleft()
                    yield first, future.result()
            for items, future in begun:
                yield items, future.result()

    def _equal(self, encoded: Encoded) -> bool:
        return self.equal_lengths or not encoded.has_padding

    def encode(self, window: Window) -> Iterator[tuple[Window, Encoded | Failure]]:
        """Tokenises a window in bulk; where that fails, halves of it, down to the text that cannot be tokenised."""
        failure = None
        try:
            encoded = self.task.encode(self.model, window.cells)
        except BaseException as error:  # a panic of the Rust tokenizer is no Exception
            if not of_a_row(error):
                raise
            failure = Failure(message_of(error))
        if failure is None:
            yield window, encoded
        elif len(window.keys) == 1:
            yield window, failure
        else:
            middle = len(window.keys) // 2
            yield from self.encode(window.part(slice(0, middle)))
            yield from self.encode(window.part(slice(middle, None)))

    def outputs(self, encoded: Encoded, items: np.ndarray) -> list[Any]:
        """One output or :class:`Failure` for each item. A batch that fails is halved, so that only the item at fault fails."""
        width = int(encoded.costs[items].max(initial=0))
        if len(items) > 1 and width * len(items) > self.token_budget:  # the budget was lowered after this batch was cut
            return self._halves(encoded, items)
        try:
            inputs = encoded.batch(items, left=self.task.pads_left, width=self._width(encoded, items))
            accepted = self.model.accepted
            inputs = {name: values for name, values in inputs.items() if not accepted or name in accepted}
            outputs = list(self.task.forward(self.model, inputs))
            if len(outputs) != len(items):
                raise ValueError(f"{len(outputs)} outputs for {len(items)} inputs")
            return [_finite(output) for output in outputs]
        except BaseException as error:
            if not of_a_row(error):
                raise
            failure = Failure(message_of(error))
            short_of_memory = is_out_of_memory(error)
        if len(items) == 1:
            return [failure]
        if short_of_memory:
            self.token_budget = max(1, min(self.token_budget, width * len(items)) // 2)
            if self._on_memory:
                self._on_memory(self.token_budget)
        return self._halves(encoded, items)  # outside the except block: its traceback would keep the batch's tensors alive

    def _width(self, encoded: Encoded, items: np.ndarray) -> int:
        """Tokens that a batch is padded to."""
        longest = int(encoded.lengths[items].max(initial=0))
        rounded = longest if self._equal(encoded) else -(-longest // self.pad_to) * self.pad_to
        return max(longest, min(rounded, self.model.max_length))

    def _halves(self, encoded: Encoded, items: np.ndarray) -> list[Any]:
        middle = len(items) // 2
        return self.outputs(encoded, items[:middle]) + self.outputs(encoded, items[middle:])

    def _decoded(self, window: Window, encoded: Encoded, rows: np.ndarray, waiting: _Waiting) -> Scored:
        taken = [waiting.take(row) for row in rows]
        good = np.array([not any(isinstance(item, Failure) for item in items) for items in taken], bool)
        failed = {
            int(window.keys[row]): next(item.message for item in items if isinstance(item, Failure))
            for row, items, fine in zip(rows, taken, good, strict=True)
            if not fine
        }
        outputs = [items for items, fine in zip(taken, good, strict=True) if fine]
        rows = rows[good]
        columns, bad = self._columns(outputs, rows, encoded)
        failed |= {int(window.keys[rows[index]]): message for index, message in bad.items()}
        rows = np.delete(rows, list(bad))
        return Scored(window.keys[rows], columns, failed, encoded.lost[rows], encoded.unknown[rows])

    def _columns(self, outputs: list[list[Any]], rows: np.ndarray, encoded: Encoded) -> tuple[dict[str, pa.Array], dict[int, str]]:
        """Decodes together; where that fails, row by row, and tells which rows failed (by position)."""
        if not len(rows):
            return {}, {}
        try:
            return self.task.decode(self.model, outputs, rows, encoded), {}
        except Exception as error:
            if len(rows) == 1:
                return {}, {0: message_of(error)}
        tables, bad = [], {}
        for index in range(len(rows)):
            columns, failed = self._columns(outputs[index : index + 1], rows[index : index + 1], encoded)
            if failed:
                bad[index] = failed[0]
            else:
                tables.append(pa.table(columns))
        if not tables:
            return {}, bad
        joined = pa.concat_tables(tables).combine_chunks()
        return {name: joined[name].combine_chunks() for name in joined.column_names}, bad


class _Waiting:
    """Outputs of rows that need more than one item, until the last of them is there."""

    def __init__(self, encoded: Encoded):
        self._row = encoded.row
        self._left = np.bincount(encoded.row, minlength=encoded.rows)
        self._outputs: dict[int, dict[int, Any]] = {}

    def add(self, items: np.ndarray, outputs: list[Any]) -> np.ndarray:
        """Stores outputs; gives the rows that are complete now, ascending."""
        complete = []
        for item, output in zip(items.tolist(), outputs, strict=True):
            row = int(self._row[item])
            self._outputs.setdefault(row, {})[item] = output
            self._left[row] -= 1
            if not self._left[row]:
                complete.append(row)
        return np.array(sorted(complete), np.int64)

    def take(self, row: int) -> list[Any]:
        """The outputs of a complete row in the order of its items."""
        return [output for _, output in sorted(self._outputs.pop(int(row)).items())]


_NONE = np.empty(0, np.int64)


def of_a_row(error: BaseException) -> bool:
    """Whether an error says something about the rows in hand; the wish to end the process does not."""
    return isinstance(error, Exception) or type(error).__name__ == "PanicException"


def message_of(error: BaseException) -> str:
    """An error on one line, for the ``error`` column."""
    text = " ".join(str(error).split())
    return printable(f"{type(error).__name__}: {text}" if text else type(error).__name__)[:ERROR_CHARACTERS]


def _finite(output: Any) -> Any:
    arrays = output if isinstance(output, tuple) else (output,)
    if any(isinstance(array, np.ndarray) and array.dtype.kind == "f" and not np.isfinite(array).all() for array in arrays):
        return Failure("The model's output is not a number (NaN or infinite).")
    return output
