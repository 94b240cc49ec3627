"""The page of adapters: what stands on the shelf, what can be done with it, and what an upload may not do."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from core import jobs, models, training
from core.errors import LimitReached
from core.files import write_json
from core.live import merged_zip
from core.models.adapters import write_facts
from core.runs import open_run
from core.schema import JobState, ModelReference
from core.training.search import make_search
from pages.parts.adapters import actions, naming, view
from pages.parts.visit import Visit
from tests.pages.conftest import settle, texts
from tests.pages.test_finetune_view import FIGURE, unescaped

PAGE = "training/adapters"


def put(settings, name: str, owner: str = "local", **facts: object) -> Path:
    folder = models.put_adapter(settings, owner, name, models.resolve(settings, "embedded:sentiment").adapter, replace=False)
    before = models.adapter_facts(settings, folder)
    write_facts(folder, before.model_copy(update=facts))
    return folder


def button(app, key: str):
    return next(found for found in app.button if found.key == key)


def downloads(app) -> dict[str, str]:
    return {found.key: found.label for found in app.get("download_button")}


def zipped(settings, **changes: bytes) -> bytes:
    """The embedded adapter as somebody's zip."""
    folder, made = models.resolve(settings, "embedded:sentiment").adapter, io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for path in sorted(folder.iterdir()):
            archive.writestr(path.name, path.read_bytes())
        for name, data in changes.items():
            archive.writestr(name, data)
    return made.getvalue()


def upload(app, name: str, content: bytes):
    app.file_uploader(key=next(found.key for found in app.file_uploader)).upload(name, content).run()
    assert not app.exception
    return app


def test_an_empty_shelf_says_what_to_do(settings, open_page) -> None:
    app = open_page(PAGE)
    assert not app.exception and "No adapter yet" in texts(app)
    assert "Fine-tune on a table" in [link.label for link in app.get("page_link")]
    assert [box.label for box in app.expander] == ["Upload an adapter"] and not app.dataframe


def test_the_list_is_the_workspaces_own_newest_first(settings, open_page) -> None:
    put(settings, "older", created=1_700_000_000.0)
    put(settings, "newer", created=1_800_000_000.0)
    put(settings, "secret", owner="theirs")
    app = open_page(PAGE)
    assert not app.exception
    shown = app.dataframe[0].value
    assert list(shown["Adapter"]) == ["newer", "older"] and set(shown["Task"]) == {"Text classification"}
    assert list(shown["Labels"]) == ["negative, positive"] * 2 and all("20" in made for made in shown["Made"])
    assert app.subheader[0].value == "newer" and "2 labels: negative, positive" in unescaped(texts(app))
    app = open_page(PAGE, adapter="older")
    assert app.subheader[0].value == "older"


def test_an_address_that_names_none_says_so(settings, open_page) -> None:
    put(settings, "mine")
    app = open_page(PAGE, adapter="gone")
    assert not app.exception and "not on your shelf" in texts(app) and app.subheader[0].value == "mine"


def test_its_card_is_text(settings, open_page) -> None:
    folder = put(settings, "mine")
    front = "model-index: [{name: x, results: [{metrics: [{type: accuracy, value: 0.87}, {type: ':red[odd]', value: 0.5}]}]}]"
    (folder / "README.md").write_text(f"---\n{front}\n---\n# <img src=x> :red[hm]\u202e\x1b[2J", "utf-8")
    app = open_page(PAGE)
    assert not app.exception
    card = next(code.value for code in app.code if "img" in code.value)
    assert "# <img src=x> :red[hm]" in card and "\u202e" not in card and "\x1b" not in card
    assert app.metric[0].label == "Accuracy" and app.metric[0].value == "0.870"
    assert app.metric[1].label != ":red[odd]" and "they were not measured here" in texts(app)


