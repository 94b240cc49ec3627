"""Where a fine-tune's run keeps what it said of its validation rows, and what is noted in that file."""

ANSWERS = "validation_answers.parquet"
PROBLEM_METADATA = b"sheetformer.problem"
TAGS, ENTITIES, PROBABILITY = "tags", "entities", "p_"
"""Columns beyond the answers themselves: the user's tags, the entities found, and ``p_<label>`` for each label."""


def is_detail(column: str) -> bool:
    """Whether a column tells more of an answer; any other one beyond the answers is a score."""
    return column in (TAGS, ENTITIES) or column.startswith(PROBABILITY)
