"""Runs of the tasks that write texts, from the table to result, metrics and summary."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from core.errors import BadInput
from core.files import sha256_of
from core.inference.estimating import estimate
from core.inference.run import run
from core.inference.spec_making import make_spec
from core.runs import RunFolder, create_run
from core.schema import PredictSpec, Role, TableSource
from core.workspaces import LOCAL
from tests.imported import import_once
from tests.tiny_models import TinyFiles, files_of, tiny

LONG = "good phone. it broke after two days. we hate it."
TEXTS = [LONG, "bad film", LONG, "", None, "ok 7"]
TARGETS = ["it broke after two days.", "bad film", "we hate it.", "x", "y", None]


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> dict[str, TinyFiles]:
    root = tmp_path_factory.mktemp("runs")
    t5 = tiny(root / "t5", "t5", "AutoModelForSeq2SeqLM")
    llama = tiny(root / "llama", "llama", "AutoModelForCausalLM")
    encoder = tiny(root / "bert", "bert", "AutoModel")
    return {
        "local:t5": files_of(t5, tasks=("text2text-generation", "summarization", "translation")),
        "local:llama": files_of(llama, tasks=("text-generation",)),
        "local:encoder": files_of(encoder, tasks=("feature-extraction", "summarization")),
    }


@pytest.fixture
def begin(settings: Any, catalogue: dict, written: dict, table_file: Callable[..., Path]) -> Callable[..., RunFolder]:
    catalogue.update(written)

    def make(columns: dict[str, list], task: str, model: str, roles: dict[str, str], **choices: Any) -> RunFolder:
        path = table_file(columns)
        spec = PredictSpec(
            task=task,
            table=TableSource(id=sha256_of(path), name="table", rows=pq.read_metadata(path).num_rows),
            roles={Role(role): column for role, column in roles.items()},
            model=model,
            revision=catalogue[model].revision,
            **choices,
        )
        return create_run(settings, spec, owner="local", input_table=path)

    return make


CASES = [
    ("text2text-generation", "local:t5", "text", {"max_new_tokens": 5}),
    ("summarization", "local:t5", "text", {"max_new_tokens": 5, "num_beams": 2, "num_return_sequences": 2}),
    ("summarization", "local:encoder", "text", {"sentences": 1}),
    ("translation", "local:t5", "text", {"max_new_tokens": 5, "do_sample": True, "seed": 4}),
    ("text-generation", "local:llama", "prompt", {"max_new_tokens": 5, "token_logprobs": True}),
]


@pytest.mark.parametrize(("task", "model", "role", "options"), CASES, ids=[f"{task} {model}" for task, model, _, _ in CASES])
def test_every_row_once_with_its_text_and_its_scores(begin, context_of, task: str, model: str, role: str, options: dict) -> None:
    folder = begin({"text": TEXTS, "truth": TARGETS}, task, model, {role: "text", "target": "truth"}, options=options)
    assert run(context_of(folder)) == "done"
    rows = pq.read_table(folder.result_path).to_pylist()
    assert [row["text"] for row in rows] == TEXTS
    assert [row["prediction"] is None for row in rows] == [False, False, False, True, True, False]
    assert rows[0]["prediction"] == rows[2]["prediction"], "the user's own text changes no answer"
    assert [row["rouge_l"] is None for row in rows] == [row["chrf"] is None for row in rows] == [False, False, False, True, True, True]
    metrics = folder.metrics()["metrics"]
    assert metrics["chrf"]["n"] == 3 and metrics["rouge_l"]["value"] == pytest.approx(sum(rows[row]["rouge_l"] for row in range(3)) / 3)
    assert {"failed": 0, "skipped": 2}.items() <= folder.summary().items()


def test_without_a_target_nothing_is_compared(begin, context_of) -> None:
    folder = begin({"text": TEXTS}, "text2text-generation", "local:t5", {"text": "text"}, options={"max_new_tokens": 4})
    run(context_of(folder))
    assert folder.summary()["columns"] == ["prediction", "confidence", "output_tokens", "error"]
    assert folder.summary()["distinct"] == 3 and not folder.metrics().get("metrics")


def test_a_template_skips_only_rows_without_any_cell(begin, context_of) -> None:
    columns = {"name": ["film", "", None, "film"], "note": ["good", "bad", " ", None]}
    options = {"prompt_template": "{{name}} is {{note}}", "max_new_tokens": 4}
    folder = begin(columns, "text-generation", "local:llama", {}, options=options)
    run(context_of(folder))
    assert [row["prediction"] is None for row in pq.read_table(folder.result_path).to_pylist()] == [False, False, True, False]


def test_drawn_answers_survive_a_stop_and_small_batches(begin, context_of, settings) -> None:
    columns = {"text": [f"good phone {number}" for number in range(12)]}
    options = {"do_sample": True, "max_new_tokens": 6, "seed": 11}
    whole = begin(columns, "text-generation", "local:llama", {"prompt": "text"}, options=options)
    run(context_of(whole))
    pieces = begin(columns, "text-generation", "local:llama", {"prompt": "text"}, options=options)
    small = settings.model_copy(update={"token_budget": 30, "window_rows": 5, "part_seconds": 0.001})

    class Stop:
        """Asks to stop after a few batches."""

        asked = 0

        def is_set(self) -> bool:
            self.asked += 1
            return self.asked > 6

    assert run(context_of(pieces, settings=small, stop=Stop())) == "stopped"
    assert run(context_of(pieces, settings=small, attempt=2)) == "done"
    one, other = (pq.read_table(folder.result_path)["prediction"].to_pylist() for folder in (whole, pieces))
    assert one == other and len(set(one)) > 6


def test_an_unknown_column_of_the_template_is_refused_before_the_run(settings, catalogue, written, tmp_path) -> None:
    catalogue.update(written)
    path = tmp_path / "table.csv"
    path.write_text("Name,Note\nfilm,good\n")
    table = import_once(settings, LOCAL, path)
    with pytest.raises(BadInput, match=r"prompt_template \(\{\{Nam\}\}\).*'Nam'.*Did you mean Name"):
        make_spec(settings, table, task="text-generation", model="local:llama", roles={}, options={"prompt_template": "{{Nam}} x"})
    with pytest.raises(BadInput, match=r"role prompt.*prompt_template"):
        make_spec(settings, table, task="text-generation", model="local:llama", roles={})


def test_an_estimate_counts_what_is_cut(begin, settings) -> None:
    folder = begin({"text": ["good " * 100, "ok"]}, "text-generation", "local:llama", {"prompt": "text"}, options={"max_new_tokens": 4})
    found = estimate(settings, folder.spec(), folder.input_path)
    assert (found.truncated_rows, found.lost_tokens) == (1, 100 + 2 - 60)


@pytest.mark.parametrize(
    ("task", "model", "role", "options", "found"),
    [
        ("translation", "local:t5", "text", {"source_language": "xx", "target_language": "yy"}, "xx"),
        ("text-generation", "local:llama", "prompt", {"chat": "on"}, "chat template"),
    ],
)
def test_what_the_model_cannot_follow_for_any_row_is_said_before_the_first(begin, context_of, settings, task, model, role, options, found):
    folder = begin({"text": TEXTS}, task, model, {role: "text"}, options=options)
    for attempt in (lambda: run(context_of(folder)), lambda: estimate(settings, folder.spec(), folder.input_path)):
        with pytest.raises(BadInput, match=found):
            attempt()
    assert not list(folder.parts.iterdir())
