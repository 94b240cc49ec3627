"""Loading tokenizers: by the class that the files name or another, without weights, and only so many kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from core import models
from core.errors import BadInput, LimitReached, NotAllowed
from core.inspect.tokens import Shelf, open_reader, show
from core.live.questions import Desk
from core.settings import Settings
from tests.tiny_models import tiny, wordpiece


@pytest.fixture
def limits(tmp_path: Path) -> Settings:
    """Two local models of another kind each."""
    made = Settings(home=tmp_path / "home", model_roots=(tmp_path / "roots",), live_tokenizers=1)
    for name, family, kind in (("one", "bert", "AutoModel"), ("two", "mamba", "AutoModelForCausalLM")):
        models.add_local(made, tiny(tmp_path / "roots" / name, family, kind), name)
    return made


def test_live_tokenizers(limits) -> None:
    shelf = Shelf(limits)
    first = shelf.get("local:one")
    assert shelf.get("local:one") is first
    shelf.get("local:two")
    assert len(shelf) == 1 and shelf.get("local:one") is not first


def test_a_limit_that_no_file_names_is_said_to_be_none(limits, tmp_path) -> None:
    tokenizer = wordpiece(tmp_path / "roots" / "two")
    tokenizer.model_max_length = int(1e30)
    tokenizer.save_pretrained(tmp_path / "roots" / "two")
    facts = open_reader(models.resolve_tokenizer(limits, "local:two")).facts
    assert (facts.limit, facts.limit_known) == (512, False)
    facts = open_reader(models.resolve_tokenizer(limits, "local:one")).facts
    assert (facts.limit, facts.limit_known, facts.fast, facts.algorithm, facts.added) == (64, True, True, "WordPiece", 2)
    assert facts.special["[CLS]"] == "cls"


def test_the_class_that_reads_the_files_may_be_named(limits) -> None:
    files = models.resolve_tokenizer(limits, "embedded:minilm")
    assert open_reader(files, "BertTokenizer").facts.name == "BertTokenizer"
    for wrong in ("os", "AutoModel", "no.TokenizerX", "NoSuchTokenizer"):
        with pytest.raises(NotAllowed, match="tokenizer class"):
            open_reader(files, wrong)


def test_the_question_of_the_warm_process(limits) -> None:
    desk = Desk(limits)
    asked = {"model": "local:one", "view": "text", "arguments": {"text": "good film"}, "workspace": "local"}
    found = desk.answer("tokens", asked)
    assert [token["token"] for token in found["tokens"]] == ["[CLS]", "good", "film", "[SEP]"]
    assert len(desk._loaded) == 0  # no weights
    desk._loaded[("local:one", "0", "AutoModel", "fp32", "local")] = None  # a model that somebody else uses
    for error, left in ((LimitReached("less", "more", "Stop."), ["local:one"]), (MemoryError(), [])):
        desk.tidy(error)
        assert desk.ping({}) == {"models": left}
    with pytest.raises(BadInput, match="one of the views"):
        show(limits, Shelf(limits), "nothing", "local:one")