def tuned(settings, reviews, name: str = "mine", **choices: object):
    """A job that fine-tunes, or searches; nothing of it is done."""
    roles = {"text": "review", "label": "mine"}
    spec = training.make_spec(
        settings, reviews, owner="local", task="text-classification", model="embedded:minilm", roles=roles, name=name, **choices
    )
    return spec, lambda one: jobs.submit(settings, one, owner="local", input_table=reviews.path, title=name)


@pytest.mark.parametrize("trials", [0, 6])
def test_its_figures_say_what_their_rows_had_chosen(settings, reviews, open_page, trials: int) -> None:
    spec, submit = tuned(settings, reviews)
    job = submit(make_search(settings, spec, {"rank": "2, 4, 8, 16, 32, 64"}, trials=trials) if trials else spec)
    run = open_run(settings, job.id)
    write_json(run.metrics_path, {"metrics": {"accuracy": FIGURE}})
    write_json(run.choices_path, {"adapter": "adapter:mine"})
    write_json(run.summary_path, {"trials": [{"trial": number} for number in range(trials)]} if trials else {})
    settle(settings, job.id, JobState.DONE, rows_done=1)
    put(settings, "mine", run=job.id)
    said = unescaped(texts(open_page(PAGE)))
    of_trials = "The same rows chose the best checkpoint and the best of 6 trials, which flatters these figures."
    assert (of_trials if trials else "The same rows chose the best checkpoint, which flatters these figures a little.") in said
    assert f"Compared on {FIGURE['n']} validation rows" in said and "It was to be called" not in said


def test_one_that_could_not_have_its_name_says_so(settings, reviews, open_page) -> None:
    spec, submit = tuned(settings, reviews)
    job = submit(spec)
    write_json(open_run(settings, job.id).choices_path, {"adapter": "adapter:mine-2"})
    settle(settings, job.id, JobState.DONE, rows_done=1)
    put(settings, "mine-2", run=job.id)
    assert "It was to be called mine: that name was taken meanwhile, so it is mine-2." in unescaped(texts(open_page(PAGE)))
    put(settings, "mine-2-2", run=job.id, version_of="mine-2", version=2)
    assert "It was to be called" not in texts(open_page(PAGE, adapter="mine-2-2"))


def test_one_of_a_stopped_training_says_when_its_card_comes(settings, reviews, open_page) -> None:
    spec, submit = tuned(settings, reviews)
    job = submit(spec)
    write_json(open_run(settings, job.id).choices_path, {"adapter": "adapter:mine"})
    settle(settings, job.id, JobState.STOPPED, rows_done=1)
    (put(settings, "mine", run=job.id) / "README.md").unlink()
    (put(settings, "theirs") / "README.md").unlink()
    assert "the card comes with its end" in texts(open_page(PAGE, adapter="mine"))
    assert "It came without a card." in texts(open_page(PAGE, adapter="theirs"))


@pytest.mark.parametrize("searches", [False, True])
def test_a_name_that_a_job_under_way_will_give_is_not_proposed(settings, reviews, open_page, searches: bool) -> None:
    spec, submit = tuned(settings, reviews)
    job = submit(make_search(settings, spec, {"rank": "2, 4"}) if searches else spec)
    app = upload(open_page(PAGE), "Mine.zip", zipped(settings))
    field = next(found for found in app.text_input if found.label == "Its name here")
    assert field.value == "mine-2" and "has this name too" not in texts(app)
    field.set_value("mine").run()
    assert not app.exception and "A fine-tune that has not ended has this name too" in texts(app)
    settle(settings, job.id, JobState.FAILED)
    assert naming.proposed(Visit(settings, "local"), "mine", "mine") == "mine"
    assert naming.proposed(Visit(settings, "theirs"), "mine", "mine") == "mine"


