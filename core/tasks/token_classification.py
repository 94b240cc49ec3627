"""token-classification: the names, places and other stretches of a text that a model marks, each with its place in the cell."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np
import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field

from core.errors import BadInput
from core.models import aggregation_of
from core.schema import Role
from core.tasks.base import GROUP, ID, TIME, Content, Encoded, Measured, Outputs, RoleUse, Task, TaskModel
from core.tasks.network import call
from core.tasks.options import split_names
from core.tasks.spans.entities import WORD_STRATEGIES, Entity, Tags, continues_word, grouped, merged, piece_lengths, tokens_of, words_of
from core.tasks.spans.entity_columns import entity_columns
from core.tasks.spans.token_windows import encode_for_tags
from core.tasks.spans.windows import NOWHERE, items_of
from core.tasks.spans.word_lists import read_words

NOT_MEASURED = "Tokens that are listed one by one, or whose place is not known, cannot be compared with tags."


class TokenClassificationOptions(BaseModel):
    """What a user may set for this task, with ``--set name=value`` or on the page."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    aggregation: Literal["auto", "simple", "first", "average", "max", "none"] = Field(
        "auto",
        description="How tokens become entities: simple joins neighbours of one type; first, average and max also give all pieces of a "
        "word one label; none lists each token. Auto is first for a model that was tuned here on tagged words, which never cuts a word, "
        "and simple for others.",
    )
    min_score: float = Field(0.0, ge=0, le=1, description="Leave out entities that the model is less sure of.")
    stride: int | None = Field(
        None,
        ge=0,
        description="Long texts are read in windows that share this many tokens: at most half of one; empty for a quarter.",
    )
    cut_long_texts: bool = Field(False, description="Read only the start of texts longer than the model, without windows.")
    max_length: int | None = Field(None, ge=8, description="Tokens of one window; the model's own limit where empty.")
    ignore_labels: str = Field("O", description="Labels to leave out, with commas between them.")


class TokenClassification(Task):
    """Named entities, parts of speech and other labels of tokens, put together as transformers' pipeline does.

    Entities equal those of ``TokenClassificationPipeline`` with the same ``aggregation_strategy`` (and ``stride``, for texts longer
    than the model), except that white space at the ends of an entity is left out.
    """

    name = "token-classification"
    title = "Entities"
    purpose = "Find names, places and other things in each text."
    roles = (
        RoleUse(Role.TEXT, True, "The text to look through.", instead=Role.TOKENS),
        RoleUse(Role.TOKENS, False, "Texts that are lists of words already: a list, or words with spaces between them."),
        RoleUse(
            Role.TAGS, False, "Your own tag of each word (B-PER, I-PER, O), to measure what the model finds.", content=False, truth=True
        ),
        GROUP,
        TIME,
        ID,
    )
    Options = TokenClassificationOptions
    auto_class = "AutoModelForTokenClassification"
    metric_names = (
        "entity_f1",
        "entity_precision",
        "entity_recall",
        "entity_f1_macro",
        "entity_f1_type",
        "entity_f1_partial",
        "entity_f1_exact",
    )
    charts = ("confidence_histogram",)
    counted = ""
    side_table: ClassVar[str] = "entities"
    measured_with: ClassVar[tuple[Role, ...]] = (Role.TEXT, Role.TOKENS)

    def content(self, roles: Mapping[Role, str], options: BaseModel) -> tuple[Content, ...]:
        if Role.TEXT in roles and Role.TOKENS in roles:
            raise BadInput("a column for text or one for tokens", "both", "Leave one of them out.")
        return super().content(roles, options) if Role.TEXT in roles else (Content(Role.TOKENS, roles[Role.TOKENS]),)

    def labels(self, declared: tuple[str, ...], options: TokenClassificationOptions) -> tuple[str, ...]:
        return declared

    def encode(self, model: TaskModel, cells: Mapping[str, list[str]]) -> Encoded:
        return encode_for_tags(model, cells, words_needed=strategy_of(model) in WORD_STRATEGIES)

    def forward(self, model: TaskModel, inputs: dict[str, np.ndarray]) -> Outputs:
        """For each item float32 ``[tokens, 2]``, label and probability; all probabilities ``[tokens, labels]`` for ``average``."""
        items, width = inputs["input_ids"].shape
        if not width:
            return [np.empty((0, 2), np.float32)] * items
        logits = call(model.network, inputs).logits.float().cpu().numpy()
        exponentials = np.exp(logits - logits.max(axis=-1, keepdims=True))
        scores = exponentials / exponentials.sum(axis=-1, keepdims=True)
        if strategy_of(model) != "average":
            scores = np.stack([scores.argmax(axis=-1).astype(np.float32), scores.max(axis=-1)], axis=-1)
        mask = inputs.get("attention_mask")
        return [item if mask is None else item[mask[number] > 0] for number, item in enumerate(scores)]

    def decode(self, model: TaskModel, outputs: list[Outputs], rows: np.ndarray, encoded: Encoded) -> dict[str, pa.Array]:
        found = _entities(model, outputs, rows, encoded)
        texts, words = encoded.extra["texts"], encoded.extra["words"]
        return entity_columns(found, [texts[row] for row in rows], [words[row] for row in rows] if words else None)

    def output_columns(self, model: TaskModel) -> pa.Schema:
        return pa.schema([(name, values.type) for name, values in entity_columns([], [], None).items()])

    def agreement(self, one: dict[str, pa.Array], other: dict[str, pa.Array]) -> tuple[np.ndarray, np.ndarray]:
        same, change = super().agreement(one, other)
        # No entity in either: no probability that could have changed. In one only: as changed as can be.
        return same, np.where(np.isnan(change), np.where(same, 0.0, 1.0), change)

    def measure(self, model: TaskModel, truth: Mapping[Role, list[str | None]], results: pa.Table, label_map: dict[str, str]) -> Measured:
        from core.metrics.entities import entity_metrics

        if Role.TAGS not in truth:
            return Measured({}, {})
        rows = results["entities"].to_pylist()
        if model.options.aggregation == "none" or any(entity["first_word"] is None for row in rows for entity in row):
            return Measured({"metrics": {}, "notes": [NOT_MEASURED]}, {})
        listed = Role.TOKENS in truth
        counts = [len(read_words(cell or "") if listed else (cell or "").split()) for cell in truth[Role.TOKENS if listed else Role.TEXT]]
        tags = [read_words(cell) if cell and cell.strip() else None for cell in truth[Role.TAGS]]
        predicted = [[(entity["label"], entity["first_word"], entity["last_word"]) for entity in row] for row in rows]
        left_out = dict.fromkeys(split_names(model.options.ignore_labels), "")
        found, unmatched = entity_metrics(tags, predicted, counts, model.labels, left_out | label_map, seed=model.seed)
        return Measured(found, unmatched)


