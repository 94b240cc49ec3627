"""Rows of a data set, batch by batch, by the ``datasets`` library: streamed, from files of formats that hold no program.

The library is given the reader and the names of files; it never looks for scripts, and patterns or addresses of a card do not reach it.
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa

from core.errors import BadInput
from core.tables.hub.labels import label_names, with_names
from core.tables.hub.parts import BATCH_ROWS
from core.tables.hub.wanted import Wanted

SPLIT = "train"  # the only one that the library is told of: names of splits may be what it does not take


class Rows:
    """A split that is open for reading.

    Args:
        tries: how often a broken connection is tried again, with pauses that grow.

    Attributes:
        columns: those that are read.
        notes: what was left out or written differently, a sentence each; complete after the first batch.
    """

    def __init__(self, wanted: Wanted, token: str | None, *, tries: int) -> None:
        _be_patient(tries)
        self._wanted = wanted
        self._data = _open(wanted, token)
        self._labels = label_names(self._data.features, wanted.features)
        self.columns: tuple[str, ...] = ()
        self.notes: list[str] = []

    def go_on_from(self, place: dict[str, Any]) -> None:
        """Leaves out what was read before ``place`` was given."""
        self._data.load_state_dict(place)

    def batches(self, rows: int = BATCH_ROWS) -> Iterator[tuple[pa.Table, dict[str, Any]]]:
        """Batches of up to so many rows, each with the place after it.

        Raises:
            BadInput: a column that is asked for is not there, or none can be kept.
        """
        for batch in self._data.iter(batch_size=rows):
            if not self.columns:
                self._look(batch.schema)
            yield with_names(_plain(batch.select(list(self.columns))), self._labels), self._data.state_dict()

    def _look(self, schema: pa.Schema) -> None:
        asked = self._wanted.source.columns or tuple(schema.names)
        _check_columns(asked, schema.names)
        bytes_in = [name for name in asked if _holds_bytes(schema.field(name).type)]
        if bytes_in:
            self.notes.append(f"Columns of pictures, sound or other bytes are left out: {', '.join(bytes_in)}.")
        self.columns = tuple(name for name in asked if name not in bytes_in)
        if not self.columns:
            raise BadInput("a column with text or numbers", f"only pictures, sound or bytes in {', '.join(asked[:20])}", "Choose others.")
        for name in self.columns:
            if self._wanted.reader == "json" and pa.types.is_timestamp(schema.field(name).type):
                self.notes.append(f"{name}: texts that look like dates were read as times.")
            if name in self._labels and (names := self._labels[name]):
                shown = ", ".join(names[:10]) + (" …" if len(names) > 10 else "")
                self.notes.append(f"{name}: numbers are written as the labels they stand for, from 0 on: {shown}. -1 is an empty cell.")


def _open(wanted: Wanted, token: str | None) -> Any:
    """The split as the library's ``IterableDataset`` of Arrow tables."""
    if wanted.reader == "csv":
        return _load(wanted, token, **_as_text(wanted, token))
    opened = _load(wanted, token)
    if wanted.reader == "parquet" and wanted.source.columns:
        _check_columns(wanted.source.columns, list(opened.features or ()))
        return _load(wanted, token, columns=list(wanted.source.columns))  # the others are not even fetched
    return opened


def _check_columns(asked: Sequence[str], names: Sequence[str]) -> None:
    if missing := [name for name in asked if name not in names]:
        raise BadInput("columns that the data set has", repr(missing[0][:100]), f"Choose among these: {', '.join(names[:30])}.")


def _as_text(wanted: Wanted, token: str | None) -> dict[str, Any]:
    """Options under which each cell of a CSV stays the text that it is: no number, no date, and NA is a text too."""
    import datasets
    import pandas as pd

    warnings.filterwarnings("error", category=pd.errors.ParserWarning)  # such as cells lost since rows are longer than the header
    exact = {"na_filter": False, "keep_default_na": False, "index_col": False}
    first = next(iter(_load(wanted, token, nrows=1, **exact).iter(batch_size=1)), None)
    names = first.schema.names if first is not None else []
    return {**exact, "features": datasets.Features({name: datasets.Value("string") for name in names})} if names else exact


def _load(wanted: Wanted, token: str | None, **more: Any) -> Any:
    import datasets

    base = f"hf://datasets/{wanted.source.dataset}@{wanted.source.revision}/"
    files = {SPLIT: [base + name for name in wanted.files]}
    opened = datasets.load_dataset(
        wanted.reader, data_files=files, split=SPLIT, streaming=True, token=token or False, **{**wanted.options, **more}
    )
    return opened.with_format("arrow")


def _be_patient(tries: int) -> None:
    """Sets how often the library tries again, which it counts in three places; its own patience is twenty minutes."""
    import datasets
    from huggingface_hub import hf_file_system

    datasets.config.STREAMING_READ_MAX_RETRIES = datasets.config.STREAMING_OPEN_MAX_RETRIES = 1
    datasets.config.STREAMING_READ_RETRY_INTERVAL = datasets.config.STREAMING_OPEN_RETRY_INTERVAL = 0
    datasets.config.STREAMING_READ_SERVER_UNAVAILABLE_RETRY_INTERVAL = datasets.config.STREAMING_READ_RATE_LIMIT_RETRY_INTERVAL = 0
    for name in ("http_backoff", "http_stream_backoff"):
        whole = getattr(hf_file_system, name)
        setattr(hf_file_system, name, functools.partial(getattr(whole, "func", whole), max_retries=tries))


def _holds_bytes(kind: pa.DataType) -> bool:
    """Whether a type has bytes anywhere in it: pictures and sound are bytes with a name."""
    if isinstance(kind, pa.ExtensionType):
        return _holds_bytes(kind.storage_type)
    if pa.types.is_nested(kind):
        return any(_holds_bytes(kind.field(place).type) for place in range(kind.num_fields))
    return pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind)


def _plain(table: pa.Table) -> pa.Table:
    """The same in types that Parquet has, without what the library notes about them."""
    for place, field in enumerate(table.schema):
        if isinstance(field.type, pa.ExtensionType):
            storage = pa.chunked_array([chunk.storage for chunk in table.column(place).chunks], field.type.storage_type)
            table = table.set_column(place, field.name, storage)
    return table.replace_schema_metadata(None)
