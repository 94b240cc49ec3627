"""Searching over dials from the page: what is asked, what is started, and what its run shows."""

from __future__ import annotations

import pytest

from core import dashboards, jobs, training
from core.files import write_json
from core.runs import open_run
from core.schema import Dials, Job, JobState, Range, SearchSpec
from core.training.loop.history import append_history
from core.training.search import make_search, read_dimension
from core.training.search.trials import begin_trial, end_trial, folder_of
from pages.parts.tuning import search as tuning_search
from pages.parts.tuning import search_charts
from pages.parts.tuning.dials import in_form_words
from tests.pages.conftest import settle, texts
from tests.pages.test_finetune_view import unescaped
from tests.pages.test_tuning import button, tickets  # noqa: F401


def charts_of(app) -> int:
    return len(app.get("plotly_chart"))


def test_without_a_dial_there_is_no_search(settings, tickets, open_page) -> None:  # noqa: F811
    app = open_page("training/finetune")
    assert not app.exception and app.multiselect(key="search-dials").value == []
    assert button(app, "tune").label.startswith("Tune on") and "--search" not in texts(app)


def test_dials_are_chosen_and_a_search_is_started(settings, tickets, open_page, monkeypatch) -> None:  # noqa: F811
    monkeypatch.setattr(tuning_search, "find_spec", lambda name: None)
    app = open_page("training/finetune")
    app.multiselect(key="search-dials").set_value(["learning_rate", "rank"]).run()
    assert app.selectbox(key="search-method").options == ["By chance", "All combinations"]
    app.text_input(key="search-rank").set_value("2, 4")
    app.number_input(key="search-trials").set_value(5)
    app.number_input(key="search-minutes").set_value(30.0).run()
    assert not app.exception and button(app, "tune").label == "Search with 5 trials"
    said = texts(app)
    assert "--search 'rank=2, 4'" in said and "--minutes 30" in said and "Of one trial" in said and "About 4 min" in said
    button(app, "tune").click().run()
    assert not app.exception
    job = jobs.list_jobs(settings, owner="local")[0]
    spec = open_run(settings, job.id).spec()
    assert isinstance(spec, SearchSpec) and (job.kind, spec.base.name, spec.search.trials) == ("search", "tickets", 5)
    assert spec.search.space == {"learning_rate": Range(low=1e-4, high=3e-3, log=True), "rank": (2, 4)}


def test_a_grid_says_how_many_there_are_and_a_wrong_value_what_is_wrong(settings, tickets, open_page) -> None:  # noqa: F811
    app = open_page("training/finetune")
    app.multiselect(key="search-dials").set_value(["rank", "schedule"]).run()
    app.selectbox(key="search-method").set_value("grid").run()
    assert button(app, "tune").label == "Search with 8 trials"
    app.text_input(key="search-rank").set_value("2, many").run()
    assert not app.exception and any("rank" in str(error.value) for error in app.error)
    assert "tune" not in [found.key for found in app.button]


def test_a_dial_without_values_is_waited_for_and_a_switch_has_both(settings, tickets, open_page) -> None:  # noqa: F811
    app = open_page("training/finetune")
    app.multiselect(key="search-dials").set_value(["max_steps", "use_dora", "quantization"]).run()
    assert not app.exception and button(app, "tune").disabled and "values of Steps, in the place of epochs" in unescaped(texts(app))
    assert app.text_input(key="search-use_dora").value == "false, true"
    assert read_dimension(Dials(), "quantization", app.text_input(key="search-quantization").value) == ("none", "8bit", "4bit")


def test_what_dials_are_usually_searched_over_can_be_searched() -> None:
    for dial, text in tuning_search.USUAL.items():
        assert read_dimension(Dials(), dial, text)


@pytest.fixture
def search(settings, reviews) -> Job:
    """A search with four trials done, one failed and one under way."""
    roles = {"text": "review", "label": "mine"}
    base = training.make_spec(
        settings, reviews, owner="local", task="text-classification", model="embedded:minilm", roles=roles, name="mine"
    )
    spec = make_search(settings, base, {"learning_rate": "0.0001..0.01", "schedule": "cosine, linear"}, trials=6)
    job = jobs.submit(settings, spec, owner="local", input_table=reviews.path, title="mine on reviews.csv")
    run = open_run(settings, job.id)
    for number in range(1, 7):
        dials = {"learning_rate": 1e-4 * 2**number, "schedule": ("cosine", "linear")[number % 2]}
        folder = begin_trial(run, number, spec, dials)
        append_history(folder, {"step": 1, "epoch": 1, "eval_loss": 1 / number, "eval_quality": number / 10})
        if number < 5:
            end_trial(folder, state="done", seconds=60.0, trainable=10, quality=number / 10, loss=1 / number, epoch=1)
        elif number == 5:
            end_trial(folder, state="failed", seconds=3.0, error="Expected a *number*.")
    return job


def test_one_that_works_shows_its_trials_and_the_curve_of_the_last(settings, search, open_page) -> None:
    app = open_page("training/finetune", run=search.id)
    said = unescaped(texts(app))
    assert not app.exception and "Trial 6 of 6" in said and "Validation loss 0.167" in said
    frame = app.dataframe[0].value
    assert frame["State"].tolist() == ["done", "done", "done", "best so far", "failed", "not finished"]
    assert frame["Why"].tolist()[4] == "Expected a *number*." and frame["Learning rate"].tolist()[0] == pytest.approx(2e-4)


WON = {"best_trial": 4, "trials": [{"trial": 3, "seconds": 20.0}, {"trial": 4, "seconds": 60.0}]}


