"""Causal language models: prompts and answers, texts as they are, and what an adapter writes afterwards."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from core import inference, models
from core.errors import BadInput
from core.inference.loading import ready
from core.schema import Role
from core.tasks import Ragged, TaskModel, get
from core.tasks.text_generation import continuation
from core.training.loop.examples import IGNORED
from core.training.objectives.causal import Causal, answer_tokens, cut_prompt, cut_targets, sees_ahead, windows
from core.training.rows import Rows
from core.training.run import MADE
from core.workspaces import LOCAL
from tests.tiny_models import tiny

CAUSAL, TASK = "AutoModelForCausalLM", get("text-generation")
WORDS = ["film", "phone", "service", "screen", "price"]
SAID = {"good": "love", "bad": "hate", "slow": "late"}


@pytest.fixture
def stories(shared_data: Path) -> Path:
    folder = shared_data.parent / "checkpoints" / "stories260K"
    if not folder.is_dir():
        pytest.skip("the checkpoint stories260K is not beside this checkout (../shared/checkpoints)")
    return folder


def pairs() -> pd.DataFrame:
    made = [(f"{one} {kind} {two}", text) for one, two in itertools.product(WORDS, WORDS) for kind, text in SAID.items()]
    return pd.DataFrame(made, columns=["text", "target"])


def objective(prompts: list[str], targets: list[str] | None = None, **more: int) -> Causal:
    answers = {Role.TARGET: targets} if targets is not None else {}
    return Causal(Rows({Role.PROMPT: prompts, **answers}, answers), task=TASK.name, options=TASK.Options(), **more)


def loaded(folder: Path, family: str = "") -> TaskModel:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    if family:
        tiny(folder, family, CAUSAL)
    network = AutoModelForCausalLM.from_pretrained(folder).eval()
    return ready(
        TASK, TASK.Options(), models.ModelFiles("local:x", "", folder, None, (), ()), AutoTokenizer.from_pretrained(folder), network
    )


def test_only_the_target_and_its_ending_are_learned(stories) -> None:
    model = loaded(stories)
    learned = objective(["Once upon a time", "The dog was"], [" there was a cat.", "big"])
    examples = learned.examples(model, np.arange(2))
    sent = TASK.encode(model, learned.rows.some(np.arange(2))).inputs["input_ids"]
    for place, target in enumerate(learned.rows.truth[Role.TARGET]):
        ids, labels = examples.encoded.inputs["input_ids"][place], examples.labels[place]
        prompt = int((labels == IGNORED).sum())
        assert ids[:prompt].tolist() == sent[place].tolist() and ids[prompt:].tolist() == labels[prompt:].tolist()
        assert labels[-1] == model.tokenizer.eos_token_id and IGNORED not in labels[prompt:]
        assert continuation(model.tokenizer, ids[:prompt], labels[prompt:-1]) == target
    batch = examples.batch([0, 1])
    assert batch["attention_mask"][1].tolist() == [1] * len(examples.labels[1]) + [0] * (batch["labels"].shape[1] - len(examples.labels[1]))
    with torch.inference_mode():
        outputs = model.network(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"])
        own = model.network(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"], labels=batch["labels"]).loss
    assert float(learned.loss(outputs, batch["labels"])) == pytest.approx(float(own), rel=1e-5)


def test_targets_are_exact_behind_any_prompt(stories) -> None:
    model = loaded(stories)
    prompts, targets = ["Tom: ", "Tom:", "Tom", "", "Tom\n"], ["hello", "hello", "hello", "hello", " hello"]
    found = answer_tokens(model, {Role.PROMPT: prompts, Role.TARGET: targets})
    for row, (prompt, target) in enumerate(zip(prompts, targets, strict=True)):
        assert continuation(model.tokenizer, np.array(model.tokenizer(prompt)["input_ids"]), found[row]) == target


def test_prompts_are_cut_from_the_left_and_targets_stay(stories) -> None:
    model = loaded(stories)
    short = TaskModel(**{**vars(model), "max_length": 16})
    learned = objective(["one two three four five six seven eight nine ten " * 3], [" the end"])
    examples = learned.examples(short, np.arange(1))
    ids, labels = examples.encoded.inputs["input_ids"][0], examples.labels[0]
    assert len(ids) == len(labels) == 16 and ids[0] == model.tokenizer.bos_token_id and labels[-1] == model.tokenizer.eos_token_id
    whole = model.tokenizer("one two three four five six seven eight nine ten " * 3)["input_ids"]
    prompt = int((labels == IGNORED).sum())
    assert ids[1:prompt].tolist() == whole[-(prompt - 1) :]
    assert examples.extra["lost"]["prompt"].tolist() == [len(whole) - prompt] and not examples.extra["lost"]["target"].any()
    assert cut_prompt(np.arange(9), 1, 4).tolist() == [0, 6, 7, 8] and cut_prompt(np.arange(3), 1, 4).tolist() == [0, 1, 2]


def test_targets_are_cut_to_the_dial_and_end() -> None:
    targets, lost = cut_targets(Ragged.of([[5, 6, 7, 8], [9]]), 2, 3)
    assert [targets[row].tolist() for row in range(2)] == [[5, 6, 2], [9, 2]] and lost.tolist() == [2, 0]
    assert cut_targets(Ragged.of([[5, 6]]), None, 3)[0][0].tolist() == [5, 6]


def test_texts_are_learned_whole_in_windows(stories) -> None:
    model = loaded(stories)
    short = TaskModel(**{**vars(model), "max_length": 8})
    texts = ["Once upon a time there was a very little girl.", "Hi"]
    encoded, labels, lost = windows(short, texts)
    assert not lost and max(encoded.lengths) == 8
    for row, text in enumerate(texts):
        whole = [*model.tokenizer(text)["input_ids"], model.tokenizer.eos_token_id]
        asked = [token for item in np.flatnonzero(encoded.row == row) for token in labels[item].tolist() if token != IGNORED]
        assert asked == whole[1:]


@pytest.mark.parametrize("family", ["gpt2", "llama", "rwkv", "mamba"])
def test_padding_on_the_right_changes_nothing(tmp_path, family: str) -> None:
    model = loaded(tmp_path / family, family)
    learned = objective(["it was ", "the battery was very "], ["good", "slow and cheap ok"])
    examples = learned.examples(model, np.arange(2))
    assert not sees_ahead(model.network)

    def judged(batches: list[list[int]]) -> np.ndarray:
        judge = learned.judge(examples)
        with torch.inference_mode():
            for items in batches:
                batch = examples.batch(items)
                judge.add(
                    np.array(items), model.network(**{name: each for name, each in batch.items() if name != "labels"}), batch["labels"]
                )
        return judge.surprisal

    np.testing.assert_allclose(judged([[0, 1]]), judged([[0], [1]]), rtol=1e-4)


def test_a_model_that_sees_what_comes_is_refused(tmp_path) -> None:
    from transformers import BertConfig, BertLMHeadModel

    from tests.tiny_models import WIDE

    network = BertLMHeadModel(BertConfig(vocab_size=50, initializer_range=0.4, **WIDE)).eval()
    assert sees_ahead(network)
    with pytest.raises(BadInput, match="from left to right"):
        objective(["a"], ["b"]).begin(network, np.arange(1))


def test_words_that_would_grow_together_are_told() -> None:
    found = objective(["is it good", "is it bad? ", "so"], ["yes", "no", " yes"]).findings(np.arange(2), np.array([2]))
    (said,) = [each for each in found if "within the word" in each.what]
    assert said.rows == (0,)


@pytest.mark.parametrize("family", ["gpt2", "llama"])
def test_the_adapter_answers_by_the_template_of_its_training(register, tuned, answers, here, family: str) -> None:
    folder = tuned(
        pairs(),
        task=TASK.name,
        model=register(family, CAUSAL),
        roles={"target": "target"},
        options={"prompt_template": "{{text}} : "},
        dials={"max_target_length": 5, "epochs": 15},
    )
    figures = folder.summary()["metrics"]
    assert figures["exact_text"]["value"] > 0.9 and figures["perplexity"]["value"] < 2 < 50 < figures["perplexity_before"]["value"]
    noted = json.loads((folder.path / MADE / "config.json").read_text())["task_specific_params"]["text-generation"]
    assert noted == {"prompt_template": "{{text}} : ", "max_new_tokens": 5}
    assert 'prompt_template: "{{text}} : "' in (folder.path / MADE / "README.md").read_text()
    assert "adapter:mine" in [entry.reference for entry in models.list_models(here, TASK.name)]
    asked = pd.DataFrame({"text": ["price good phone", "film slow film"], "whole": ["price good phone : ", "film slow film : "]})
    given = {"task": TASK.name, "model": "adapter:mine"}
    assert [text.strip() for text in answers(asked, roles={}, **given)] == ["love", "late"]
    assert [text.strip() for text in answers(asked, roles={"prompt": "whole"}, **given)] == ["love", "late"]
    if family == "llama":  # tied or not, a merged model knows its template too
        models.write_whole(models.resolve(here, "adapter:mine"), here.model_roots[0] / "merged")
        models.add_local(here, here.model_roots[0] / "merged", "merged")
        assert [text.strip() for text in answers(asked, roles={}, task=TASK.name, model="local:merged")] == ["love", "late"]


def test_a_template_chosen_later_comes_before_that_of_the_training(here, tmp_path, monkeypatch) -> None:
    noted = {"prompt_template": "{{text}} : ", "chat": "off"}
    monkeypatch.setattr(models, "resolve", lambda *_, **__: None)
    monkeypatch.setattr(models, "noted_options", lambda files, task: noted)
    with_noted = inference.spec_making.with_noted
    given = (here, "adapter:x", LOCAL, TASK.name)
    assert with_noted(*given, {}, {"prompt_template": "{{b}}"}) == {"prompt_template": "{{b}}", "chat": "off"}
    assert with_noted(*given, {"prompt": "text"}, {}) == {"chat": "off"} and with_noted(*given, {}, {}) == noted
    assert with_noted(here, "embedded:minilm", LOCAL, TASK.name, {}, {}) == {}


def test_a_real_model_learns_texts_as_they_are(register, tuned, stories) -> None:
    texts = [f"The {color} {thing} said: I am {color}, I am a {thing}!" for color in ("red", "blue", "green") for thing in WORDS]
    folder = tuned(
        pd.DataFrame({"line": texts}),
        task=TASK.name,
        model=register("stories", folder=stories),
        roles={"prompt": "line"},
        dials={"epochs": 6, "learning_rate": 5e-3},
    )
    figures = folder.summary()["metrics"]
    assert set(figures) == {"perplexity", "perplexity_before"} and figures["perplexity"]["n"] == 3
    assert figures["perplexity"]["value"] < figures["perplexity_before"]["value"] / 2


def test_a_real_model_learns_to_answer(register, tuned, answers, stories) -> None:
    folder = tuned(
        pairs(),
        task=TASK.name,
        model=register("stories", folder=stories),
        roles={"prompt": "text", "target": "target"},
        dials={"epochs": 12, "learning_rate": 5e-3},
    )
    figures = folder.summary()["metrics"]
    assert figures["perplexity"]["value"] < 4 < 1_000 < figures["perplexity_before"]["value"]
    asked = pd.DataFrame({"text": ["price good phone", "film slow film"]})
    written = answers(asked, task=TASK.name, model="adapter:mine", roles={"prompt": "text"})
    # Its ending token was never trained and has the embedding of every other unused one: no adapter of the body tells them apart.
    assert [text[:4] for text in written] == ["love", "late"]
