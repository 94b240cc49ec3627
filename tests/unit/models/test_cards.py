"""What is read from a card, and what a strange card cannot do."""

from pathlib import Path

import pytest
from huggingface_hub import ModelCard

from core.models.cards import ModelCardFacts, card_figures, card_text, read_card

SHIPPED = Path(__file__).resolve().parents[3] / "core" / "models" / "embedded"
NOTHING = ModelCardFacts()


def card(tmp_path: Path, front: str) -> ModelCardFacts:
    (tmp_path / "README.md").write_text(f"---\n{front}\n---\n# Title\n", encoding="utf-8")
    return read_card(tmp_path)


def test_facts_are_read(tmp_path: Path) -> None:
    facts = card(tmp_path, "language: en\nlicense: mit\nsheetformer:\n  scripts: [Latn]\n  lowercases: false\n  limits: [one, two]")
    assert facts == ModelCardFacts(("en",), ("Latn",), False, "", ("one", "two"), "mit")


@pytest.mark.parametrize(
    "front",
    [
        "",
        "- a list",
        "language: {a: b}",
        "sheetformer: 7",
        "a: &a [x]\nb: *a",
        "x: !!python/object/apply:os.system ['true']",
        "[" * 10_000,
        "\0",
        "license: [1]",
        "sheetformer: {lowercases: 3, limits: 4, scripts: [1]}",
    ],
)
def test_a_strange_card_has_no_facts(tmp_path: Path, front: str) -> None:
    assert card(tmp_path, front) == NOTHING


def test_no_card_no_facts(tmp_path: Path) -> None:
    assert read_card(tmp_path) == NOTHING
    (tmp_path / "README.md").write_bytes(b"\xff\xfe---")
    assert read_card(tmp_path) == NOTHING


WORTH = {
    "answers": ("f1", 0.45, "cc-by-sa-4.0"),  # as a part of its data
    "emotions": ("f1", 0.59, "apache-2.0"),
    "entities": ("f1", 0.63, "apache-2.0"),
    "sentiment": ("accuracy", 0.885, "apache-2.0"),
}
"""The first figure of each card, and what it must not fall below."""


@pytest.mark.parametrize("folder", sorted(SHIPPED.iterdir()), ids=lambda folder: folder.name)
def test_shipped_adapters_are_small_and_have_a_card_that_the_hub_reads(folder: Path) -> None:
    assert (folder / "adapter_model.safetensors").stat().st_size < 4_000_000
    data = ModelCard.load(folder / "README.md").data
    kind, least, licence = WORTH[folder.name]
    assert data.license == licence
    assert data.base_model == "sentence-transformers/all-MiniLM-L6-v2"
    assert data.language == ["en"]
    assert data.library_name == "peft"
    assert data.datasets
    result = data.eval_results[0]
    assert result.metric_type == kind
    assert result.metric_value >= least
    text = (folder / "README.md").read_text(encoding="utf-8")
    for part in ("## Figures", "## Data", "## Recipe", "## Limits", "95 %"):
        assert part in text
    for path in folder.iterdir():
        content = path.read_bytes()
        assert b"/home/" not in content and str(SHIPPED.parents[2]).encode() not in content, path.name


def test_what_a_card_says_to_people_begins_after_its_front_matter(tmp_path: Path) -> None:
    assert card_text(tmp_path) == ""
    for written, text in (
        ("---\nlicense: mit\n---\n\n# Mine\n\nIt is.\n", "# Mine\n\nIt is."),
        ("# Mine\n---\nIt is.", "# Mine\n---\nIt is."),
        ("---\nnever closed", "never closed"),
    ):
        (tmp_path / "README.md").write_text(written, "utf-8")
        assert card_text(tmp_path) == text


@pytest.mark.parametrize(
    ("front", "figures"),
    [
        (
            "model-index: [{results: [{metrics: [{type: accuracy, value: 0.9}, {type: f1, value: 1}]}]}]",
            {"accuracy": 0.9, "f1": 1},
        ),
        ("model-index: [{results: [{metrics: [{type: [a], value: 0.9}, {type: b, value: high}, 3, {type: c, value: .nan}]}]}]", {}),
        ("model-index: [{results: [{metrics: [{type: accuracy, value: true}]}]}]", {}),
        ("model-index: [{results: 4}]", {}),
        ("model-index: {a: b}", {}),
        ("license: mit", {}),
    ],
)
def test_figures_are_numbers_with_names(tmp_path: Path, front: str, figures: dict[str, float]) -> None:
    (tmp_path / "README.md").write_text(f"---\n{front}\n---\n", "utf-8")
    assert card_figures(tmp_path) == figures
