"""``logits`` as people and as scripts use it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from core.cli.app import app
from core.errors import SheetformerError
from core.settings import Settings
from tests.tiny_models import classifier, tiny

LABELS = ("O", "B-PER", "I-PER")
TEXT = "the battery broke after two days"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("roots")
    classifier(root / "moods", "bert", labels=("bad", "good"))
    tiny(root / "names", "bert", "AutoModelForTokenClassification", labels=LABELS)
    tiny(root / "judge", "bert", "AutoModelForSequenceClassification", labels=("contradiction", "neutral", "entailment"))
    tiny(root / "reader", "bert", "AutoModelForQuestionAnswering")
    return root


@pytest.fixture
def here(tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    from core import models

    monkeypatch.setenv("SHEETFORMER_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SHEETFORMER_MODEL_ROOTS", str(root))
    settings = Settings()
    for folder in sorted(root.iterdir()):
        models.add_local(settings, folder, folder.name)
    return settings


def run(*arguments: str) -> str:
    done = CliRunner().invoke(app, ["logits", *arguments])
    if done.exception is not None:
        raise done.exception
    return done.stdout


def test_a_classifier(here) -> None:
    found = json.loads(run(TEXT, "--task", "text-classification", "--model", "local:moods", "--json"))
    assert found["labels"] == ["bad", "good"] and len(found["logits"]) == len(found["probabilities"]) == 2
    exponentials = np.exp(found["logits"])
    np.testing.assert_allclose(found["probabilities"], exponentials / exponentials.sum(), atol=1e-6)
    said = run(TEXT, "--task", "text-classification", "--model", "local:moods")
    assert said.splitlines()[0].startswith(found["labels"][int(np.argmax(found["logits"]))])
    assert f"margin {abs(np.diff(found['probabilities'])[0]):.4f}, entropy {found['entropies']:.4f} bits" in said


def test_two_texts_have_a_cosine(here) -> None:
    arguments = ("--task", "feature-extraction", "--model", "local:moods", "--text-pair", TEXT)
    found = json.loads(run(TEXT, *arguments, "--json"))
    assert found["labels"] == ["cosine"] and found["logits"] == found["probabilities"] == [pytest.approx(1)]
    lines = run("good", *arguments, "--attribution", "leave-one-out").splitlines()
    assert lines[0].startswith("cosine  0.") and "What moved the cosine with the other text" in "\n".join(lines)


def test_what_moved_the_answer_is_said_to_people_too(here) -> None:
    arguments = (TEXT, "--task", "text-classification", "--model", "local:moods", "--attribution")
    for method in ("leave-one-out", "integrated-gradients"):
        found = json.loads(run(*arguments, method, "--json"))["attribution"]
        lines = run(*arguments, method).splitlines()
        head = next(at for at, line in enumerate(lines) if line.startswith("What moved the logit of"))
        strongest = max(found["units"], key=lambda unit: abs(unit["value"]))
        assert found["paper"] in lines[head] and lines[head + 1] == f"{strongest['value']:+.4f}  {strongest['text']}"
        assert {line.split("  ")[1] for line in lines[head + 1 : head + 7]} == set(TEXT.split())
        assert any(line.startswith("completeness error 0.") for line in lines) == (method == "integrated-gradients")
    with pytest.raises(SheetformerError, match="one of the methods"):
        run(*arguments, "by-guess")


def test_a_token_classifier_says_it_for_each_token(here) -> None:
    found = json.loads(run(TEXT, "--task", "token-classification", "--model", "local:names", "--json", "--set", "aggregation=none"))
    assert found["labels"] == list(LABELS) and found["tokens"] == TEXT.split()
    assert np.array(found["logits"]).shape == np.array(found["probabilities"]).shape == (6, 3)
    assert found["strategy"] == "none" and "battery" in run(TEXT, "--task", "token-classification", "--model", "local:names")


def test_question_answering_says_start_and_end(here) -> None:
    arguments = (TEXT, "--task", "question-answering", "--model", "local:reader", "--question-text", "what broke ?")
    found = json.loads(run(*arguments, "--json"))
    assert found["labels"] == ["start", "end"] and np.array(found["logits"]).shape == (6, 2)
    np.testing.assert_allclose(np.sum(found["probabilities"], axis=0), 1)
    assert found["answers"][0]["text"] in TEXT and found["answers"][0]["text"] in run(*arguments)


def test_labels_of_ones_own(here) -> None:
    arguments = (TEXT, "--task", "zero-shot-classification", "--model", "local:judge", "--labels", "phone,price")
    found = json.loads(run(*arguments, "--json", "--attribution", "leave-one-out"))
    assert found["labels"] == ["phone", "price"] and found["logits"] == found["entailments"] and len(found["contradictions"]) == 2
    assert found["hypotheses"] == ["This example is phone.", "This example is price."] and sum(found["probabilities"]) == pytest.approx(1)
    assert (
        found["attribution"]["what"].startswith("entailment of ") and [one["text"] for one in found["attribution"]["units"]] == TEXT.split()
    )
    best = found["labels"][int(np.argmax(found["logits"]))]
    assert run(*arguments).startswith(f"{best}  ") and "contradiction" in run(*arguments)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((TEXT, "--task", "question-answering", "--model", "local:reader"), "--question-text"),
        ((TEXT, "--task", "feature-extraction", "--model", "local:moods"), "--text-pair"),
        ((TEXT, "--task", "zero-shot-classification", "--model", "local:judge"), "name at least one label"),
        ((TEXT, "--task", "token-classification", "--model", "local:moods"), "a model for token-classification"),
        ((TEXT, "--task", "text-classification", "--model", "local:moods", "--set", "nope=1"), "nope"),
        ((" ", "--task", "text-classification", "--model", "local:moods"), "a text to look at"),
    ],
)
def test_what_cannot_be_is_said(here, arguments, words) -> None:
    with pytest.raises(SheetformerError, match=words):
        run(*arguments)
