"""Sequence-to-sequence models: what they are taught, and what an adapter writes afterwards."""

from __future__ import annotations

import itertools
import json

import numpy as np
import pandas as pd
import pytest
import torch

from core import models, training
from core.errors import BadInput
from core.inference.loading import ready
from core.schema import Role
from core.tasks import get
from core.training.loop.examples import IGNORED
from core.training.objectives.sequence_to_sequence import SequenceToSequence, with_ending
from core.training.rows import Rows
from core.training.run import MADE
from core.workspaces import LOCAL
from tests.imported import import_once
from tests.tiny_models import tiny

WORDS = ["film", "phone", "service", "screen", "price"]
SAID = {"good": "i love it", "bad": "they hate you", "slow": "never again"}
SEQ2SEQ = "AutoModelForSeq2SeqLM"


def pairs() -> pd.DataFrame:
    """Texts with one word that decides what is to be said of them."""
    made = [(f"{one} {kind} {two}", text) for one, two in itertools.product(WORDS, WORDS) for kind, text in SAID.items()]
    return pd.DataFrame(made, columns=["text", "target"])


def objective(frame: pd.DataFrame, task: str = "summarization", options: dict | None = None, **more: int) -> SequenceToSequence:
    targets = [target if isinstance(target, str) else None for target in frame["target"]]
    rows = Rows({Role.TEXT: frame["text"].tolist(), Role.TARGET: [target or "" for target in targets]}, {Role.TARGET: targets})
    return SequenceToSequence(rows, task=task, options=get(task).Options.model_validate(options or {}), **more)


def loaded(folder, family: str, task: str = "summarization", options: dict | None = None):
    from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

    tiny(folder, family, SEQ2SEQ)
    network = AutoModelForSeq2SeqLM.from_pretrained(folder).eval()
    files = models.ModelFiles("local:x", "", folder, None, (), ())
    return ready(get(task), get(task).Options.model_validate(options or {}), files, AutoTokenizer.from_pretrained(folder), network)