def test_a_finished_one_says_what_mattered_and_shows_its_best(settings, search, open_page) -> None:
    run = open_run(settings, search.id)
    run.history_path.write_bytes(folder_of(run, 4).history_path.read_bytes())
    summary = {"adapter": "adapter:mine", "train_rows": 4, "validation_rows": 500, "trainable_parameters": 480_386, "seconds": 100.0}
    write_json(run.summary_path, summary | {"precision": "bf16", "best": {"epoch": 3, "loss": 0.5, "quality": 0.9}} | WON)
    settle(settings, search.id, JobState.DONE, rows_done=32)
    app = open_page("inference/batch", run=search.id)
    assert not app.exception
    said = unescaped(texts(app))
    assert "60 s (the search 2 min)" in said
    assert "Trial 4: Learning rate: 0.0016; Schedule: cosine." in said and "chose it among 6 trials" in said
    assert app.dataframe[0].value["State"].tolist()[3] == "best"
    assert "Learning rate: best at 0.0016" in said and "Schedule: best at cosine" in said and "learning_rate:" not in said
    assert "--search" in said and charts_of(app) == 4


def test_its_quality_is_called_what_it_is(settings, search, open_page) -> None:
    assert "Quality" in open_page("training/finetune", run=search.id).dataframe[0].value, "nobody has read the labels yet"
    run = open_run(settings, search.id)
    write_json(run.choices_path, {"problem": "single_label_classification"})
    frame = open_page("training/finetune", run=search.id).dataframe[0].value
    assert frame["Accuracy"].tolist()[0] == pytest.approx(0.1) and "Validation loss" in frame and "Quality" not in frame
    assert search_charts.mattered(run, run.spec()).measure == "Accuracy on validation rows"


def test_the_axis_of_a_dial_goes_as_its_values_were_drawn(settings, search) -> None:
    run = open_run(settings, search.id)
    found = search_charts.mattered(run, run.spec())
    assert found.by_factors == {"learning_rate": True}
    assert search_charts.dial_chart(found, "learning_rate").layout.xaxis.type == "log"
    assert search_charts.dial_chart(found._replace(by_factors={"learning_rate": False}), "learning_rate").layout.xaxis.type is None
    assert list(search_charts.importance_chart(found).layout.yaxis.ticktext)[:1] in (["Learning rate"], ["Schedule"])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("loraplus_ratio: Input should be a number", "LoRA+: rate of B over A (loraplus_ratio): Input should be a number"),
        ("a range of learning_rate", "a range of Learning rate (learning_rate)"),
        ("method=full, and init=pissa", "What is trained (method=full), and The adapter starts as (init=pissa)"),
        ("Optuna, for this method", "Optuna, for this method"),
        ("values for rank", "values for rank"),
    ],
)
def test_a_message_names_dials_as_the_form_does(text: str, said: str) -> None:
    assert in_form_words(text) == said


def test_a_wrong_value_is_told_in_the_words_of_the_form(settings, tickets, open_page) -> None:  # noqa: F811
    app = open_page("training/finetune")
    app.multiselect(key="search-dials").set_value(["loraplus_ratio"]).run()
    app.text_input(key="search-loraplus_ratio").set_value("1, many").run()
    said = unescaped(str(app.error[0].value))
    assert not app.exception and "Found** LoRA+: rate of B over A (loraplus_ratio): Input should be a valid number" in said
    assert "Next** LoRA+: rate of B over A (loraplus_ratio)" in said


def test_its_charts_are_pinned_and_a_pin_follows_the_newest(settings, search, open_page) -> None:
    settle(settings, search.id, JobState.DONE, rows_done=32)
    app = open_page("inference/batch", run=search.id)
    assert not app.exception and app.selectbox(key=f"pin-figure-{search.id}").options[:2] == [
        "What mattered in a search",
        "One dial of a search",
    ]
    app.button(key=f"pin-{search.id}").click().run()
    app.selectbox(key=f"pin-figure-{search.id}").set_value("dial").run()
    app.selectbox(key=f"pin-dial-{search.id}").set_value("schedule")
    app.checkbox(key=f"pin-follow-{search.id}").check().run()
    app.button(key=f"pin-{search.id}").click().run()
    (board,) = dashboards.list_dashboards(settings, "local")
    assert [(pin.figure, pin.kind, pin.dial, bool(pin.run)) for pin in board.pins] == [
        ("importance", "search", "", True),
        ("dial", "search", "schedule", False),
    ]
    shown = open_page("dashboards/dashboard", board=board.id)
    assert not shown.exception and charts_of(shown) == 2
    said = unescaped(texts(shown))
    assert "Schedule: best at cosine" in said and "Schedule in a search" in said and "newest run" in said


def test_one_whose_name_was_taken_says_so(settings, search, open_page) -> None:
    settle(settings, search.id, JobState.DONE, rows_done=32)
    write_json(open_run(settings, search.id).choices_path, {"adapter": "adapter:mine-2"})
    assert "It was to be called mine: that name was taken meanwhile" in unescaped(texts(open_page("training/finetune", run=search.id)))


def test_a_stopped_one_says_what_is_kept(settings, search, open_page) -> None:
    settle(settings, search.id, JobState.STOPPED, rows_done=10)
    write_json(open_run(settings, search.id).choices_path, {"adapter": "adapter:mine"})
    app = open_page("training/finetune", run=search.id)
    assert not app.exception and "kept as adapter:mine" in unescaped(texts(app))
    assert any(found.label == "Resume" for found in app.button)


def test_it_has_no_rows_to_retry(settings, search) -> None:
    settle(settings, search.id, JobState.DONE, rows_done=32)
    with pytest.raises(Exception, match="a search over dials"):
        jobs.retry(settings, search.id, owner="local")