def test_its_run_is_linked_and_gives_the_figures_with_ranges(settings, reviews, open_page) -> None:
    roles = {"text": "review", "label": "mine"}
    spec = training.make_spec(
        settings, reviews, owner="local", task="text-classification", model="embedded:minilm", roles=roles, name="mine"
    )
    job = jobs.submit(settings, spec, owner="local", input_table=reviews.path, title="mine")
    write_json(open_run(settings, job.id).metrics_path, {"metrics": {"accuracy": FIGURE}})
    write_json(open_run(settings, job.id).choices_path, {"adapter": "adapter:mine"})
    settle(settings, job.id, JobState.DONE, rows_done=1)
    put(settings, "mine", run=job.id)
    app = open_page(PAGE)
    assert not app.exception
    assert "The fine-tune that made it" in [link.label for link in app.get("page_link")]
    assert app.metric[0].value == "0.910" and "0.88" in app.metric[0].delta
    put(settings, "another", run=job.id)  # such as an upload that names a run of somebody's
    app = open_page(PAGE, adapter="another")
    assert app.subheader[0].value == "another"
    assert "The fine-tune that made it" not in [link.label for link in app.get("page_link")]


@pytest.mark.parametrize("run", ["0" * 16, "../../etc", "x"])
def test_a_run_that_is_not_here_is_not_linked(settings, open_page, run: str) -> None:
    put(settings, "mine", run=run)
    app = open_page(PAGE)
    assert not app.exception and "The fine-tune that made it" not in [link.label for link in app.get("page_link")]


def test_a_run_of_another_workspace_is_not_linked(settings, queued) -> None:
    folder = put(settings, "mine", run=queued.id)
    facts = models.adapter_facts(settings, folder)
    found = view.OnShelf(models.list_models(settings, owner="local")[0], facts, folder, "")
    assert view.own_run(Visit(settings, "theirs"), found) is None
    assert view.own_run(Visit(settings, "local"), found) is None, "a run that scores makes no adapter"


def test_its_link_opens_the_batch_page_with_it(settings, reviews, open_page) -> None:
    put(settings, "mine")
    app = open_page("inference/batch", model="adapter:mine", task="text-classification")
    assert not app.exception and app.selectbox(key="model_choice").value == "adapter:mine"
    app.selectbox(key="model_choice").select("embedded:sentiment").run()
    assert app.query_params["model"] == "embedded:sentiment"
    app = open_page("inference/batch", model="adapter:nobodys", task="no-task")
    assert not app.exception and app.selectbox(key="model_choice").value != "adapter:nobodys"


def test_a_damaged_one_can_be_deleted_and_nothing_else(settings, open_page) -> None:
    folder = put(settings, "mine")
    (folder / "adapter_model.safetensors").unlink()
    app = open_page(PAGE)
    assert not app.exception and list(app.dataframe[0].value["Task"]) == ["cannot be used"]
    assert any("Cannot be used" in unescaped(str(error.value)) for error in app.error)
    assert downloads(app) == {} and "merge" not in [found.key for found in app.button]
    actions.delete(Visit(settings, "local"), "mine")
    assert models.adapter_names(settings, "local") == [] and "No adapter yet" in texts(app.run())


def test_deleting_asks_first_and_takes_the_merged_model_along(settings, open_page) -> None:
    put(settings, "mine")
    path = merged_zip(settings, "local", "mine")
    path.parent.mkdir(parents=True)
    path.write_bytes(b"zip")
    app = open_page(PAGE)
    button(app, "delete-adapter").click().run()
    assert models.adapter_names(settings, "local") == ["mine"] and "will be gone" in texts(app)
    button(app, "keep-adapter").click().run()
    assert models.adapter_names(settings, "local") == ["mine"] and path.exists()
    actions.delete(Visit(settings, "local"), "mine")  # what the dialog does: AppTest cannot press a button inside one
    assert models.adapter_names(settings, "local") == [] and not path.exists()


def test_a_download_is_its_zip_and_says_what_went_wrong(settings) -> None:
    put(settings, "mine")
    failed: list = []
    made = io.BytesIO()
    models.write_adapter_zip(settings, "local", "mine", made)
    assert actions.noted(made.getvalue, failed)() == made.getvalue() and failed == []

    def broken() -> bytes:
        raise OSError("disk")

    with pytest.raises(OSError, match="disk"):
        actions.noted(broken, failed)()
    assert "disk" in failed[0].found


