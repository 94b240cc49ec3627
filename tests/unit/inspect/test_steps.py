"""Steps and beams are those of ``generate``, for T5 and BART."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from core.errors import BadInput, LimitReached
from core.settings import Settings
from tests.tiny_models import tiny
from tests.unit.inspect.looks import asked

TASK = "text2text-generation"
FAMILIES = ("t5", "bart")
TEXT = "we hate the slow film and the price"
NEW = 7


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("steps")
    return {family: tiny(root / family, family, "AutoModelForSeq2SeqLM") for family in FAMILIES}


def seen(folder: Path, text: str = TEXT, settings: Settings | None = None, top: int = 3, beam: int = 0, **options: Any) -> dict[str, Any]:
    return asked(folder, TASK, "steps", {"text": text}, options={"max_new_tokens": NEW, **options}, settings=settings, top=top, beam=beam)


def plain(folder: Path, **how: Any) -> tuple[Any, Any, Any]:
    """The model, its inputs, and what ``generate`` gives."""
    import torch
    from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

    model = AutoModelForSeq2SeqLM.from_pretrained(folder, trust_remote_code=False).eval()
    batch = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)(TEXT, return_tensors="pt", return_token_type_ids=False)
    with torch.inference_mode():
        found = model.generate(
            **batch, max_new_tokens=NEW, do_sample=False, return_dict_in_generate=True, output_scores=True, output_logits=True, **how
        )
    return model, batch, found


@pytest.mark.parametrize("family", FAMILIES)
def test_greedy_steps_are_those_of_generate(folders: dict[str, Path], family: str) -> None:
    answer = seen(folders[family])
    _, _, found = plain(folders[family])
    ids, total = found.sequences[0, 1:].tolist(), 0.0
    assert [step["id"] for step in answer["steps"]] == ids and answer["tree"] is None and answer["beams"] == []
    for step, logits in zip(answer["steps"], found.logits, strict=True):
        likely = logits[0].log_softmax(-1)
        total += float(likely[step["id"]])
        assert step["surprisal"] == pytest.approx(-float(likely[step["id"]]) / math.log(2), abs=1e-4)
        assert step["total"] == pytest.approx(total, abs=1e-4) and step["rank"] == 1
        best = likely.exp().topk(3)
        assert [one["id"] for one in step["alternatives"]] == best.indices.tolist()
        assert [one["probability"] for one in step["alternatives"]] == pytest.approx(best.values.tolist(), abs=1e-5)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("how", [{}, {"length_penalty": 2.0, "no_repeat_ngram_size": 1}, {"length_penalty": 0.0}], ids=str)
def test_beams_and_their_tree_are_those_of_generate(folders: dict[str, Path], family: str, how: dict[str, Any]) -> None:
    answer = seen(folders[family], num_beams=4, beam=1, **how)
    model, _, found = plain(folders[family], num_beams=4, num_return_sequences=4, **how)
    lengths = (found.beam_indices >= 0).sum(-1).tolist()
    sequences = [ids[1 : 1 + length] for ids, length in zip(found.sequences.tolist(), lengths, strict=True)]
    assert [beam["ids"] for beam in answer["beams"]] == sequences
    assert [beam["score"] for beam in answer["beams"]] == pytest.approx(found.sequences_scores.tolist(), abs=1e-4)
    assert [step["id"] for step in answer["steps"]] == sequences[1]
    moves = model.compute_transition_scores(found.sequences, found.scores, found.beam_indices)
    nodes = answer["tree"]["nodes"]
    for number, (beam, ids) in enumerate(zip(answer["beams"], sequences, strict=True)):
        assert beam["total"] == pytest.approx(float(moves[number, : len(ids)].sum()), abs=1e-4)
        assert beam["score"] == pytest.approx(beam["total"] / len(ids) ** how.get("length_penalty", 1.0), abs=1e-4)
        assert beam["ended"] == (ids[-1] == model.generation_config.eos_token_id)
        path = [node for node in nodes if number in node["answers"]]
        assert [node["id"] for node in path] == ids
        assert [node["total"] for node in path] == pytest.approx(moves[number, : len(ids)].cumsum(0).tolist(), abs=1e-4)
        assert path[-1]["state"] == ("ended" if beam["ended"] else "open")
        for node, before in zip(path[1:], path, strict=False):
            assert nodes[node["parent"]] is before


def test_an_ended_beam_is_marked(tmp_path: Path) -> None:
    """A model that likes its ending token: some beams end early, others go on, and both are in the tree."""
    import torch
    from transformers import AutoModelForSeq2SeqLM

    folder = tiny(tmp_path / "bart", "bart", "AutoModelForSeq2SeqLM")
    model = AutoModelForSeq2SeqLM.from_pretrained(folder, trust_remote_code=False)
    with torch.no_grad():
        model.final_logits_bias[0, 3] = 7.0
    model.save_pretrained(folder)
    answer = seen(folder, num_beams=3, min_new_tokens=2)
    states = {node["state"] for node in answer["tree"]["nodes"]}
    assert "ended" in states and any(beam["ended"] for beam in answer["beams"])
    parents = {node["parent"] for node in answer["tree"]["nodes"]}
    for number, node in enumerate(answer["tree"]["nodes"]):
        assert (node["state"] == "ended") == (node["id"] == 3)
        assert not (node["state"] in ("ended", "dropped") and number in parents), "nothing goes on from an end"


def test_limits(folders: dict[str, Path]) -> None:
    home = folders["t5"]
    with pytest.raises(LimitReached, match="max_tree_beams"):
        seen(folders["t5"], settings=Settings(home=home, max_tree_beams=2), num_beams=3)
    assert len(seen(folders["t5"], settings=Settings(home=home, max_written_tokens=3))["steps"]) == 3
    assert seen(folders["t5"], settings=Settings(home=home, max_scored_tokens=5))["lost"] == len(TEXT.split()) + 2 - 5
    with pytest.raises(BadInput, match="one of 2 beams"):
        seen(folders["t5"], num_beams=2, beam=2)


def test_a_model_that_chooses_sentences_has_no_steps(tmp_path: Path) -> None:
    from types import SimpleNamespace

    from core import tasks
    from core.inference.loading import Loaded
    from core.inspect.steps import steps
    from core.schema import LookSpec
    from tests.unit.tasks.scoring import ready_from

    folder = tiny(tmp_path / "bert", "bert", "AutoModel")
    model = ready_from(folder, "summarization", model_tasks=("feature-extraction",))
    look = LookSpec(task="summarization", model="local:bert", revision="0" * 40, cells={"text": TEXT})
    with pytest.raises(BadInput, match="chooses sentences"):
        steps(Settings(home=tmp_path), Loaded(tasks.get("summarization"), SimpleNamespace(), model, "fp32"), look)


def test_an_answer_that_is_given_is_scored_as_the_plain_model_does(folders: dict[str, Path]) -> None:
    import torch

    given = [7, 9, 12]
    answer = asked(folders["t5"], TASK, "steps", {"text": TEXT}, options={"num_beams": 3}, given=given)
    assert [step["id"] for step in answer["steps"]] == given and answer["beams"] == [] and answer["tree"] is None
    model, batch, _ = plain(folders["t5"])
    with torch.inference_mode():
        logits = model(**batch, decoder_input_ids=torch.tensor([[0, *given[:-1]]])).logits[0].log_softmax(-1)
    for place, (step, token) in enumerate(zip(answer["steps"], given, strict=True)):
        assert step["surprisal"] == pytest.approx(-float(logits[place, token]) / math.log(2), abs=1e-4)
    with pytest.raises(BadInput, match="tokens below"):
        asked(folders["t5"], TASK, "steps", {"text": TEXT}, given=[10**6])
    with pytest.raises(LimitReached, match="max_written_tokens"):
        asked(folders["t5"], TASK, "steps", {"text": TEXT}, given=[7] * 3, settings=Settings(max_written_tokens=2))
