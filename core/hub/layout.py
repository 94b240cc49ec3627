"""Configs and splits of a data set, from the names of its files and the front matter of its card; nothing is downloaded for it.

The rules are those of the ``datasets`` library (https://huggingface.co/docs/hub/datasets-data-files-configuration), for formats that can
hold no program. A pattern of a card is only ever matched against the repository's own names: addresses and paths in it reach nothing.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict

from core.hub.globs import glob
from core.hub.repositories import Repository

READERS = {
    ".parquet": "parquet",
    ".jsonl": "json",
    ".ndjson": "json",
    ".json": "json",
    ".csv": "csv",
    ".tsv": "csv",
    ".arrow": "arrow",
    ".txt": "text",
}
PACKED = (".gz", ".bz2", ".xz")
IGNORED = frozenset({"README.md", "config.json", "dataset_info.json", "dataset_infos.json", "dataset_dict.json", "state.json"})
OPTIONS = {
    "csv": frozenset({"sep", "delimiter", "names", "column_names", "header", "skiprows", "quotechar", "quoting", "escapechar", "encoding"}),
    "json": frozenset({"field", "encoding"}),
    "text": frozenset({"sample_by", "encoding"}),
}
"""What a card may say about how files of a format are read: plain values that change no file and open none."""
KEYWORDS = {
    "train": ("train", "training"),
    "validation": ("validation", "valid", "dev", "val"),
    "test": ("test", "testing", "eval", "evaluation"),
}
APART = r"(?:^|[-._ 0-9/])"
SHARD = re.compile(r"data/(?P<split>[^/]+?)-\d{5}-of-\d{5}[^/]*\.[^/]*")
DEFAULT, FIRST_SPLITS = "default", ("train", "validation", "test")
CONVERTED = "refs/convert/parquet"


class Split(BaseModel):
    """Rows that belong together.

    Args:
        rows: as the card says; ``None`` where it does not.
        size_bytes: of its files; ``None`` where the Hub does not say.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    files: tuple[str, ...]
    rows: int | None = None
    size_bytes: int | None = None


class Config(BaseModel):
    """Splits with the same columns.

    Args:
        reader: builder of the ``datasets`` library: parquet, json, csv, arrow or text.
        options: what the card says about how to read the files.
        features: columns with their types, as the card has them; empty where it does not.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    splits: tuple[Split, ...]
    reader: str
    options: dict[str, Any] = {}
    features: tuple[dict[str, Any], ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns that the card tells of."""
        return tuple(str(feature["name"]) for feature in self.features)


class Layout(BaseModel):
    """What of a data set can be read.

    Args:
        left_out: why some of it cannot be read, a sentence each.
    """

    model_config = ConfigDict(frozen=True)

    configs: tuple[Config, ...] = ()
    left_out: tuple[str, ...] = ()


def layout(found: Repository) -> Layout:
    """Configs in the order of the card, the default first; splits as train, validation, test, then the others."""
    files, left_out = _readable(found.files)
    listed = found.card.get("configs")
    given = [one for one in listed if isinstance(one, dict) and isinstance(one.get("config_name"), str)] if isinstance(listed, list) else []
    infos = _infos(found.card.get("dataset_info"))
    configs = []
    for one in given or [{"config_name": next(iter(infos)) if len(infos) == 1 and not given else DEFAULT}]:
        made = _config(one, files, infos.get(one["config_name"], {}), found.file_bytes)
        if made is None:
            left_out.append(f"Config {one['config_name']}: no file of it can be read here.")
        else:
            configs.append((not (one.get("default") is True or made.name == DEFAULT), made))
    return Layout(configs=tuple(made for _, made in sorted(configs, key=lambda pair: pair[0])), left_out=tuple(left_out))


def converted_layout(found: Repository) -> Layout:
    """The same of the branch on which the Hub keeps a Parquet copy: folders for config and split.

    Splits that the Hub copied in part have ``partial-`` before their name (https://huggingface.co/docs/dataset-viewer/parquet).
    """
    splits: dict[str, dict[str, list[str]]] = {}
    for name in found.files:
        parts = name.split("/")
        if len(parts) == 3 and name.endswith(".parquet"):
            splits.setdefault(parts[0], {}).setdefault(parts[1], []).append(name)
    configs = [
        Config(name=config, reader="parquet", splits=_splits({split: sorted(files) for split, files in of.items()}, {}, found.file_bytes))
        for config, of in splits.items()
    ]
    partial = any(split.name.startswith("partial-") for config in configs for split in config.splits)
    said = ("Read from the Parquet copy that the Hub keeps of it.",)
    said += ("Of the largest splits the Hub copied the first part only.",) if partial else ()
    return Layout(configs=tuple(sorted(configs, key=lambda config: config.name != DEFAULT)), left_out=said if configs else ())


def reader_of(name: str) -> str | None:
    """Which reader a file is for; ``None`` for one that no safe format describes."""
    lower = name.lower()
    for ending in PACKED:
        lower = lower.removesuffix(ending)
    return READERS.get(f".{lower.rpartition('.')[2]}") if "." in lower.rpartition("/")[2] else None


