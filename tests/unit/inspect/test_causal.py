"""Surprisal, ranks and branches are what plain AutoModel code gives, for models with and without attention."""

from __future__ import annotations

import json
import math
import shutil
from pathlib import Path
from typing import Any

import pytest

from core.errors import BadInput
from core.settings import Settings
from tests.tiny_models import LENGTH, tiny
from tests.unit.inspect.looks import asked

TASK = "text-generation"
FAMILIES = ("gpt2", "llama", "mamba", "rwkv")
TEXT = "the film was very good, but the price broke it after two days"


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("causal")
    return {family: tiny(root / family, family, "AutoModelForCausalLM") for family in FAMILIES}


def plain(folder: Path, ids: list[int]) -> tuple[Any, float]:
    """Log-probabilities ``[tokens, vocabulary]`` and the loss, by transformers alone."""
    import torch
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(folder, trust_remote_code=False).eval()
    batch = torch.tensor([ids])
    with torch.inference_mode():
        found = model(batch, labels=batch)
    return found.logits[0].log_softmax(-1), float(found.loss)


def seen(folder: Path, text: str = TEXT, **arguments: Any) -> dict[str, Any]:
    return asked(folder, TASK, "surprisal", {"prompt": text}, **arguments)


def held_against_transformers(folder: Path, answer: dict[str, Any]) -> None:
    ids = [token["id"] for token in answer["tokens"]]
    likely, loss = plain(folder, ids)
    assert answer["unit"] == "bits" and answer["tokens"][0]["surprisal"] is None
    for place, token in enumerate(answer["tokens"][1:], start=1):
        row = likely[place - 1]
        assert token["surprisal"] == pytest.approx(-float(row[token["id"]]) / math.log(2), abs=1e-4)
        assert token["rank"] == 1 + int((row > row[token["id"]]).sum())
        assert token["entropy"] == pytest.approx(-float((row.exp() * row).sum()) / math.log(2), abs=1e-4)
        best = row.exp().topk(len(token["alternatives"]))
        assert [one["probability"] for one in token["alternatives"]] == pytest.approx(best.values.tolist(), abs=1e-5)
        assert [one["id"] for one in token["alternatives"]] == best.indices.tolist()
        raw = [one["logit"] for one in token["alternatives"]]
        assert [value - raw[0] for value in raw] == pytest.approx((row[best.indices] - row[best.indices[0]]).tolist(), abs=1e-4)
    assert answer["perplexity"] == pytest.approx(math.exp(loss), rel=1e-4)
    after = likely[-1].exp().topk(len(answer["after"]))
    assert [one["id"] for one in answer["after"]] == after.indices.tolist()


@pytest.mark.parametrize("family", FAMILIES)
def test_numbers_are_those_of_plain_transformers(folders: dict[str, Path], family: str) -> None:
    answer = seen(folders[family], top=3)
    held_against_transformers(folders[family], answer)
    assert answer["scored"] == len(answer["tokens"]) - 1 and answer["lost"] == 0
    assert all(len(token["alternatives"]) == 3 for token in answer["tokens"][1:])


def test_a_real_model_knows_its_stories(stories: Path) -> None:
    text = "Once upon a time, there was a little girl named Lily.\nShe loved \u6f22 and caf\u00e9."
    answer = seen(stories, text)
    held_against_transformers(stories, answer)
    pieces = [token["text"] for token in answer["tokens"]]
    assert pieces[:5] == ["<s>", " Once", " upon", " a", " time"] and "\n" in pieces and "<0xE6>" in pieces
    assert text.startswith("".join(text[token["start"] : token["end"]] for token in answer["tokens"][1:6]))
    assert answer["per_character"] == pytest.approx(answer["total"] / len(text))
    assert answer["tokens"][0]["special"] and not answer["tokens"][1]["special"]


def test_a_text_that_is_too_long_is_cut_at_its_end_and_counted(folders: dict[str, Path]) -> None:
    settings = Settings(home=folders["llama"], max_scored_tokens=10)
    whole, cut = seen(folders["llama"]), seen(folders["llama"], settings=settings)
    assert len(cut["tokens"]) == cut["limit"] == 10
    assert cut["lost"] == len(whole["tokens"]) - 10
    same = [(token["id"], token["surprisal"]) for token in cut["tokens"][:9]]
    assert [pair[0] for pair in same] == [token["id"] for token in whole["tokens"][:9]]
    assert TEXT.startswith(cut["text"]) and len(cut["text"]) < len(TEXT)
    long = seen(folders["gpt2"], "good " * 200)
    assert len(long["tokens"]) == LENGTH and long["lost"] > 100