@pytest.mark.parametrize("family", ["t5", "bart"])
def test_the_loss_is_the_models_own_and_padding_does_not_count(tmp_path, family: str) -> None:
    model = loaded(tmp_path / family, family)
    learned = objective(pd.DataFrame({"text": ["good film", "a bad phone , very slow"], "target": ["i love it", "never"]}))
    examples = learned.examples(model, np.arange(2))
    batch = examples.batch([0, 1])
    labels = batch["labels"]
    assert labels[1].tolist()[-1] == IGNORED and batch["decoder_input_ids"].min() >= 0
    with torch.inference_mode():
        outputs = model.network(**{name: each for name, each in batch.items() if name != "labels"})
        own = model.network(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"], labels=labels).loss
        alone = [examples.batch([place]) for place in (0, 1)]
        judge = learned.judge(examples)
        judge.add(np.array([0, 1]), outputs, labels)
        single = learned.judge(examples)
        for place, each in enumerate(alone):
            single.add(np.array([place]), model.network(**{name: one for name, one in each.items() if name != "labels"}), each["labels"])
    assert float(learned.loss(outputs, labels)) == pytest.approx(float(own), rel=1e-5)
    assert judge.figures()[0] == pytest.approx(float(own), rel=1e-5) and judge.figures()[1] == pytest.approx(np.exp(-float(own)), rel=1e-5)
    np.testing.assert_allclose(single.surprisal, judge.surprisal, rtol=1e-4)


def test_what_the_model_reads_is_what_a_run_sends(tmp_path) -> None:
    options = {"prefix": "it was "}
    model = loaded(tmp_path / "t5", "t5", options=options)
    learned = objective(pd.DataFrame({"text": ["good film"], "target": ["i love it"]}), options=options)
    sent = get("summarization").encode(model, learned.rows.some(np.arange(1)))
    examples = learned.examples(model, np.arange(1))
    assert examples.encoded.inputs["input_ids"][0].tolist() == sent.inputs["input_ids"][0].tolist()
    assert "it was good film" in model.tokenizer.decode(examples.encoded.inputs["input_ids"][0])


def test_long_targets_are_cut_end_all_the_same_and_are_told(tmp_path) -> None:
    model = loaded(tmp_path / "t5", "t5")
    learned = objective(pd.DataFrame({"text": ["good", "bad"], "target": ["a " * 20, "a b"]}), max_target_length=6)
    examples = learned.examples(model, np.arange(2))
    ids = examples.labels[0].tolist()
    assert len(ids) == 6 and ids[-1] == 3 and examples.extra["lost"]["target"].tolist() == [16, 0]
    (found,) = learned.cut(examples, np.array([7, 9]))
    assert "1 target is longer" in found.what and "16 tokens are lost, 61.5% of all" in found.what and found.rows == (7,)


def test_a_text_gets_its_ending_token_once() -> None:
    assert with_ending([5, 6], 3, 8) == [5, 6, 3] and with_ending([5, 3], 3, 8) == [5, 3] and with_ending([5, 3, 9], 3, 8) == [5, 3, 9]
    assert with_ending([5, 6, 7], 3, 3) == [5, 6, 3] and with_ending([5], None, 3) == [5]


def test_the_adapter_writes_what_was_learned_with_the_prefix_and_the_length_of_its_training(
    register, tuned, answers, here, tmp_path
) -> None:
    model = register("t5", SEQ2SEQ)
    folder = tuned(
        pairs(),
        task="summarization",
        model=model,
        roles={"text": "text", "target": "target"},
        options={"prefix": "it was "},
        dials={"max_target_length": 8, "metric": "loss", "learning_rate": 0.01, "epochs": 20},
    )
    figures = folder.summary()["metrics"]
    assert figures["exact_text"]["value"] > 0.9 and figures["exact_text"]["n"] == figures["perplexity"]["n"] == 15
    assert figures["perplexity"]["value"] < 4 < 50 < figures["perplexity_before"]["value"]
    config = json.loads((folder.path / MADE / "config.json").read_text())
    noted = config["task_specific_params"]["summarization"]
    assert config["use_cache"] is True  # left out of the training only
    assert noted == {"prefix": "it was ", "max_length": 9, "min_length": 0}
    assert '    prefix: "it was "' in (folder.path / MADE / "README.md").read_text()
    listed = [entry.reference for task in ("summarization", "text2text-generation") for entry in models.list_models(here, task)]
    assert listed.count("adapter:mine") == 2
    asked = pd.DataFrame({"text": ["price good phone", "film slow film", "screen bad service"]})
    written = answers(asked, task="summarization", model="adapter:mine", roles={"text": "text"})
    assert written == ["i love it", "never again", "they hate you"]
    models.write_whole(models.resolve(here, "adapter:mine"), here.model_roots[0] / "merged")
    models.add_local(here, here.model_roots[0] / "merged", "merged")
    assert answers(asked, task="summarization", model="local:merged", roles={"text": "text"}) == written


def test_bart_learns_too(register, tuned) -> None:
    given = {"task": "text2text-generation", "roles": {"text": "text", "target": "target"}}
    figures = tuned(pairs(), model=register("bart", SEQ2SEQ), dials={"epochs": 6, "metric": "loss", "learning_rate": 0.01}, **given)
    figures = figures.summary()["metrics"]
    assert figures["perplexity"]["value"] < figures["perplexity_before"]["value"] / 10


def test_fewer_texts_are_written_than_there_are_rows(tmp_path, settings) -> None:
    learned = objective(pairs())
    few = settings.model_copy(update={"finetune_texts": 7})
    chosen = learned.scored(few, np.arange(50))
    assert len(chosen) == 7 and len(set(chosen)) == 7 and chosen.tolist() == learned.scored(few, np.arange(50)).tolist()
    assert learned.scored(settings, np.arange(50)).tolist() == list(range(50))


def test_rows_without_a_target_are_left_out_and_told() -> None:
    frame = pd.DataFrame(
        {
            "text": ["good", "bad", "slow", "", "good", "price"],
            "target": ["yes", None, "  ", "no", "never", "Price"],
        }
    )
    learned = objective(frame)
    assert learned.usable().tolist() == [0, 4, 5]
    found = [each.what for each in learned.findings(np.array([0, 5]), np.array([4]))]
    for said in ("1 row has no target", "white space only", "no text", "different targets", "also trained on", "target is the text itself"):
        assert any(said in what for what in found), said
    assert learned.same()[0] == learned.same()[4]
    same = objective(pd.DataFrame({"text": ["a", "b"], "target": ["x", "x"]})).findings(np.arange(2), np.arange(0))
    assert same[0].stops and "write nothing else" in same[0].what


@pytest.mark.parametrize(
    ("changes", "found"), [({"roles": {"text": "text"}}, "a column with the target"), ({"model": "embedded:minilm"}, "can be tuned for")]
)
def test_what_cannot_be_tuned_is_refused_before_it_starts(register, here, tmp_path, changes: dict, found: str) -> None:
    pairs().to_parquet(tmp_path / "t.parquet")
    table = import_once(here, LOCAL, tmp_path / "t.parquet")
    given = {"model": register("t5", SEQ2SEQ), "roles": {"text": "text", "target": "target"}, **changes}
    with pytest.raises(BadInput, match=found):
        training.make_spec(here, table, owner=LOCAL, task="summarization", name="mine", **given)


def test_a_translation_is_asked_as_it_was_trained(tmp_path) -> None:
    task, options = "translation", {"prefix": "to german : "}
    model = loaded(tmp_path / "t5", "t5", task=task)
    model.network.config.task_specific_params = {"translation_en_to_de": {"prefix": "x "}}
    with pytest.raises(BadInput):
        get(task).check(model)
    objective(pairs(), task, options).begin(model.network, np.arange(3))
    get(task).check(model)
    assert get(task).prefix(model) == "to german : "
    coded = {"source_language": "en", "target_language": "de"}
    model.network.config.task_specific_params = {"translation_en_to_de": {"prefix": "x "}}
    objective(pairs(), task, coded).begin(model.network, np.arange(3))
    assert get(task).prefix(model) == "x " and get(task).codes(model) == ("en", "de")
