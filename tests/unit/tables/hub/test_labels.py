"""Names in the place of numbers."""

from __future__ import annotations

import pyarrow as pa

from core.tables.hub.labels import label_names, with_names


def test_numbers_of_labels_become_their_names() -> None:
    table = pa.table({"label": [0, 1, -1, None, 7], "tags": [[0, 1], [], None, [1], [9]], "n": [1, 2, 3, 4, 5]})
    named = with_names(table, {"label": ("bad", "good"), "tags": ("O", "PER"), "gone": ("x",)}).to_pydict()
    assert named["label"] == ["bad", "good", None, None, None]
    assert named["tags"] == [["O", "PER"], [], None, ["PER"], [None]] and named["n"] == [1, 2, 3, 4, 5]
    text = pa.table({"label": ["0", "1"]})
    assert with_names(text, {"label": ("bad", "good")}) == text


def test_names_come_from_the_files_or_the_card() -> None:
    class Feature:
        def __init__(self, names: list[str] | None = None, feature: object = None) -> None:
            self.names, self.feature = names, feature or self

    card = [
        {"name": "label", "dtype": {"class_label": {"names": {"1": "b", "0": "a", "10": "k"}}}},
        {"name": "tags", "sequence": {"class_label": {"names": ["O", "PER"]}}},
        {"name": "text", "dtype": "string"},
    ]
    assert label_names(None, card) == {"label": ("a", "b", "k"), "tags": ("O", "PER")}
    features = {"label": Feature(["x"]), "list": Feature(feature=Feature(["y"])), "text": Feature()}
    assert label_names(features, card) == {"label": ("x",), "tags": ("O", "PER"), "list": ("y",)}