def test_alternatives_have_a_limit(folders: dict[str, Path]) -> None:
    answer = seen(folders["llama"], settings=Settings(home=folders["llama"], max_alternatives=4), top=1_000)
    assert {len(token["alternatives"]) for token in answer["tokens"][1:]} == {4}


def test_a_text_of_one_token_has_no_perplexity_but_a_next_word(folders: dict[str, Path], tmp_path: Path) -> None:
    bare = shutil.copytree(folders["gpt2"], tmp_path / "bare")  # whose tokenizer puts nothing around a text
    facts = json.loads((bare / "tokenizer.json").read_text("utf-8"))
    (bare / "tokenizer.json").write_text(json.dumps(facts | {"post_processor": None}), "utf-8")
    answer = seen(bare, "good")
    assert (answer["scored"], answer["perplexity"], answer["total"], len(answer["after"])) == (0, None, None, 5)
    with pytest.raises(BadInput, match="a text to look at"):
        seen(folders["gpt2"], "  ")


def branched(folder: Path, **arguments: Any) -> dict[str, Any]:
    return asked(folder, TASK, "branch", {"prompt": TEXT}, **arguments)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_branch_goes_on_as_generate_does(folders: dict[str, Path], family: str) -> None:
    import torch
    from transformers import AutoModelForCausalLM

    ids = [token["id"] for token in seen(folders[family])["tokens"]]
    answer = branched(folders[family], place=4, token=30, new=6)
    model = AutoModelForCausalLM.from_pretrained(folders[family], trust_remote_code=False).eval()
    prompt = torch.tensor([[*ids[:4], 30]])
    with torch.inference_mode():
        written = model.generate(prompt, attention_mask=torch.ones_like(prompt), max_new_tokens=6, do_sample=False)[0].tolist()
    tokens = answer["tokens"]
    assert [token["id"] for token in tokens] == written[4:]
    assert tokens[0]["place"] == 4 and tokens[0]["surprisal"] is not None
    likely, _ = plain(folders[family], written)
    assert [token["surprisal"] for token in tokens] == pytest.approx(
        [-float(likely[place - 1][written[place]]) / math.log(2) for place in range(4, len(written))], abs=1e-4
    )
    assert [token["rank"] for token in tokens[1:]] == [1] * (len(tokens) - 1), "greedy takes the likeliest"
    assert answer["ended"] == (written[-1] == model.generation_config.eos_token_id)


def test_a_drawn_branch_follows_the_seed(folders: dict[str, Path]) -> None:
    one, again, other = (
        [token["id"] for token in branched(folders["llama"], place=4, token=30, new=12, sample=True, seed=seed)["tokens"]]
        for seed in (1, 1, 2)
    )
    assert one == again != other


def test_a_branch_keeps_to_its_limits(folders: dict[str, Path]) -> None:
    few = branched(folders["mamba"], settings=Settings(home=folders["mamba"], max_written_tokens=2), place=2, token=9, new=50)
    assert len(few["tokens"]) <= 3
    count = len(seen(folders["gpt2"])["tokens"])
    behind = branched(folders["gpt2"], place=count, token=9, new=500)
    assert behind["tokens"][0]["place"] == count and count + len(behind["tokens"]) <= LENGTH
    for place, token in ((count + 1, 9), (-1, 9), (2, 10_000)):
        with pytest.raises(BadInput, match="a place up to"):
            branched(folders["gpt2"], place=place, token=token)
    with pytest.raises(BadInput, match="room"):
        asked(folders["gpt2"], TASK, "branch", {"prompt": "good " * 200}, place=LENGTH, token=9)


def test_the_first_token_can_be_replaced_too(folders: dict[str, Path]) -> None:
    answer = branched(folders["llama"], place=0, token=20, new=3)
    assert answer["tokens"][0]["surprisal"] is None and answer["tokens"][1]["surprisal"] is not None