def strategy_of(model: TaskModel) -> str:
    """How this model's tokens become entities: as the user said, else as a fine-tune noted in the model's config."""
    if model.options.aggregation != "auto":
        return model.options.aggregation
    return aggregation_of(getattr(model.network, "config", None)) or "simple"


def _entities(model: TaskModel, outputs: list[Outputs], rows: np.ndarray, encoded: Encoded) -> list[list[Entity]]:
    """The entities of each row."""
    strategy, extra = strategy_of(model), encoded.extra
    windows = items_of(encoded, rows)
    items = [item for of_row in windows for item in of_row]
    row = np.repeat(np.arange(len(rows)), [len(of_row) for of_row in windows])
    window = np.repeat(np.arange(len(items)), encoded.lengths[items])
    start, end, ids = (
        np.concatenate([values[item] for item in items]) for values in (extra["start"], extra["end"], encoded.inputs["input_ids"])
    )
    kept = start != NOWHERE
    scores = np.concatenate([item for of_row in outputs for item in of_row if len(item)] or [np.empty((0, 2), np.float32)])[kept]
    window, start, end, ids = window[kept], start[kept], end[kept], ids[kept]
    probabilities = scores if strategy == "average" else None
    label, score = (
        (scores.argmax(axis=1), scores.max(axis=1, initial=0)) if strategy == "average" else (scores[:, 0].astype(np.int64), scores[:, 1])
    )
    units = tokens_of(window, label, score, start, end)
    if strategy in WORD_STRATEGIES:
        texts = [extra["texts"][rows[number]] for number in row]
        inner = continues_word(units, texts, piece_lengths(model.tokenizer, ids), ids != _unknown_id(model.tokenizer))
        units = words_of(units, inner, strategy, probabilities)
    tags = Tags.of(model.labels, split_names(model.options.ignore_labels), whole=strategy == "none")
    groups, named = grouped(units, tags)
    found: list[list[Entity]] = [[] for _ in rows]
    for number in range(len(groups.window)):
        at = int(row[groups.window[number]])
        name, sure = tags.names[named[number]], float(groups.score[number])
        if extra["placed"]:
            found[at].append(Entity(name, sure, int(groups.start[number]), int(groups.end[number])))
        else:
            pieces = model.tokenizer.convert_ids_to_tokens(ids[groups.first[number] : groups.last[number] + 1].tolist())
            found[at].append(Entity(name, sure, None, None, model.tokenizer.convert_tokens_to_string(pieces)))
    found = [merged(entities) if len(of_row) > 1 else entities for entities, of_row in zip(found, windows, strict=True)]
    return [[entity for entity in entities if entity.score >= model.options.min_score] for entities in found]


def _unknown_id(tokenizer: Any) -> int:
    return NOWHERE if tokenizer.unk_token_id is None else tokenizer.unk_token_id
