"""Fine-tunes on tags: every form of a table, windows of long texts, what is learned, and that it works at once."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from core import inference, models, training
from core.errors import BadInput
from core.inference.run import run as predict
from core.runs import RunContext, RunFolder, create_run
from core.schema import Role, Split
from core.settings import Settings
from core.tasks import TaskModel
from core.tasks.token_classification import TokenClassificationOptions
from core.training.data import read_data
from core.training.loop.examples import IGNORED
from core.training.loop.history import read_history
from core.training.objectives.token_classification import MOST_WEIGHT
from core.training.run import run
from core.workspaces import LOCAL
from tests.imported import import_once
from tests.unit.cli.test_commands import command, json_of

DIALS = {"epochs": 14, "rank": 8, "batch_rows": 16, "precision": "fp32", "learning_rate": 1e-2, "evaluations": 4}
THINGS = {"phone": ["phone"], "screen": ["screen"], "battery": ["battery", "price"]}
FEELINGS = ["love", "hate"]
FILLERS = ["the", "it", "was", "and", "after", "two", "days", "never", "again", "we", "they"]


def sentences(rows: int, seed: int = 0) -> pd.DataFrame:
    """Words and tags: things (some of two words) and feelings among words that say nothing."""
    random = np.random.default_rng(seed)
    made = []
    for _ in range(rows):
        words, tags = [], []
        for _ in range(random.integers(2, 5)):
            filler = random.choice(FILLERS, random.integers(1, 4)).tolist()
            words += filler
            tags += ["O"] * len(filler)
            named = random.choice(list(THINGS)) if random.random() < 0.6 else ""
            entity = THINGS[named] if named else [random.choice(FEELINGS)]
            kind = "THING" if named else "FEELING"
            words += [str(word) for word in entity]
            tags += [f"B-{kind}", *[f"I-{kind}"] * (len(entity) - 1)]
        made.append((words, tags))
    return pd.DataFrame(made, columns=["words", "tags"])


def spans_of(words: list[str], tags: list[str]) -> str:
    """The same as spans of characters of the words with spaces between them."""
    spans, place = [], 0
    for word, tag in zip(words, tags, strict=True):
        if tag.startswith("B-"):
            spans.append({"start": place, "end": place + len(word), "label": tag[2:]})
        elif tag.startswith("I-"):
            spans[-1]["end"] = place + len(word)
        place += len(word) + 1
    return json.dumps(spans)


def as_texts(frame: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame({"text": frame["words"].map(" ".join), "tags": frame["tags"].map(json.dumps)})


def as_spans(frame: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame({"text": frame["words"].map(" ".join), "tags": list(map(spans_of, frame["words"], frame["tags"]))})


def one_a_row(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(sentence=np.arange(len(frame)).astype(str)).explode(["words", "tags"], ignore_index=True)


LISTS = {"tokens": "words", "tags": "tags"}
TEXTS = {"text": "text", "tags": "tags"}
NAMED = {**LISTS, "id": "sentence"}


@pytest.fixture
def tuned(known: Settings, tmp_path: Path) -> Callable[..., RunFolder]:
    """Makes a fine-tune of ``local:body`` on a table with tags."""

    def make(frame: pd.DataFrame, name: str = "mine", roles: dict[str, str] | None = None, **choices: Any) -> RunFolder:
        path = tmp_path / f"{name}.parquet"
        frame.to_parquet(path)
        table = import_once(known, LOCAL, path)
        given = {"dials": DIALS, "model": "local:body", **choices}
        spec = training.make_spec(known, table, owner=LOCAL, task="token-classification", name=name, roles=roles or LISTS, **given)
        return create_run(known, spec, owner=LOCAL, input_table=table.path)

    return make


def data_of(known: Settings, folder: RunFolder) -> training.Data:
    return read_data(known, folder.spec(), folder.input_path)


def ready(known: Settings, folder: RunFolder, max_length: int = 64) -> TaskModel:
    """The untrained base as the task reads it."""
    tokenizer = models.load_tokenizer(models.resolve(known, "local:body"))
    accepted = frozenset({"input_ids", "attention_mask", "token_type_ids"})
    network = type("Network", (), {"config": type("Config", (), {"model_type": "bert"})})
    return TaskModel(
        (), options=TokenClassificationOptions(), tokenizer=tokenizer, network=network, max_length=max_length, accepted=accepted
    )


@pytest.mark.parametrize(
    ("form", "roles"),
    [(pd.DataFrame, LISTS), (as_texts, TEXTS), (one_a_row, NAMED), (as_spans, TEXTS)],
    ids=["lists", "texts", "one a row", "spans"],
)
def test_every_form_of_a_table_teaches_the_same(known, tuned, form: Callable, roles: dict[str, str]) -> None:
    frame = sentences(30)
    data = data_of(known, tuned(form(frame), roles=roles))
    plain = data_of(known, tuned(frame, "plain"))
    assert data.objective.names == ("O", "B-FEELING", "I-FEELING", "B-THING", "I-THING")
    usable, expected = data.objective.usable(), plain.objective.usable()
    assert len(usable) == 30 and [data.objective.tagged.spans[row] for row in usable] == plain.objective.tagged.spans
    found, wanted = (each.objective.truth(rows)[Role.TAGS] for each, rows in ((data, usable), (plain, expected)))
    assert list(map(json.loads, found)) == list(map(json.loads, wanted)) == frame["tags"].tolist()
    model = ready(known, tuned(frame, "model"))
    learn = [each.objective.examples(model, rows) for each, rows in ((data, usable), (plain, expected))]
    assert learn[0].labels.flat.tolist() == learn[1].labels.flat.tolist()
    assert {len(data.train), len(data.validation)} == {24, 6}


@pytest.mark.slow
@pytest.mark.parametrize(("form", "roles"), [(pd.DataFrame, LISTS), (as_spans, TEXTS)], ids=["lists", "spans"])
def test_it_learns_and_the_adapter_is_a_model_like_any_other(known, tuned, form: Callable, roles: dict[str, str]) -> None:
    folder = tuned(form(sentences(150)), roles=roles)
    assert run(RunContext(known, folder)) == "done"
    summary = folder.summary()
    found = summary["metrics"]["entity_f1"]
    assert found["value"] > 0.9 and found["n"] == summary["validation_rows"] == 30
    assert summary["best"]["quality"] == pytest.approx(found["value"], abs=0.05)
    entry = next(entry for entry in models.list_models(known, "token-classification") if entry.reference == "adapter:mine")
    assert entry.labels == ["O", "B-FEELING", "I-FEELING", "B-THING", "I-THING"]
    path = Path(known.home) / "new.csv"
    path.write_text("text\nwe love the battery price and the screen\nit was two days\n")
    table = import_once(known, LOCAL, path)
    spec = inference.make_spec(known, table, task="token-classification", model="adapter:mine", roles={"text": "text"})
    scored = create_run(known, spec, owner=LOCAL, input_table=table.path)
    predict(RunContext(known, scored))
    assert pd.read_parquet(scored.result_path)["prediction"].tolist() == ["love (FEELING); battery price (THING); screen (THING)", ""]


@pytest.mark.parametrize(("form", "noted"), [(as_texts, "first"), (as_spans, "simple")])
def test_what_learned_whole_words_is_noted_to_give_whole_words(known, tuned, form: Callable, noted: str) -> None:
    data = data_of(known, tuned(form(sentences(30)), roles=TEXTS))
    network = SimpleNamespace(config=SimpleNamespace())
    assert data.objective.begin(network, data.train) is data.objective
    assert models.aggregation_of(network.config) == noted


def test_long_texts_are_windows_and_every_token_is_learned_once(known, tuned) -> None:
    frame = sentences(12)
    joined = {name: list(itertools.chain.from_iterable(frame[name])) for name in frame.columns}
    long = pd.concat([pd.DataFrame({name: [cells] for name, cells in joined.items()}), frame[1:2]], ignore_index=True)
    objective = data_of(known, tuned(long, split=Split(method="random"))).objective
    whole = objective.examples(ready(known, tuned(frame, "model"), 512), np.array([0]))
    cut = objective.examples(ready(known, tuned(frame, "model2"), 16), np.array([0]))
    assert len(whole) == 1 and len(cut) > 4 and cut.lengths.max() == 16
    labels = [each.labels.flat[each.labels.flat != IGNORED].tolist() for each in (whole, cut)]
    assert labels[0] == labels[1] and len(cut.labels.flat) == cut.lengths.sum()
    batch = cut.batch([0, len(cut) - 1])
    assert batch["labels"].shape == batch["input_ids"].shape and (batch["labels"][batch["attention_mask"] == 0] == IGNORED).all()


def test_the_judge_counts_what_the_task_would_measure(known, tuned) -> None:
    frame = sentences(40)
    objective = data_of(known, tuned(frame)).objective
    examples = objective.examples(ready(known, tuned(frame, "model"), 12), np.arange(40))
    judge, sure = objective.judge(examples), objective.judge(examples)
    for items in np.array_split(np.arange(len(examples)), 3):
        labels = examples.batch(items)["labels"]
        right = torch.nn.functional.one_hot(labels.clamp(min=0), 5).float() * 20
        judge.add(items, type("Outputs", (), {"logits": torch.zeros(*labels.shape, 5)}), labels)
        sure.add(items, type("Outputs", (), {"logits": right}), labels)
    assert judge.figures() == (pytest.approx(np.log(5)), 0) and sure.figures() == (pytest.approx(0, abs=1e-6), 1)
    labels = examples.batch([0])["labels"]
    sure.add(np.array([0]), type("Outputs", (), {"logits": torch.full((*labels.shape, 5), float("nan"))}), labels)
    assert sure.figures()[1] == -np.inf


def test_the_loss_is_that_of_the_labelled_tokens_alone(known, tuned) -> None:
    objective = data_of(known, tuned(sentences(10))).objective
    logits = torch.randn(2, 3, 5, requires_grad=True)
    outputs, labels = type("Outputs", (), {"logits": logits}), torch.tensor([[1, IGNORED, 0], [2, IGNORED, IGNORED]])
    expected = -torch.log_softmax(logits, -1)[[0, 0, 1], [0, 2, 0], [1, 0, 2]].mean()
    assert torch.allclose(objective.loss(outputs, labels), expected)
    assert objective.loss(outputs, labels, weights=torch.tensor([1.0, 9, 1, 1, 1]), smoothing=0.1) != expected
    nothing = objective.loss(outputs, torch.full((2, 3), IGNORED))
    nothing.backward()
    assert nothing == 0 and logits.grad.abs().sum() == 0


def test_rare_labels_weigh_more_but_not_without_end(known, tuned) -> None:
    frame = sentences(40)
    objective = data_of(known, tuned(frame)).objective
    examples = objective.examples(ready(known, tuned(frame, "model")), np.arange(40))
    weights = objective.weights(examples)
    assert weights[0] < 1 < weights[1] and weights[2] == MOST_WEIGHT and weights.dtype == np.float32  # I-FEELING never occurs


def test_findings_name_rows_of_the_table(known, tuned) -> None:
    frame = sentences(20).astype(object)
    frame.at[3, "tags"], frame.at[4, "tags"] = ["O"], None
    frame.loc[len(frame)] = [frame["words"][0], ["O"] * len(frame["words"][0])]
    frame.loc[len(frame)] = [["it"], ["B-thing"]]
    found = data_of(known, tuned(frame)).findings()
    said = {finding.what: finding for finding in found}
    assert not any(finding.stops for finding in found)
    for part, rows in (
        ("no tags", (4,)),
        ("another number of tags than of words", (3,)),
        ('"THING" (', (21,)),
        ('fewer than 5 times, too few to learn it well: "thing" (1 time)', (21,)),
        ("in several rows with different tags", (0, 20)),
    ):
        assert [finding.rows for what, finding in said.items() if part in what] == [rows], part
    data = data_of(known, tuned(one_a_row(sentences(60).drop(index=3)), "rows", NAMED))
    assert data.findings() == [] and data.classes()[0].label == "FEELING" and data.classes()[1].train > data.classes()[1].validation > 0


def test_what_cannot_be_learned_stops_before_it_starts(known, tuned) -> None:
    frame = sentences(60)
    frame["tags"] = frame["tags"].map(lambda tags: ["O"] * len(tags))
    assert [finding.stops for finding in data_of(known, tuned(frame)).findings()] == [True]
    with pytest.raises(BadInput, match="no training row names an entity"):
        run(RunContext(known, tuned(frame, "job")))
    only = sentences(10)
    only["tags"] = only["tags"].map(lambda tags: ["NOUN"] * len(tags))
    assert "nothing to tell apart" in data_of(known, tuned(only, "only")).findings()[0].what
    numbers = sentences(10)
    numbers["tags"] = numbers["tags"].map(lambda tags: [int(tag != "O") for tag in tags])
    assert any("The tags are numbers" in finding.what for finding in data_of(known, tuned(numbers, "numbers")).findings())


def test_a_validation_text_that_is_trained_on_is_found(known, tuned) -> None:
    frame = pd.concat([sentences(10), sentences(2)], ignore_index=True).assign(part=["train"] * 10 + ["validation"] * 2)
    frame.loc[9, "part"] = "validation"
    data = data_of(known, tuned(frame, split=Split(method="column", column="part")))
    assert [finding.rows for finding in data.findings() if "also trained on" in finding.what] == [(10, 11)]


def test_a_validation_table_of_another_form_keeps_its_rows_apart(known, tmp_path) -> None:
    one_a_row(sentences(20)).to_parquet(tmp_path / "learn.parquet")
    sentences(6, seed=1).assign(sentence="19").to_parquet(tmp_path / "check.parquet")
    learn, check = (import_once(known, LOCAL, tmp_path / f"{name}.parquet") for name in ("learn", "check"))
    given = {"task": "token-classification", "model": "local:body", "roles": NAMED, "name": "two", "validation": check}
    spec = training.make_spec(known, learn, owner=LOCAL, dials={"epochs": 1, "rank": 2}, **given)
    data = read_data(known, spec, learn.path, check.path)
    assert (len(data.train), len(data.validation)) == (20, 6) and data.validation.min() == learn.rows
    folder = create_run(known, spec, owner=LOCAL, input_table=learn.path, validation_table=check.path)
    assert run(RunContext(known, folder)) == "done" and folder.summary()["validation_rows"] == 6


def test_the_snippet_of_its_card_loads_it(known, tuned) -> None:
    folder = tuned(sentences(40), dials={**DIALS, "epochs": 1}, options={"aggregation": "first"})
    assert run(RunContext(known, folder)) == "done"
    card = next(Path(known.home).rglob("adapters/mine/README.md"))
    snippet = card.read_text().split("## Use")[1].replace("path/of/this/folder", str(card.parent)).replace("\n    ", "\n")
    base = models.resolve(known, "local:body").base
    snippet = snippet.replace(".base_model_name_or_path", f".base_model_name_or_path and {str(base)!r}")
    names: dict[str, Any] = {}
    exec(snippet, names)
    assert type(names["base"]).__name__ == "BertForTokenClassification" and names["base"].config.num_labels == 5
    ours = models.load_model(models.resolve(known, "adapter:mine", LOCAL), "AutoModelForTokenClassification")
    ids = torch.tensor([[2, 7, 8, 9, 3]])
    with torch.inference_mode():
        assert torch.allclose(names["model"].eval()(ids).logits, ours(ids).logits, atol=1e-5)
    assert all(0 <= entry["eval_quality"] <= 1 for entry in read_history(folder) if "eval_quality" in entry)


@pytest.mark.model
@pytest.mark.slow
def test_the_command_tunes_on_tags(tmp_path: Path) -> None:
    path = tmp_path / "tagged.parquet"
    sentences(20).rename(columns={"words": "tokens", "tags": "ner_tags"}).to_parquet(path)
    arguments = (
        "--task",
        "token-classification",
        "--model",
        "embedded:minilm",
        "--tokens",
        "tokens",
        "--tags",
        "ner_tags",
        "--name",
        "tags",
    )
    facts = json_of(command(tmp_path / "home", "finetune", str(path), *arguments, "--preset", "quick", "--set", "max_steps=2", "--json"))
    assert (facts["adapter"], facts["train_rows"], facts["validation_rows"]) == ("adapter:tags", 16, 4) and "entity_f1" in facts["metrics"]