def _readable(names: Iterable[str]) -> tuple[list[str], list[str]]:
    """Names of files with rows, and sentences about the others."""
    seen = [name for name in names if name not in IGNORED and not any(part.startswith((".", "__")) for part in name.split("/"))]
    files = [name for name in seen if reader_of(name)]
    said = []
    if any(name.endswith(".py") for name in seen):
        said.append("It brings a script of its own, which is never run here.")
    other = Counter(
        name.rpartition(".")[2].lower() for name in seen if name not in files and "." in name and not name.endswith((".py", ".md"))
    )
    if other:
        kinds = ", ".join(f"{count:,} .{ending}" for ending, count in other.most_common(5))
        said.append(f"Files of other kinds are left out: {kinds}.")
    return sorted(files), said


def _config(given: Mapping[str, Any], files: list[str], info: Mapping[str, Any], sizes: Mapping[str, int]) -> Config | None:
    base = str(given.get("data_dir") or "").strip("/")
    prefix = f"{base}/" if base else ""
    below = [name.removeprefix(prefix) for name in files if name.startswith(prefix)]
    patterns = given.get("data_files")
    by_split = _matched(patterns, below) if patterns is not None else _guessed(below)
    readers = Counter(reader_of(name) for names in by_split.values() for name in names)
    if not readers:
        return None
    reader = max(readers, key=lambda kind: (readers[kind], kind == "parquet", kind == "json"))
    by_split = {split: [prefix + name for name in names if reader_of(name) == reader] for split, names in by_split.items()}
    options = {name: value for name, value in given.items() if name in OPTIONS.get(reader or "", ()) and _is_plain(value)}
    if reader == "csv" and not {"sep", "delimiter"} & options.keys() and _all_tabs(by_split):
        options["sep"] = "\t"
    features = info.get("features")
    return Config(
        name=given["config_name"],
        reader=reader or "",
        splits=_splits({split: names for split, names in by_split.items() if names}, info, sizes),
        options=options,
        features=tuple(one for one in features if isinstance(one, dict) and "name" in one) if isinstance(features, list) else (),
    )


def _matched(patterns: Any, files: list[str]) -> dict[str, list[str]]:
    """Files of each split by the patterns of a card; what has another shape matches nothing."""
    entries = patterns if isinstance(patterns, list) else [patterns]
    if not any(isinstance(entry, dict) for entry in entries):
        entries = [{"split": "train", "path": entries}]
    found: dict[str, list[str]] = {}
    for entry in entries:
        if isinstance(entry, dict) and entry.get("split"):
            paths = entry.get("path")
            shapes = [glob(path.removeprefix("./")) for path in (paths if isinstance(paths, list) else [paths]) if isinstance(path, str)]
            found[str(entry["split"])] = [name for name in files if any(shape.fullmatch(name) for shape in shapes)]
    return {split: names for split, names in found.items() if names}


def _guessed(files: list[str]) -> dict[str, list[str]]:
    """Splits by the names of shards, then of folders, then of files; else everything is train."""
    shards: dict[str, list[str]] = {}
    for name in files:
        if shard := SHARD.fullmatch(name):
            shards.setdefault(shard["split"], []).append(name)
    if shards:
        return shards
    for part in (r"(?:[-._ 0-9][^/]*)?/.", r"[-._ 0-9][^/]*$"):  # a folder's name, a file's name
        found = {
            split: [name for name in files if re.search(f"{APART}(?:{'|'.join(words)}){part}", name)] for split, words in KEYWORDS.items()
        }
        if any(found.values()):
            return {split: names for split, names in found.items() if names}
    return {"train": files} if files else {}


def _splits(files: Mapping[str, list[str]], info: Mapping[str, Any], sizes: Mapping[str, int]) -> tuple[Split, ...]:
    told = info.get("splits")
    rows = {one.get("name"): one.get("num_examples") for one in told if isinstance(one, dict)} if isinstance(told, list) else {}
    order = [name for name in FIRST_SPLITS if name in files] + [name for name in files if name not in FIRST_SPLITS]
    return tuple(
        Split(
            name=name,
            files=tuple(files[name]),
            rows=rows[name] if isinstance(rows.get(name), int) else None,
            size_bytes=sum(sizes[file] for file in files[name]) if all(file in sizes for file in files[name]) else None,
        )
        for name in order
    )


def _infos(given: Any) -> dict[str, Mapping[str, Any]]:
    """Config to what the card says of its columns and splits."""
    listed = given if isinstance(given, list) else [given]
    return {str(one.get("config_name") or DEFAULT): one for one in listed if isinstance(one, dict)}


def _is_plain(value: Any) -> bool:
    one = str | int | bool
    return isinstance(value, one) or (isinstance(value, list) and all(isinstance(each, one) for each in value))


def _all_tabs(files: Mapping[str, list[str]]) -> bool:
    return all(".tsv" in name.lower() for names in files.values() for name in names)
