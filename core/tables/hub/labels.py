"""Label columns of data sets hold numbers; people read names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc


def label_names(features: Any, card: Sequence[Mapping[str, Any]]) -> dict[str, tuple[str, ...]]:
    """Columns of labels, or of lists of labels, with the names in the order of their numbers.

    Args:
        features: ``datasets.Features`` of the files, or ``None``.
        card: columns as the front matter of a card has them (``dataset_info.features``), for files that carry none.
    """
    found = {name: names for one in card if (names := _of_card(one)) for name in [str(one["name"])]}
    for name, feature in (features or {}).items():
        inner = getattr(feature, "feature", feature)
        if names := getattr(inner, "names", None):
            found[name] = tuple(map(str, names))
    return found


def with_names(table: pa.Table, labels: Mapping[str, Sequence[str]]) -> pa.Table:
    """The table with names where label columns hold their numbers; a number without a name is a missing cell."""
    for name, names in labels.items():
        place = table.schema.get_field_index(name)
        if place < 0:
            continue
        column = table.column(place).combine_chunks()
        if pa.types.is_integer(column.type):
            table = table.set_column(place, name, _named(column, names))
        elif pa.types.is_list(column.type) and pa.types.is_integer(column.type.value_type):
            inner = _named(column.flatten(), names)
            lists = pa.ListArray.from_arrays(_offsets(column), inner, mask=pc.is_null(column))
            table = table.set_column(place, name, lists)
    return table


def _offsets(column: pa.ListArray) -> pa.Array:
    """Where each list begins in the flattened values, in which missing lists take no room."""
    lengths = pc.fill_null(pc.list_value_length(column), 0)
    return pa.concat_arrays([pa.array([0], pa.int32()), pc.cumulative_sum(lengths).cast(pa.int32())])


def _named(numbers: pa.Array, names: Sequence[str]) -> pa.Array:
    known = pc.and_(pc.greater_equal(numbers, 0), pc.less(numbers, len(names)))
    return pa.array(list(names), pa.string()).take(pc.if_else(known, numbers, None).cast(pa.int64()))


def _of_card(feature: Mapping[str, Any]) -> tuple[str, ...]:
    """``{"name": …, "dtype": {"class_label": {"names": {"0": …}}}}``, or the same within ``list`` or ``sequence``."""
    for place in (feature.get("dtype"), feature.get("list"), feature.get("sequence")):
        inner = place.get("class_label") if isinstance(place, dict) else None
        names = inner.get("names") if isinstance(inner, dict) else None
        if isinstance(names, dict):
            return tuple(str(names[key]) for key in sorted(names, key=lambda key: int(key) if str(key).isdigit() else 0))
        if isinstance(names, list):
            return tuple(map(str, names))
    return ()
