"""Loads tokenizers and models: safetensors only, no code of a repository, no network, heads that were trained."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

from core.errors import BadInput, NotAllowed
from core.models.files import ModelFiles

TOKENIZER_CLASS = re.compile(r"[A-Z]\w{0,60}Tokenizer(Fast|Legacy)?", re.ASCII)
OTHER_TASK = "Choose a model that was trained for this task."


def load_tokenizer(files: ModelFiles, tokenizer_class: str = "AutoTokenizer") -> Any:
    """The fast tokenizer of a model, or the slow one where it has no other.

    Args:
        tokenizer_class: a class of transformers that reads the files instead, such as ``BertTokenizer``.

    Raises:
        BadInput: its files cannot be read.
        NotAllowed: transformers has no such tokenizer.
    """
    import transformers

    tokenizer_kind = getattr(transformers, tokenizer_class, None) if TOKENIZER_CLASS.fullmatch(tokenizer_class) else None
    if tokenizer_kind is None or not hasattr(tokenizer_kind, "from_pretrained"):
        raise NotAllowed("a tokenizer class of transformers, such as BertTokenizer", repr(tokenizer_class[:60]), "Use AutoTokenizer.")
    try:
        with quiet():
            return tokenizer_kind.from_pretrained(str(files.base), trust_remote_code=False, local_files_only=True)
    except Exception as error:  # the tokenizers library raises bare Exceptions for broken files
        raise BadInput(
            f"a readable tokenizer of {files.reference}", f"{type(error).__name__}: {str(error)[:200]}", "Use another model."
        ) from error


def load_model(files: ModelFiles, task_class: str, *, precision: Literal["fp32", "bf16"] = "fp32", device: str = "cpu") -> Any:
    """The model in evaluation mode, its adapter merged into the weights.

    Merging happens in fp32, whatever the precision: rounding the weights twice would change more labels.

    Args:
        files: what :func:`core.models.resolve` gave.
        task_class: name of an auto class of transformers, such as ``AutoModelForSequenceClassification``.
        precision: type of the weights.
        device: torch device.

    Raises:
        BadInput: the weights have no head for this class, or do not fit the config.
        NotAllowed: ``task_class`` is no auto class.
    """
    import torch
    import transformers

    if not task_class.startswith("AutoModel") or not hasattr(transformers, task_class):
        raise NotAllowed("an auto class of transformers", repr(task_class)[:80], OTHER_TASK)
    dtype = {"fp32": torch.float32, "bf16": torch.bfloat16}[precision]
    config = load_config(files)
    try:
        with quiet():
            model, found = getattr(transformers, task_class).from_pretrained(
                str(files.base),
                config=config,
                dtype=torch.float32 if files.adapter else dtype,
                trust_remote_code=False,
                use_safetensors=True,
                local_files_only=True,
                ignore_mismatched_sizes=files.adapter is not None,  # a head of other labels, which the adapter replaces
                output_loading_info=True,
            )
    except (ValueError, RuntimeError, OSError, KeyError, TypeError) as error:
        raise BadInput(f"weights that load as {task_class}", f"{type(error).__name__}: {str(error)[:300]}", OTHER_TASK) from error
    missing = {*found["missing_keys"], *(name for name, *_ in found["mismatched_keys"])}
    if files.adapter:
        from core.models.merge import merge_adapter

        model, trained = merge_adapter(model, files.adapter)
        missing -= trained
    if missing:
        raise BadInput(f"weights for {task_class}", f"{', '.join(sorted(missing)[:3])} untrained in {files.reference}", OTHER_TASK)
    return model.to(device=device, dtype=dtype).eval()


def load_config(files: ModelFiles) -> Any:
    """The base's config; where an adapter brings labels of its own, with these and what else it noted."""
    from transformers import AutoConfig

    from core.models.describe import labels_of
    from core.models.merge import adapter_json
    from core.models.noted import carry

    try:
        config = AutoConfig.from_pretrained(str(files.base), trust_remote_code=False, local_files_only=True)
    except (ValueError, OSError, KeyError, TypeError) as error:
        raise BadInput(f"a config that transformers knows in {files.reference}", str(error)[:300], "Use another model.") from error
    if files.adapter is None:
        return config
    own = adapter_json(files.adapter, "config.json")
    labels = labels_of(own) or head_labels(files)
    if labels:
        config.id2label = dict(enumerate(labels))
        config.label2id = {label: index for index, label in enumerate(labels)}
    if isinstance(own.get("problem_type"), str):
        config.problem_type = own["problem_type"]
    carry(own, config)
    return config


def head_labels(files: ModelFiles) -> tuple[str, ...]:
    """Names for the outputs of an adapter that brings a head but no names: as many as the head has rows."""
    from core.models.fitting import HEADS
    from core.models.weights import read_headers

    shapes = read_headers(files.adapter).shapes if files.adapter else {}
    head = next(
        (shape for name, shape in shapes.items() if name.endswith(HEADS)),
        None,
    )
    return tuple(f"LABEL_{index}" for index in range(head[0])) if head else ()


@contextmanager
def quiet() -> Iterator[None]:
    """Keeps loading reports and progress bars out of logs: what matters in them is checked here and raised."""
    from transformers.utils import logging

    level, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()
