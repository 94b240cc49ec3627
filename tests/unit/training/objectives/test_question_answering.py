"""Question answering: from the forms of a table to windows, from logits to figures, and a model that learns it."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from core import inference, models, tasks, training
from core.errors import BadInput
from core.inference.run import run as predict
from core.runs import RunContext, RunFolder, create_run
from core.schema import Role, Split
from core.settings import Settings
from core.tasks import TaskModel
from core.training.answers.windows import END, START
from core.training.loop.examples import IGNORED
from core.training.loop.history import read_history
from core.training.objectives.question_answering import NAME, QuestionAnswering, longest
from core.training.outcome.measuring import load
from core.training.rows import Rows
from core.training.run import MADE, run
from core.workspaces import LOCAL
from tests.imported import import_once
from tests.tiny_models import tiny
from tests.unit.tasks.scoring import ready_from
from tests.unit.tasks.tokenizers import in_python

ROLES = {"question": "question", "context": "context", "answer": "answer"}
LONG = " ".join(f"film {number}" for number in range(150))


def objective(cells: list[str | None], contexts: list[str], *, questions: list[str] | None = None, **more: Any) -> QuestionAnswering:
    """Of rows in memory; ``more`` are options of the task, and ``settings``."""
    settings = more.pop("settings", Settings())
    rows = Rows({"question": questions or ["what ?"] * len(cells), "context": contexts}, {Role.ANSWER: cells})
    return QuestionAnswering.read(settings, SimpleNamespace(options=more, seed=1), rows)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> TaskModel:
    return ready_from(tiny(tmp_path_factory.mktemp("m") / "bert", "bert", "AutoModelForQuestionAnswering"), NAME, stride=8)


def test_rows_that_can_be_learned_from() -> None:
    cells, contexts = ["blue", None, "green", "[]", "blue", "blue"], ["red or blue", "a", "red", "red", " ", "blue"]
    questions = ["which ?"] * 5 + [" "]
    assert objective(cells, contexts, questions=questions).usable().tolist() == [0, 3]
    assert objective(cells, contexts, questions=questions, question_text="which ?").usable().tolist() == [0, 3, 5]
    assert objective(cells, contexts, questions=questions, handle_no_answer=True).usable().tolist() == [0, 1, 3]


def test_one_context_is_on_one_side_unless_there_is_one_only() -> None:
    assert objective(["a", "b", "c"], ["a b", "A  b", "c"]).same().tolist() == [0, 0, 2]
    assert objective(["a", "b", "a"], ["a b"] * 3, questions=["1", "2", "1"]).same().tolist() == [0, 1, 0]


def test_examples_mark_the_answer_and_batches_hold_it(model: TaskModel) -> None:
    examples = objective(["price", "good film"], ["the price was", "it was a very good film with a phone"]).examples(
        model, np.array([0, 1])
    )
    batch = examples.batch([0, 1])
    assert batch["labels"].shape == batch["input_ids"].shape == batch["attention_mask"].shape
    assert ((batch["labels"] == IGNORED) | (batch["attention_mask"] == 1)).all()
    text = [
        model.tokenizer.decode(ids[int((row == START).nonzero()) : int((row == END).nonzero()) + 1])
        for ids, row in zip(batch["input_ids"][1:], batch["labels"][1:], strict=True)
    ]
    assert text == ["good film"] and (batch["labels"][0] == START | END).sum() == 1


def test_a_row_without_an_answer_and_a_window_without_it_learn_the_null_position(model: TaskModel) -> None:
    examples = objective(["[]", "film 3"], ["the price", LONG]).examples(model, np.array([0, 1]))
    null = [int(examples.labels[item][0]) for item in range(len(examples))]
    assert len(examples) > 5 and null == [START | END, 0, *[START | END] * (len(examples) - 2)]


def test_max_empty_windows(model: TaskModel) -> None:
    made = objective(["film 3"], [LONG], settings=Settings(max_empty_windows=2))
    rows = np.array([0])
    assert len(made.examples(model, rows)) > 4
    learned = made.begin(model.network, rows).examples(model, rows)
    assert len(learned) == 3 and sum(int(learned.labels[item][0]) == START | END for item in range(3)) == 2


def test_the_length_of_answers_is_noted_for_later_runs(model: TaskModel) -> None:
    assert longest(np.array([0, 3, 3, 0, 5])) == 4 and longest(np.zeros(3, np.int64)) == 30
    made, rows = objective(["the price was not good"], ["the price was not good it"]), np.array([0])
    made.begin(model.network, rows).examples(model, rows)
    assert model.network.config.max_answer_length == 5
    objective(["the"], ["the price"], max_answer_length=7).begin(model.network, rows).examples(model, rows)
    assert model.network.config.max_answer_length == 7


def sure(examples: Any, said: list[tuple[int, int]]) -> SimpleNamespace:
    """Outputs of a model that is sure of these tokens."""
    batch = examples.batch(np.arange(len(examples)))["input_ids"]
    start, end = torch.zeros(2, *batch.shape)
    for item, (first, last) in enumerate(said):
        start[item, first] = end[item, last] = 50
    return SimpleNamespace(start_logits=start, end_logits=end)


def test_the_judge_reads_answers_out_as_a_run_does(model: TaskModel) -> None:
    made = objective(['["good film", "film"]', "phone"], ["a good film", "the phone"])
    examples = made.examples(model, np.array([0, 1]))
    labels = examples.batch([0, 1])["labels"]
    places = [(int((row & START).clamp(0).argmax()), int((row & END).clamp(0).argmax())) for row in labels * (labels != IGNORED)]
    judge = made.judge(examples)
    judge.add(np.arange(2), sure(examples, places), labels)
    assert judge.figures() == (pytest.approx(0, abs=1e-3), 1.0)
    judge, wrong = made.judge(examples), [places[0], (places[1][0] - 1, places[1][1])]
    judge.add(np.arange(2), sure(examples, wrong), labels)
    loss, quality = judge.figures()
    assert loss == pytest.approx(50 / 4, abs=0.1) and quality == pytest.approx((1 + 1) / 2)  # "the phone" says the same without its article
    judge, outputs = made.judge(examples), sure(examples, places)
    outputs.end_logits[1, 0] = torch.nan
    judge.add(np.arange(2), outputs, labels)
    assert judge.figures()[1] == -np.inf


def test_max_judged_answers(model: TaskModel) -> None:
    made = objective(["phone"] * 6, ["the phone"] * 6, settings=Settings(max_judged_answers=2))
    judge = made.judge(made.examples(model, np.arange(6)))
    assert len(judge.rows) == len(judge.kept) == 2 and judge.rows.tolist() == made.judge(made.examples(model, np.arange(6))).rows.tolist()


def test_a_tokenizer_that_cannot_point_into_the_text_is_refused(model: TaskModel) -> None:
    from dataclasses import replace

    with pytest.raises(BadInput, match="points into the text"):
        objective(["phone"], ["the phone"]).examples(replace(model, tokenizer=in_python()), np.array([0]))


def marked(rows: int, *, squad: bool = True) -> pd.DataFrame:
    """Contexts in which the one number is the answer."""
    random = np.random.default_rng(0)
    words = ["film", "phone", "price", "screen", "service", "battery", "good", "bad", "slow", "fast"]
    made = []
    for row in range(rows):
        before, after = (list(random.choice(words, random.integers(0, 5))) for _ in range(2))
        number, context = str(row % 10), " ".join([*before, str(row % 10), *after])
        cell = json.dumps({"text": [number], "answer_start": [context.index(number)]})
        made.append(("what is it ?", context, cell if squad else number))
    return pd.DataFrame(made, columns=list(ROLES))


def tune(known: Settings, tmp_path: Path, frame: pd.DataFrame, **choices: Any) -> RunFolder:
    frame.to_csv(tmp_path / "learn.csv", index=False)
    table = import_once(known, LOCAL, tmp_path / "learn.csv")
    given = {"roles": ROLES, "name": "reader", "model": "local:body", **choices}
    spec = training.make_spec(known, table, owner=LOCAL, task=NAME, **given)
    folder = create_run(known, spec, owner=LOCAL, input_table=table.path)
    assert run(RunContext(known, folder)) == "done"
    return folder


DIALS = {"epochs": 8, "rank": 8, "batch_rows": 16, "precision": "fp32", "learning_rate": 5e-3, "evaluations": 3}


def test_a_model_learns_to_find_a_marked_word_and_is_a_model_like_any_other(known: Settings, tmp_path: Path) -> None:
    from huggingface_hub import ModelCard

    folder = tune(known, tmp_path, marked(300), dials=DIALS)
    summary = folder.summary()
    found = summary["metrics"]["answer_f1"]
    assert found["value"] > 0.9 and found["n"] == summary["validation_rows"]
    assert summary["best"]["quality"] == pytest.approx(found["value"], abs=1e-6)  # read out alike while training and as a run does
    network = load(known, folder.spec(), models.resolve(known, "adapter:reader")).model
    data = training.read_data(known, folder.spec(), folder.input_path)
    examples = data.objective.examples(network, data.validation)
    judge, batch = data.objective.judge(examples), examples.batch(np.arange(len(examples)))
    labels = batch.pop("labels")
    with torch.inference_mode():
        judge.add(np.arange(len(examples)), network.network(**batch), labels)
    assert judge.figures()[0] == pytest.approx(summary["best"]["loss"], rel=1e-3)  # which says more than answers that were easy
    history = [entry for entry in read_history(folder) if "eval_loss" in entry]
    assert history[-1]["eval_loss"] < history[0]["eval_loss"]
    (entry,) = [entry for entry in models.list_models(known, NAME) if entry.reference == "adapter:reader"]
    assert NAME in entry.tasks
    config = json.loads((folder.path / MADE / "config.json").read_text())
    assert (config["architectures"], config["max_answer_length"]) == (["BertForQuestionAnswering"], 1)
    new = tmp_path / "new.csv"
    new.write_text("q,c\nwhat is it ?,good 7 slow film\nwhat is it ?,phone bad 3\n")
    table = import_once(known, LOCAL, new)
    spec = inference.make_spec(known, table, task=NAME, model="adapter:reader", roles={"question": "q", "context": "c"})
    scored = create_run(known, spec, owner=LOCAL, input_table=table.path)
    predict(RunContext(known, scored))
    assert pd.read_parquet(scored.result_path)["prediction"].tolist() == ["7", "3"]
    shelf = next(path for path in Path(known.home).rglob("adapters/reader/README.md"))
    card = ModelCard.load(shelf)
    assert card.data.pipeline_tag == NAME and "from_pretrained(name, config=config)" in card.text
    models.write_whole(models.resolve(known, "adapter:reader"), tmp_path / "whole")
    assert json.loads((tmp_path / "whole" / "config.json").read_text())["max_answer_length"] == 1


@pytest.mark.parametrize(
    ("change", "choices"),
    [
        (lambda frame: frame.assign(answer=marked(40, squad=False)["answer"]), {}),
        (lambda frame: frame, {"roles": {"context": "context", "answer": "answer"}, "options": {"question_text": "what is it ?"}}),
        (lambda frame: frame.assign(answer=frame["answer"].where(frame.index % 3 > 0, "")), {"options": {"handle_no_answer": True}}),
    ],
    ids=["answer texts", "one question for all", "no answer in some"],
)
def test_each_form_of_a_table_trains(known: Settings, tmp_path: Path, change: Any, choices: dict[str, Any]) -> None:
    summary = tune(known, tmp_path, change(marked(40)), dials=DIALS | {"epochs": 1}, **choices).summary()
    assert summary["train_rows"] + summary["validation_rows"] == 40
    assert ("no_answer_accuracy" in summary["metrics"]) == ("handle_no_answer" in choices.get("options", {}))


def test_a_table_without_an_answer_in_its_context_is_refused(known: Settings, tmp_path: Path) -> None:
    frame = marked(30).assign(answer="[]", part=["train"] * 20 + ["validation"] * 10)
    with pytest.raises(BadInput, match="stands in its context"):
        tune(known, tmp_path, frame, split=Split(method="column", column="part"), dials=DIALS)


def test_truth_is_what_the_task_measures_with() -> None:
    made = objective(["blue", '{"text": ["a", "b"], "answer_start": [0, 1]}'], ["blue", "ab"])
    assert made.truth(np.array([1])) == {Role.ANSWER: ['{"text": ["a", "b"], "answer_start": [0, 1]}']}
    assert (made.names, made.outputs, made.peft_task, made.problem) == ((), 2, "QUESTION_ANS", "")
    assert tasks.get(NAME).truth_roles == (Role.ANSWER,)