def test_merging_asks_the_warm_process_and_offers_the_model(settings, open_page, monkeypatch) -> None:
    put(settings, "mine")
    asked = []

    def ask(self, question, payload, timeout=None):
        asked.append((question, payload, timeout))
        path = merged_zip(settings, payload["workspace"], payload["adapter"])
        path.parent.mkdir(parents=True)
        path.write_bytes(b"z" * 2_000)
        return {"size_bytes": 2_000}

    app = open_page(PAGE)
    assert "download-merged" not in downloads(app)
    monkeypatch.setattr("core.live.LiveClient.ask", ask)
    button(app, "merge").click().run()
    assert not app.exception
    assert asked == [("merge", {"adapter": "mine", "workspace": "local"}, settings.merge_seconds)]
    assert downloads(app)["download-merged"] == "Download the merged model, 2.0 kB"
    assert "python -m core merge adapter:mine --out mine" in texts(app)


def test_a_merge_that_fails_says_why(settings, open_page, monkeypatch) -> None:
    put(settings, "mine")

    def ask(self, question, payload, timeout=None):
        raise LimitReached("a model of at most 50 MB", "90 MB", "Use the command line.")

    app = open_page(PAGE)
    monkeypatch.setattr("core.live.LiveClient.ask", ask)
    button(app, "merge").click().run()
    assert not app.exception and "at most 50 MB" in unescaped(str(app.error[0].value)) and "download-merged" not in downloads(app)


def test_an_upload_stands_on_the_shelf(settings, open_page) -> None:
    app = upload(open_page(PAGE), "My moods.zip", zipped(settings, **{"notes.txt": b"hello"}))
    field = next(found for found in app.text_input if found.label == "Its name here")
    assert field.value == "my-moods"
    field.set_value("theirs").run()
    button(app, "upload-adapter").click().run()
    assert not app.exception and not app.error, texts(app)
    assert models.adapter_names(settings, "local") == ["theirs"] and app.subheader[0].value == "theirs"
    assert "1 file of the zip is no part of an adapter" in texts(app)
    assert not any(found.label == "Its name here" for found in app.text_input), "the control is free for the next"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"no zip at all", "Expected"),
        (lambda settings: zipped(settings, **{"../out.txt": b"x"}), "leads out"),
        (lambda settings: zipped(settings)[:-400], "Expected"),
    ],
)
def test_a_hostile_upload_changes_nothing(settings, open_page, content, said: str) -> None:
    put(settings, "mine")
    app = upload(open_page(PAGE), "evil.zip", content(settings) if callable(content) else content)
    button(app, "upload-adapter").click().run()
    assert not app.exception and said in unescaped(str(app.error[0].value))
    assert models.adapter_names(settings, "local") == ["mine"]
    assert any(found.value == "evil" for found in app.text_input), "the name stays"


def test_a_taken_name_says_so_and_a_free_one_goes_on(settings, open_page) -> None:
    put(settings, "mine")
    app = upload(open_page(PAGE), "mine.zip", zipped(settings))
    field = next(found for found in app.text_input if found.label == "Its name here")
    assert field.value == "mine-2"
    field.set_value("mine").run()
    button(app, "upload-adapter").click().run()
    assert not app.exception and "mine-2" in unescaped(str(app.error[0].value))
    next(found for found in app.text_input if found.label == "Its name here").set_value("mine-2").run()
    button(app, "upload-adapter").click().run()
    assert models.adapter_names(settings, "local") == ["mine", "mine-2"]


@pytest.mark.parametrize(
    ("text", "name"),
    [("a..b", "a.b"), ("...", "mine"), ("Große Liste", "gro-e-liste"), ("reviews · train", "reviews-train"), ("x" * 60 + ".", "x" * 40)],
)
def test_a_proposed_name_is_a_name(settings, text: str, name: str) -> None:
    assert naming.proposed(Visit(settings, "local"), text, "mine") == name
    assert str(ModelReference.parse(f"adapter:{name}"))
