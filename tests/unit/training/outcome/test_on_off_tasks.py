"""With the adapter and without it, for every task: here the adapter is its own base, so that nothing may have changed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from core import models, training
from core.runs import RunContext, RunFolder, create_run
from core.settings import Settings
from core.training.data import read_data
from core.training.outcome.kept_answers import read_kept, write_kept
from core.training.outcome.measuring import measure
from core.training.outcome.on_off import ON_OFF, compare_with_base
from core.workspaces import LOCAL
from tests.imported import import_once
from tests.tiny_models import tiny
from tests.unit.training.conftest import sentences
from tests.unit.training.objectives.test_question_answering import marked
from tests.unit.training.objectives.test_sequence_to_sequence import pairs
from tests.unit.training.objectives.test_token_classification import one_a_row
from tests.unit.training.objectives.test_token_classification import sentences as tagged

NUMBERS = {"praise": "1.5", "blame": "2.25", "delay": "3.75"}
TYPES = ("O", "B-feeling", "I-feeling", "B-thing", "I-thing")  # in another spelling than the table's


def numbered(rows: int) -> pd.DataFrame:
    frame = sentences(rows)
    return frame.assign(label=frame["label"].map(NUMBERS))


@pytest.fixture
def here(settings: Settings, tmp_path: Path) -> Settings:
    (tmp_path / "roots").mkdir()
    return settings.model_copy(update={"model_roots": (tmp_path / "roots",), "threads": 1})


@pytest.fixture
def begun(here: Settings, tmp_path: Path) -> Callable[..., tuple[RunFolder, Any]]:
    """A fine-tune of a tiny base that was never trained, and what it would learn."""

    def make(frame: pd.DataFrame, family: str, auto_class: str, *, labels: tuple[str, ...] | None = None, **given: Any):
        place = tiny(here.model_roots[0] / "base", family, auto_class, labels=labels, **given.pop("config", {}))
        models.add_local(here, place, "base")
        frame.to_parquet(tmp_path / "table.parquet")
        table = import_once(here, LOCAL, tmp_path / "table.parquet")
        spec = training.make_spec(here, table, owner=LOCAL, model="local:base", name="mine", **given)
        folder = create_run(here, spec, owner=LOCAL, input_table=table.path)
        return folder, read_data(here, spec, folder.input_path)

    return make


WRITTEN = {"roles": {"text": "text", "target": "target"}, "options": {"max_new_tokens": 4}}
TAGGED = {"task": "token-classification", "labels": TYPES}
CASES = {
    "regression": (
        lambda: numbered(30),
        ("bert", "AutoModelForSequenceClassification"),
        {
            "task": "text-classification",
            "roles": {"text": "text", "label": "label"},
            "problem": "regression",
            "config": {"num_labels": 1, "problem_type": "regression"},
        },
        ("absolute_error", ["text"]),
    ),
    "tags": (
        lambda: tagged(30),
        ("bert", "AutoModelForTokenClassification"),
        {**TAGGED, "roles": {"tokens": "words", "tags": "tags"}},
        ("entity_f1", ["tokens"]),
    ),
    "a word in each row": (
        lambda: one_a_row(tagged(20)),
        ("bert", "AutoModelForTokenClassification"),
        {**TAGGED, "roles": {"tokens": "words", "tags": "tags", "id": "sentence"}},
        ("entity_f1", ["tokens"]),
    ),
    "answers": (
        lambda: marked(30),
        ("bert", "AutoModelForQuestionAnswering"),
        {"task": "question-answering", "roles": {"question": "question", "context": "context", "answer": "answer"}},
        ("answer_f1", ["question", "context"]),
    ),
    "summaries": (lambda: pairs().head(30), ("t5", "AutoModelForSeq2SeqLM"), {"task": "summarization", **WRITTEN}, ("rouge_l", ["text"])),
    "replies": (
        lambda: pairs().head(30),
        ("gpt2", "AutoModelForCausalLM"),
        {"task": "text-generation", "roles": {"target": "target"}, "options": {"prompt_template": "{{text}} : ", "max_new_tokens": 4}},
        ("rouge_l", ["prompt_template ({{text}})"]),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_base_answers_as_its_adapter_where_it_has_the_head(here, begun, case: str) -> None:
    frame, base, given, (score, read) = CASES[case]
    folder, data = begun(frame(), *base, **given)
    spec, files = folder.spec(), models.resolve(here, "local:base")
    measure(here, spec, files, data.objective, data.objective.scored(here, data.validation), keep=folder.path)
    found = compare_with_base(RunContext(here, folder), spec, data.objective)
    assert (found["how"], found["score"], found["better"], found["worse"]) == ("base", score, 0, 0), found
    assert found["off"] == pytest.approx(found["on"]) and found["difference"]["value"] == pytest.approx(0)
    rows = pd.read_parquet(folder.path / ON_OFF)
    assert rows.columns.tolist() == ["row", *read, "truth", "off", "on", "change", "score_off", "score_on"]
    assert len(rows) == found["rows"] == found["unchanged"] == len(data.validation) and rows["off"].tolist() == rows["on"].tolist()
    kept = read_kept(folder.path)
    assert kept.table["row"].to_pylist() == rows["row"].tolist() == data.validation.tolist() and score in kept.scored.scores
    # other answers than the base's are found to be other ones
    worst = {name: values * 0 + (9 if name == "absolute_error" else 0) for name, values in kept.scored.scores.items()}
    scored = type(kept.scored)(kept.scored.right, worst | ({"entity_f1": worst["entity_f1"] + [0, 1, 1]} if "entity_f1" in worst else {}))
    write_kept(folder.path, data.validation, kept.table["truth"].to_pylist(), kept.table, kept.problem, scored)
    changed = compare_with_base(RunContext(here, folder), spec, data.objective)
    assert changed["better"] == 0 and changed["worse"] + changed["unchanged"] == found["rows"]


@pytest.mark.parametrize(
    ("case", "auto_class", "config", "said"),
    [
        ("regression", "AutoModel", {}, "no head that gives a number"),
        ("tags", "AutoModel", {}, "no head of its own that marks these types"),
        ("answers", "AutoModel", {}, "no head of its own for question-answering"),
    ],
)
def test_a_base_without_the_head_says_so(here, begun, case: str, auto_class: str, config: dict, said: str) -> None:
    frame, (family, *_), given, _ = CASES[case]
    folder, data = begun(frame(), family, auto_class, **{**given, "labels": None, "config": config})
    spec = folder.spec()
    names = [""] * len(data.validation)
    results = {"prediction": [1.0] * len(names) if case == "regression" else names}
    problem = "regression" if case == "regression" else ""
    write_kept(folder.path, data.validation, names, tables_of(results), problem)
    assert said in compare_with_base(RunContext(here, folder), spec, data.objective)["why_not"]
    assert not (folder.path / ON_OFF).exists()


def tables_of(columns: dict[str, list]):
    import pyarrow as pa

    return pa.table(columns)


def test_texts_as_they_are_have_no_row_to_compare(here, begun) -> None:
    folder, data = begun(
        pd.DataFrame({"line": sentences(20)["text"]}), "gpt2", "AutoModelForCausalLM", task="text-generation", roles={"prompt": "line"}
    )
    assert "No row has an answer of yours" in compare_with_base(RunContext(here, folder), folder.spec(), data.objective)["why_not"]
