"""What a fine-tune says of its validation rows, in its run's folder: runs are compared by it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from core.files import replacing
from core.metrics.entities import spans_of_tags
from core.runs.kept import ANSWERS, PROBLEM_METADATA, TAGS, is_detail
from core.schema import Role
from core.tasks.scoring import Scored, words_of
from core.tasks.spans.word_lists import read_words

OWN = ("row", "truth", "prediction", "confidence")
RIGHT = "right"


@dataclass(frozen=True)
class Kept:
    """The rows that have an answer, by their numbers.

    Args:
        table: ``row`` of its table, ``truth``, ``prediction``, ``confidence``.
        problem: the head's kind in the task's words, see :class:`core.tasks.TaskModel`.
        scored: how right each row is; empty where an earlier version kept the answers.
    """

    table: pa.Table
    problem: str
    scored: Scored

    def take(self, places: np.ndarray) -> Kept:
        """Some of the rows."""
        return Kept(self.table.take(pa.array(places)), self.problem, self.scored.take(places))


def write_kept(
    folder: Path,
    rows: np.ndarray,
    truth: Sequence[str | None],
    results: pa.Table,
    problem: str,
    scored: Scored | None = None,
    tags: Sequence[str | None] | None = None,
) -> None:
    """One row for each validation row that has an answer: ``OWN``, whether it is ``right``, what each figure sums up, and what the
    Metrics page needs beyond the answer: probabilities, entities, tags.

    Args:
        rows: numbers of the rows in their table, int64.
        truth: the user's own answers in words.
        results: of the rows, as the task gives them.
        problem: kept in the file's metadata.
        tags: the user's own tags of each row, where words are tagged.
    """
    scored = scored or Scored()
    confidence = results["confidence"] if "confidence" in results.column_names else pa.nulls(len(rows), pa.float64())
    columns = {"row": pa.array(rows, pa.int64()), "truth": pa.array(truth, pa.string())}
    columns |= {"prediction": results["prediction"], "confidence": confidence}
    if scored.right is not None:
        columns[RIGHT] = pa.array(scored.right)
    columns |= {name: pa.array(values if values.ndim == 1 else values.tolist()) for name, values in scored.scores.items()}
    columns |= {name: results[name] for name in results.column_names if is_detail(name)}
    if tags is not None:
        columns[TAGS] = pa.array(tags, pa.string())
    table = pa.table(columns).replace_schema_metadata({PROBLEM_METADATA: problem.encode()})
    with replacing(folder / ANSWERS) as temporary:
        pq.write_table(table, temporary)


def read_kept(folder: Path) -> Kept | None:
    """What :func:`write_kept` wrote; ``None`` where nothing did."""
    if not (folder / ANSWERS).is_file():
        return None
    table = pq.read_table(folder / ANSWERS).sort_by("row")
    problem = (table.schema.metadata or {}).get(PROBLEM_METADATA, b"").decode()
    values = {name: np.array(table[name].to_pylist(), float) for name in table.column_names if name not in OWN and not is_detail(name)}
    right = values.pop(RIGHT, None)
    return Kept(table.select(list(OWN)), problem, Scored(right, values))


def in_words(truth: Mapping[Role, Sequence[str | None]]) -> list[str | None] | None:
    """The user's own answers as people read them: entities as a result has them. ``None`` where there are none.

    Args:
        truth: as an objective gives it.
    """
    if Role.TAGS in truth:
        pairs = zip(words_of(truth), truth[Role.TAGS], strict=True)
        return [None if tags is None else _named(words, read_words(tags)) for words, tags in pairs]
    return next((list(truth[role]) for role in (Role.LABEL, Role.ANSWER, Role.TARGET) if role in truth), None)


def _named(words: Sequence[str], tags: Sequence[str]) -> str:
    """``Ada Lovelace (PER); Rome (LOC)``."""
    return "; ".join(f"{' '.join(words[span.first - 1 : span.last])} ({span.kind})" for span in spans_of_tags(tags))
