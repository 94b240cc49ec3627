"""Looks at a model folder before any library does: nothing in it may run, leave the folder, or ask for absurd memory.

Weights are read from safetensors only. Pickles run code when they are read; a repository's own code would run when a config
names it; a config may announce sizes that no machine has. All of that is refused here, by name, before torch is imported.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

from core.errors import LimitReached, NotAllowed
from core.models.weights import Header, read_headers
from core.settings import MEGABYTE, Settings

PICKLES = (".bin", ".pt", ".pth", ".pkl", ".pickle", ".ckpt", ".joblib")
CONFIG, ADAPTER_CONFIG, ADAPTER_WEIGHTS, INDEX = (
    "config.json",
    "adapter_config.json",
    "adapter_model.safetensors",
    "model.safetensors.index.json",
)
TOKENIZER_FILES = ("tokenizer.json", "vocab.json", "vocab.txt", "merges.txt", "spiece.model", "tokenizer.model", "sentencepiece.bpe.model")
LARGEST_NUMBER = 10**10  # no size in any config comes near
HALF_CHARACTER = re.compile("[\ud800-\udfff]")  # JSON can write one, and no table can hold it
LARGEST_INDEX_MB = 64  # that of 160 files with 90,000 tensors takes 9
READ_AS_FILES = (".json", ".safetensors")  # whatever a folder holds under such a name is opened
LONGEST_TEXT = 10**8  # tokens; ten times what any model reads
# Which numbers of which file are bounded. A config may say Infinity for a range without an end; an adapter's numbers are factors.
NUMBERS: dict[str, type | tuple[type, ...]] = {CONFIG: int, ADAPTER_CONFIG: (int, float)}
COPY_AGAIN = "Copy or download the model again."
SAFE = "Use a model with safetensors weights whose code is part of transformers."
Json = dict[str, object]


def check_folder(settings: Settings, folder: Path, *, root: Path | None = None) -> Json:
    """Checks a folder with a whole model and returns its config.

    Args:
        settings: the limits.
        folder: the model's folder.
        root: where symbolic links may lead; the folder itself unless given.

    Raises:
        NotAllowed: pickled weights only, code of its own, a link that leads out, or sizes that its weights do not have.
        LimitReached: more or larger files than the settings allow.
    """
    check_files(settings, folder, root or folder)
    if (folder / ADAPTER_CONFIG).exists():  # transformers would load that adapter as well: unchecked, and told nowhere
        raise NotAllowed("a whole model alone in its folder", f"{ADAPTER_CONFIG} beside it", "Merge the adapter, or upload it by itself.")
    if not (folder / CONFIG).is_file():
        raise NotAllowed(f"a model folder with {CONFIG}", f"none in {folder.name}", "Choose the folder that holds the model's files.")
    for path in sorted(folder.glob("*.json")):
        if path.name not in TOKENIZER_FILES:
            check_no_code(read_json(settings, path), path.name)
    config = _mapping(read_json(settings, folder / CONFIG), CONFIG)
    check_shards(settings, folder)
    check_sizes(settings, config, read_headers(folder))
    return config


def check_adapter(settings: Settings, folder: Path) -> Json:
    """Checks an adapter's folder and returns its ``adapter_config.json``.

    Raises:
        NotAllowed: as :func:`check_folder`, or the adapter names a class of a foreign library or a module to import.
        LimitReached: as :func:`check_folder`.
    """
    check_files(settings, folder, folder)
    if not (folder / ADAPTER_CONFIG).is_file() or not (folder / ADAPTER_WEIGHTS).is_file():
        raise NotAllowed(f"an adapter with {ADAPTER_CONFIG} and {ADAPTER_WEIGHTS}", f"not both in {folder.name}", SAFE)
    for path in sorted(folder.glob("*.json")):
        if path.name not in TOKENIZER_FILES:
            check_no_code(read_json(settings, path), path.name)
    adapter = _mapping(read_json(settings, folder / ADAPTER_CONFIG), ADAPTER_CONFIG)
    mapping = adapter.get("auto_mapping")
    library = mapping.get("parent_library") if isinstance(mapping, dict) else None
    if mapping is not None and not (isinstance(library, str) and library.startswith("transformers.models.")):
        raise NotAllowed("an adapter for a model of transformers", f"auto_mapping to {library!r}", SAFE)
    if adapter.get("megatron_config"):
        raise NotAllowed("an adapter for a model of transformers", "megatron_config, with which peft imports a module that it names", SAFE)
    _check_labels(settings, _mapping(read_json(settings, folder / CONFIG), CONFIG) if (folder / CONFIG).is_file() else {})
    return adapter


def check_tokenizer_folder(settings: Settings, folder: Path, *, root: Path) -> Json:
    """Checks a folder that may hold a tokenizer and no weights, and returns its config, empty where there is none.

    Raises:
        NotAllowed: code of its own, or a link that leads out.
        LimitReached: more or larger files than the settings allow.
    """
    check_files(settings, folder, root, weights=False)
    for path in sorted(folder.glob("*.json")):
        if path.name not in TOKENIZER_FILES:
            check_no_code(read_json(settings, path), path.name)
    return _mapping(read_json(settings, folder / CONFIG), CONFIG) if (folder / CONFIG).is_file() else {}


def check_files(settings: Settings, folder: Path, root: Path, *, weights: bool = True) -> None:
    """Refuses links that lead out of ``root``, too many or too large files, and folders whose only weights are pickles.

    Args:
        weights: there have to be some.
    """
    if not folder.is_dir():
        raise NotAllowed("a folder", f"{folder.name} is none", "Choose the folder that holds the model's files.")
    border, pickles, safe = root.resolve(), [], False
    for count, path in enumerate(_walk(folder), 1):
        if count > settings.max_model_files:
            raise LimitReached(
                f"at most {settings.max_model_files:,} files in a model folder (max_model_files)", "more", "Remove what is no part of it."
            )
        _check_ordinary(path, border)
        if path.name in TOKENIZER_FILES and path.stat().st_size > settings.max_tokenizer_mb * MEGABYTE:
            found = f"{path.name} with {path.stat().st_size / MEGABYTE:,.0f} MB"
            raise LimitReached(f"tokenizer files of at most {settings.max_tokenizer_mb} MB (max_tokenizer_mb)", found, "Use another model.")
        safe = safe or (path.suffix == ".safetensors" and path.parent == folder)
        if path.suffix.lower() in PICKLES:
            pickles.append(path.name)
    if weights and not safe:
        found = f"only {', '.join(sorted(pickles)[:3])}, which could run code when read" if pickles else f"none in {folder.name}"
        raise NotAllowed("weights as safetensors", found, "Save the model again with save_pretrained, which writes safetensors.")


def _check_ordinary(path: Path, border: Path) -> None:
    """Refuses links that lead out of ``border`` or nowhere, and what is no file though it is read as one: a pipe never ends."""
    # realpath, as Path.resolve raises RuntimeError for a link to itself.
    if path.is_symlink() and not Path(os.path.realpath(path)).is_relative_to(border):
        raise NotAllowed("files inside the model's folder", f"{path.name}, a link that leads out of it", "Copy the file in its place.")
    if not path.exists():
        raise NotAllowed("all files of the model", f"{path.name}, which is gone or a link to a file that is gone", COPY_AGAIN)
    if not path.is_file() and (not path.is_dir() or path.suffix in READ_AS_FILES):
        raise NotAllowed("ordinary files in the model's folder", f"{path.name}, which is none", "Remove what is no part of the model.")


def _walk(folder: Path) -> Iterator[Path]:
    """Files below ``folder``, links to folders, which are not followed, and folders whose name is that of a file to read."""
    for place, folders, files in os.walk(folder, followlinks=False):
        for name in files:
            yield Path(place, name)
        for name in folders:
            if Path(place, name).is_symlink() or name.endswith(READ_AS_FILES):
                yield Path(place, name)


def read_json(settings: Settings, path: Path) -> object:
    """A JSON file of limited size.

    Raises:
        LimitReached: it is larger than ``max_config_kb``.
        NotAllowed: it is no JSON, or nested beyond reason.
    """
    size = path.stat().st_size
    if path.name == INDEX and size > LARGEST_INDEX_MB * MEGABYTE:
        raise LimitReached(f"{INDEX} of at most {LARGEST_INDEX_MB} MB", f"{size / MEGABYTE:,.0f} MB", "Use another model.")
    if path.name != INDEX and size > settings.max_config_kb * 1_000:
        found = f"{path.name} with {size / 1_000:,.0f} kB"
        raise LimitReached(f"JSON files of at most {settings.max_config_kb:,} kB (max_config_kb)", found, "Use another model.")
    try:
        return json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise NotAllowed("a JSON file", f"{path.name}, which is none", COPY_AGAIN) from error


def check_no_code(value: object, name: str) -> None:
    """Refuses ``auto_map`` (the repository's own code), kernels fetched from a repository, and numbers out of this world."""
    for key, item, kernel in _items(value):
        if key == "auto_map" and item:
            raise NotAllowed("a model whose code is part of transformers", f"auto_map in {name}, which names code of its own", SAFE)
        if kernel and isinstance(item, str) and "/" in item:
            raise NotAllowed("a model whose code is part of transformers", f"{kernel} in {name}, which names a repository's kernel", SAFE)
        if key == "fast_tokenizer_files" and any(Path(str(file)).name != file for file in (item if isinstance(item, list) else [item])):
            raise NotAllowed("tokenizer files in the model's folder", f"{key} in {name}, which names files elsewhere", SAFE)
        if isinstance(item, NUMBERS.get(name, ())) and not abs(item) <= LARGEST_NUMBER:  # NaN is not either
            raise NotAllowed("numbers that a machine can hold", f"{key[:80]} = {str(item)[:20]} in {name}", SAFE)


def _items(value: object) -> Iterator[tuple[str, object, str]]:
    """Every value at any depth with its key and the outermost key with ``_implementation`` that it is below, empty where it is below none.

    A list's values have the list's key. No recursion and no second look: depth is the attacker's choice.
    """
    waiting: list[tuple[str, object, str]] = [("", value, "")]
    while waiting:
        key, current, kernel = waiting.pop()
        yield key, current, kernel
        if isinstance(current, dict):
            waiting.extend((name, item, kernel or (name if "_implementation" in name else "")) for name, item in current.items())
        elif isinstance(current, list):
            waiting.extend((key, item, kernel) for item in current)


def check_shards(settings: Settings, folder: Path) -> None:
    """The index of weights in several files may name only files of this folder."""
    if not (folder / INDEX).is_file():
        return
    shards = _mapping(read_json(settings, folder / INDEX), INDEX).get("weight_map")
    for name in set(shards.values()) if isinstance(shards, dict) else [None]:
        if not isinstance(name, str) or Path(name).name != name or not name.endswith(".safetensors") or not (folder / name).is_file():
            raise NotAllowed(
                "an index of safetensors files beside it", f"{str(name)[:80]!r} in {INDEX}", "Copy or download the model again."
            )


def check_sizes(settings: Settings, config: Json, header: Header) -> None:
    """Compares the sizes a config announces with the tensors that are there: a size that allocates memory is a dimension of one of them."""
    largest = header.largest_dimension
    for part in (config, *(value for value in config.values() if isinstance(value, dict))):
        for key in ("vocab_size", "hidden_size", "d_model", "dim", "n_embd", "intermediate_size", "d_ff", "hidden_dim", "ffn_dim"):
            size = part.get(key)
            if isinstance(size, int) and size > max(largest, 0):
                raise NotAllowed(f"{key} of at most {largest:,}, the largest dimension of its weights", f"{size:,} in {CONFIG}", SAFE)
        for key in ("num_hidden_layers", "n_layers", "n_layer", "num_layers", "encoder_layers", "decoder_layers"):
            layers = part.get(key)
            if isinstance(layers, int) and layers > settings.max_model_layers:
                raise LimitReached(f"at most {settings.max_model_layers:,} layers (max_model_layers)", f"{key} = {layers:,}", SAFE)
        _check_positions(part, header)
    _check_labels(settings, config)


def _check_labels(settings: Settings, config: Json) -> None:
    labels = count_labels(config)
    if labels > settings.max_model_labels:
        raise LimitReached(f"at most {settings.max_model_labels:,} labels (max_model_labels)", f"{labels:,} in {CONFIG}", SAFE)
    names = config.get("id2label")
    for label in names.values() if isinstance(names, dict) else ():
        if isinstance(label, dict | list) or HALF_CHARACTER.search(str(label)):
            raise NotAllowed("labels as texts", f"half a character, or no text at all, in id2label of {CONFIG}", "Correct id2label.")


def _check_positions(config: Json, header: Header) -> None:
    """Learned position embeddings are a tensor and bound the length; rotary ones take no memory and are bounded by the number check."""
    learned = [
        shape
        for name, shape in header.shapes.items()
        if "position_embeddings" in name or "embed_positions" in name or name.endswith("wpe.weight")
    ]
    limit = max((size for shape in learned for size in shape), default=None)
    for key in ("max_position_embeddings", "n_positions", "n_ctx"):
        positions = config.get(key)
        if not isinstance(positions, int):
            continue
        if (limit is not None and positions > limit) or positions > LONGEST_TEXT:
            raise NotAllowed(f"{key} that its weights hold", f"{positions:,} in {CONFIG}", SAFE)


def count_labels(config: Json) -> int:
    """Labels that a config announces, by ``num_labels`` or by the names themselves."""
    names, number = config.get("id2label"), config.get("num_labels")
    return max(len(names) if isinstance(names, dict) else 0, number if isinstance(number, int) else 0)


def _mapping(value: object, name: str) -> Json:
    if not isinstance(value, dict):
        raise NotAllowed(f"{name} with one JSON object", type(value).__name__, "Copy or download the model again.")
    return value
