"""Configs and splits, from names of files and a card alone."""

from __future__ import annotations

import pytest

from core.hub import Repository, layout
from core.hub.globs import glob
from core.hub.layout import converted_layout, reader_of


def found(*files: str, card: dict | None = None, sizes: int | None = None) -> Repository:
    return Repository(
        id="owner/data", commit="a" * 40, files=files, card=card or {}, file_bytes=dict.fromkeys(files, sizes) if sizes else {}
    )


def splits(*files: str, card: dict | None = None) -> dict[str, dict[str, tuple[str, ...]]]:
    return {config.name: {split.name: split.files for split in config.splits} for config in layout(found(*files, card=card)).configs}


@pytest.mark.parametrize(
    ("pattern", "fits", "not_these"),
    [
        ("*.csv", ["a.csv"], ["b/a.csv", "a.csv.gz"]),
        ("**/*.csv", ["a.csv", "b/c/a.csv"], ["a.txt"]),
        ("data/**", ["data/a", "data/b/c"], ["data", "database/a"]),
        ("data/train-[0-9]*.parquet", ["data/train-0.parquet"], ["data/train-x.parquet"]),
        ("a?.csv", ["ab.csv"], ["a.csv", "a/.csv"]),
        ("[!a].csv", ["b.csv"], ["a.csv"]),
        ("a+(b).csv", ["a+(b).csv"], ["aab.csv"]),
        ("[", ["["], ["x"]),
    ],
)
def test_patterns_are_those_of_files(pattern: str, fits: list[str], not_these: list[str]) -> None:
    assert [name for name in [*fits, *not_these] if glob(pattern).fullmatch(name)] == fits


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (
            ["data/test-00000-of-00001.parquet", "data/train-00000-of-00001-ab.parquet", "data/de-00000-of-00001.parquet"],
            ["train", "test", "de"],
        ),
        (["train.csv", "dev.csv", "my-test.csv"], ["train", "validation", "test"]),
        (["train/a.jsonl", "testing/b.jsonl"], ["train", "test"]),
        (["raw/training_2/a.jsonl", "raw/eval/b.jsonl"], ["train", "test"]),
        (["trainer.csv", "latest.csv"], ["train"]),  # keywords within words are none
    ],
)
def test_splits_are_guessed_as_the_hub_does(files: list[str], expected: list[str]) -> None:
    ((_, by_split),) = splits(*files).items()
    assert list(by_split) == expected and sorted(sum(by_split.values(), ())) == sorted(files)


def test_a_card_names_configs_splits_columns_and_rows() -> None:
    card = {
        "configs": [
            {
                "config_name": "es",
                "data_files": [{"split": "train", "path": "es/*.csv"}, {"split": "test", "path": ["es_test.csv"]}],
                "sep": ";",
            },
            {"config_name": "default", "data_files": "de/*.csv", "script": "x.py", "sep": {"not": "plain"}},
            {"config_name": "whole", "data_dir": "es"},
        ],
        "dataset_info": {
            "config_name": "es",
            "features": [{"name": "text", "dtype": "string"}],
            "splits": [{"name": "train", "num_examples": 7}],
        },
    }
    files = ("es/a.csv", "es_test.csv", "de/b.csv", "README.md")
    made = {config.name: config for config in layout(found(*files, card=card, sizes=10)).configs}
    assert list(made) == ["default", "es", "whole"], "the default comes first"
    assert made["es"].columns == ("text",) and made["es"].options == {"sep": ";"} and made["default"].options == {}
    assert [(split.name, split.files, split.rows, split.size_bytes) for split in made["es"].splits] == [
        ("train", ("es/a.csv",), 7, 10),
        ("test", ("es_test.csv",), None, 10),
    ]
    assert made["whole"].splits[0].files == ("es/a.csv",)


def test_only_formats_without_programs_are_read() -> None:
    laid = layout(found("a.parquet", "b.pkl", "c.pt", "d.zip", "loader.py", ".hidden.csv", "__pycache__/x.csv", "e.png"))
    assert laid.configs[0].splits[0].files == ("a.parquet",)
    assert laid.left_out[0] == "It brings a script of its own, which is never run here."
    assert all(ending in laid.left_out[1] for ending in (".pkl", ".pt", ".zip", ".png"))
    assert [reader_of(name) for name in ("a.csv.gz", "A.JSONL", "a.tsv", "a.arrow", "a.txt.xz", "csv", "a.zip")] == [
        "csv",
        "json",
        "csv",
        "arrow",
        "text",
        None,
        None,
    ]
    assert layout(found("a.tsv")).configs[0].options == {"sep": "\t"}


@pytest.mark.parametrize(
    "configs",
    ["x", [{"config_name": 3}], [{"config_name": "a", "data_files": {"b": 1}}], [None], [{"config_name": "a", "data_files": [3]}]],
)
def test_a_card_of_another_shape_breaks_nothing(configs: object) -> None:
    laid = layout(found("a.csv", card={"configs": configs, "dataset_info": "x"}))
    assert all(config.splits for config in laid.configs)


def test_the_copy_of_the_hub_has_folders_for_config_and_split() -> None:
    laid = converted_layout(
        found("de/train/0000.parquet", "default/partial-train/0000.parquet", "default/partial-train/0001.parquet", "x.md")
    )
    assert [(config.name, [split.name for split in config.splits]) for config in laid.configs] == [
        ("default", ["partial-train"]),
        ("de", ["train"]),
    ]
    assert "the first part only" in " ".join(laid.left_out) and converted_layout(found("x.md")).configs == ()
