"""Loads tokenizers and models: safetensors only, no code of a repository, no network, heads that were trained."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

from core.errors import BadInput, NotAllowed, is_out_of_memory
from core.models.files import ModelFiles
from core.models.refusals import OTHER_TASK, bad_config, bad_model, bad_tokenizer, other_shapes
from core.models.safety import CONFIG
from core.models.vocabulary import check_vocabulary

TOKENIZER_CLASS = re.compile(r"[A-Z]\w{0,60}Tokenizer(Fast|Legacy)?", re.ASCII)


def load_tokenizer(files: ModelFiles, tokenizer_class: str = "AutoTokenizer") -> Any:
    """The fast tokenizer of a model, or the slow one where it has no other.

    Args:
        tokenizer_class: a class of transformers that reads the files instead, such as ``BertTokenizer``.

    Raises:
        BadInput: its files, or the config that names it, cannot be read or are not there.
        NotAllowed: transformers has no such tokenizer.
    """
    import transformers

    tokenizer_kind = getattr(transformers, tokenizer_class, None) if TOKENIZER_CLASS.fullmatch(tokenizer_class) else None
    if tokenizer_kind is None or not hasattr(tokenizer_kind, "from_pretrained"):
        raise NotAllowed("a tokenizer class of transformers, such as BertTokenizer", repr(tokenizer_class[:60]), "Use AutoTokenizer.")
    try:
        with quiet():
            tokenizer = tokenizer_kind.from_pretrained(str(files.base), trust_remote_code=False, local_files_only=True)
    except Exception as error:  # the tokenizers library raises bare Exceptions for broken files
        if (files.base / CONFIG).is_file():
            read_config(files)  # a tokenizer's class reads the config as well: where that is broken, it is to blame
        raise bad_tokenizer(files.reference, error) from error
    check_vocabulary(tokenizer, files)
    return tokenizer


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
                ignore_mismatched_sizes=True,  # they are told below; an adapter replaces a head of other labels
                output_loading_info=True,
            )
    except Exception as error:  # transformers computes with what a config says: any error can come of it
        if is_out_of_memory(error):
            raise
        raise bad_model(task_class, files.reference, error) from error
    trained: set[str] = set()
    if files.adapter:
        from core.models.merge import merge_adapter

        model, trained = merge_adapter(model, files.adapter)
    misshapen = [each for each in found["mismatched_keys"] if each[0] not in trained]
    if misshapen:
        raise other_shapes(task_class, files.reference, misshapen)
    missing = {*found["missing_keys"]} - trained
    if missing:
        raise BadInput(f"weights for {task_class}", f"{', '.join(sorted(missing)[:3])} untrained in {files.reference}", OTHER_TASK)
    return model.to(device=device, dtype=dtype).eval()


def load_config(files: ModelFiles) -> Any:
    """The base's config; where an adapter brings labels of its own, with these and what else it noted."""
    from core.models.describe import labels_of
    from core.models.merge import adapter_json
    from core.models.noted import carry

    config = read_config(files)
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


def read_config(files: ModelFiles) -> Any:
    """The base's config as it is.

    Raises:
        BadInput: transformers cannot read it.
    """
    from transformers import AutoConfig

    try:
        return AutoConfig.from_pretrained(str(files.base), trust_remote_code=False, local_files_only=True)
    except Exception as error:  # values of the wrong type fail in the code that uses them first, with any error
        if is_out_of_memory(error):
            raise
        raise bad_config(files.reference, error) from error


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
