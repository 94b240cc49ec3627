"""What a checked config tells of a model: its tasks, labels, longest input."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core.models.cards import read_card
from core.models.files import weights_size
from core.models.safety import count_labels
from core.schema import ModelEntry

# Longest ending first where one contains another.
TASK_OF_CLASS = (
    ("ForSequenceClassification", "text-classification"),
    ("ForTokenClassification", "token-classification"),
    ("ForQuestionAnswering", "question-answering"),
    ("ForMaskedLM", "fill-mask"),
    ("ForConditionalGeneration", "text2text-generation"),
    ("MTModel", "text2text-generation"),
    ("ForCausalLM", "text-generation"),
    ("LMHeadModel", "text-generation"),
    ("Model", "feature-extraction"),
)
TASK_OF_ADAPTER = {
    "SEQ_CLS": "text-classification",
    "TOKEN_CLS": "token-classification",
    "QUESTION_ANS": "question-answering",
    "CAUSAL_LM": "text-generation",
    "SEQ_2_SEQ_LM": "text2text-generation",
    "FEATURE_EXTRACTION": "feature-extraction",
}
EMBEDDINGS = "feature-extraction"
ZERO_SHOT = "zero-shot-classification"
SENTENCE_TASKS = (EMBEDDINGS, ZERO_SHOT, "summarization")
"""What can be done with vectors that were trained to compare sentences."""

SENTENCE_CONFIG = "sentence_bert_config.json"  # by which a folder of sentence-transformers is known
LENGTH_WHERE_UNKNOWN = 512
NO_LIMIT = 1_000_000  # a tokenizer without a limit says 10^30
# These count positions from the padding index on, and lose that many.
SHIFTED = ("roberta", "xlm-roberta", "xlm-roberta-xl", "camembert", "mpnet", "longformer")


def tasks_of(config: Mapping[str, object]) -> tuple[str, ...]:
    """Hub names of the tasks that the architecture is for, its head's own first; embeddings come from any model."""
    architectures = config.get("architectures")
    names = [name for name in architectures if isinstance(name, str)] if isinstance(architectures, list) else []
    found = (next((task for ending, task in TASK_OF_CLASS if name.endswith(ending)), None) for name in names)
    heads = list(dict.fromkeys(task for task in found if task))
    return tuple(dict.fromkeys([*heads, *(more for head in heads for more in _more_tasks(head, config)), *([EMBEDDINGS] if heads else [])]))


def _more_tasks(head: str, config: Mapping[str, object]) -> tuple[str, ...]:
    """What a head can do besides the task that it is named after."""
    if head == "text-classification" and any(label.casefold().startswith("entail") for label in labels_of(config)):
        return (ZERO_SHOT,)  # as transformers finds the label by which its pipeline scores
    if head == "text2text-generation":
        return ("summarization", "translation")
    return ()


def tasks_of_folder(config: Mapping[str, object], folder: Path) -> tuple[str, ...]:
    """As :func:`tasks_of`, and what a model that was trained to compare sentences can do besides."""
    tasks = tasks_of(config)
    return tuple(dict.fromkeys([*tasks, *SENTENCE_TASKS])) if (folder / SENTENCE_CONFIG).is_file() and EMBEDDINGS in tasks else tasks


def labels_of(config: Mapping[str, object]) -> tuple[str, ...]:
    """Names of the outputs in the order of the logits. Only classifiers have them."""
    names = config.get("id2label")
    known = {str(index): str(label) for index, label in names.items()} if isinstance(names, Mapping) else {}
    return tuple(known.get(str(index), f"LABEL_{index}") for index in range(count_labels(dict(config))))


def max_length_of(config: Mapping[str, object]) -> int | None:
    """Positions that the model has, in tokens; ``None`` for models without a limit."""
    for key in ("max_position_embeddings", "n_positions", "n_ctx"):
        positions = config.get(key)
        if isinstance(positions, int) and positions > 0:
            padding = config.get("pad_token_id")
            shift = (padding if isinstance(padding, int) else 0) + 1 if config.get("model_type") in SHIFTED else 0
            return positions - shift
    return None


def length_limit(declared: int | None, tokenizer: Any, config: Any) -> int:
    """Longest input in tokens: what the files declare, the tokenizer says and the loaded config holds, whichever is least.

    Args:
        declared: ``ModelFiles.max_length``. A file may leave out what the loaded config knows as its type's default.
        config: config of the loaded model.
    """
    limits = (declared, tokenizer.model_max_length, max_length_of(config.to_dict()))
    return min((limit for limit in limits if limit and limit < NO_LIMIT), default=LENGTH_WHERE_UNKNOWN)


def describe_folder(reference: str, folder: Path, config: Mapping[str, object]) -> ModelEntry:
    """The line of a model list for a folder whose config was checked."""
    card, tasks = read_card(folder), tasks_of_folder(config, folder)
    classifies = bool({"text-classification", "token-classification"} & set(tasks))
    return ModelEntry(
        reference=reference,
        title=reference.partition(":")[2] or reference,
        tasks=list(tasks),
        labels=list(labels_of(config)) if classifies else [],
        languages=list(card.languages or ()),
        size_bytes=weights_size(folder),
        summary=card.summary,
    )
