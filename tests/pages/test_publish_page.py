"""The page that publishes, against a Hub of this machine. Pushes are done in the page's process: no child is started."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core import models, publish
from core.publish import Outcome, personal
from core.publish.sending import send
from core.runs import open_run
from core.schema import Job
from core.settings import Settings
from core.workspaces import LOCAL
from pages.parts.publish import columns
from tests.hub.server import LoopbackHub
from tests.hub.test_asking import point_at
from tests.pages.conftest import texts

ROOT = Path(__file__).resolve().parents[2]
USER, TOKEN = "analyst", "hf_canary" + "z" * 20
MINE = f"{USER}/mine"


class AtOnce(publish.Push):
    """A push that is done when it is made."""

    state, with_token = "done", True

    def __init__(self, settings: Settings, order: publish.Order, *, token: str | None, on_done=None) -> None:
        self.order = order
        made = send(settings, order, token, lambda fact: None)
        self._sent_at_once = publish.Sent(
            "done", "", "", len(order.files), len(order.files), (), order.size_bytes, order.size_bytes, 0.0, None, Outcome(**made)
        )
        if on_done is not None:
            on_done()

    def now(self) -> publish.Sent:
        return self._sent_at_once

    def stop(self) -> None:
        """It has ended."""


@pytest.fixture
def shelf(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LoopbackHub]:
    monkeypatch.setenv("SHEETFORMER_SHARE_WORKSPACE", "true")
    monkeypatch.setenv("SHEETFORMER_HUB_PROBE_SECONDS", "60")
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", True)
    monkeypatch.setattr("core.publish.pushing.Push", AtOnce)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "cache"))
    st.cache_data.clear()
    st.cache_resource.clear()
    with LoopbackHub() as hub:
        point_at(monkeypatch, hub.url)
        hub.shelf.tokens[TOKEN] = USER
        yield hub


@pytest.fixture
def adapter(settings: Settings) -> Path:
    return models.put_adapter(settings, LOCAL, "mine", models.resolve(settings, "embedded:sentiment").adapter, replace=False)


def page(**query: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "Home.py"), default_timeout=600)
    app.switch_page("pages/hub/publish.py")
    for name, value in query.items():
        app.query_params[name] = value
    return app.run()


def said(app: AppTest) -> str:
    assert not app.exception, app.exception
    return (texts(app) + "\n".join(str(one.value) for one in app.success)).replace("\\", "").replace("\u2060", "")


def push_button(app: AppTest) -> object:
    return app.button(key="publish-push")


def repository(app: AppTest) -> object:
    return next(one for one in app.text_input if one.label == "Repository")


def card(app: AppTest) -> object:
    return app.text_area[0]


def test_with_nothing_to_publish_it_says_what_to_do(shelf: LoopbackHub) -> None:
    assert "Nothing to publish yet" in said(page()) and shelf.requests == []


def test_an_adapter_goes_to_a_new_private_repository_with_its_edited_card(shelf: LoopbackHub, settings: Settings, adapter: Path) -> None:
    app = page(what="adapter:mine")
    files = next(list(one.value["file"]) for one in app.dataframe if "file" in one.value)
    assert files[0] == "README.md" and "adapter_model.safetensors" in files and "Nothing else leaves" in said(app)
    repository(app).set_value(MINE).run()
    assert f'repository = "{MINE}"' in card(app).value, "the card follows the facts"
    card(app).set_value(card(app).value + "\nA word of mine.\n").run()
    app.selectbox(key="publish-licence-model").set_value("mit").run()
    assert "A word of mine." in card(app).value and "license: mit" not in card(app).value, "an edited card is its author's"
    push_button(app).click().run()
    repo = shelf.shelf.repositories["model", MINE]
    assert repo.private and b"A word of mine." in repo.at("main").files["README.md"]
    assert f"commit {repo.at('main').oid[:12]}" in said(app)
    first = repo.at("main").oid
    assert app.selectbox(key="publish-way-again").value == "there" and first[:12] in said(app), "the next push is a version of it"
    card(app).set_value(card(app).value + "\nAnd another.\n").run()
    push_button(app).click().run()
    assert repo.at("main").oid != first and b"And another." in repo.at("main").files["README.md"], said(app)
    assert TOKEN not in "".join(str(element) for element in app)
    next(one for one in app.button if one.label == "Put away").click().run()
    assert app.selectbox(key="publish-way-again").value == "there", "a push that was put away has arrived all the same"


def test_what_must_not_leave_stops_the_button(shelf: LoopbackHub, settings: Settings, adapter: Path) -> None:
    app = page(what="adapter:mine")
    repository(app).set_value(MINE).run()
    assert not push_button(app).disabled, said(app)
    written = card(app).value
    card(app).set_value(f"{written}\n/home/ann/reviews.csv").run()
    assert push_button(app).disabled and "a path of a machine" in said(app)
    card(app).set_value(written.replace("---\n", "---\npretty_name: [odd]\n", 1)).run()
    assert push_button(app).disabled and "one word for pretty_name" in said(app)
    app.button(key="publish-card-again").click().run()
    assert card(app).value == written and not push_button(app).disabled
    repository(app).set_value("no name").run()
    assert push_button(app).disabled


def test_nobody_pushes_without_a_token(shelf: LoopbackHub, adapter: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HF_TOKEN")
    app = page(what="adapter:mine")
    assert push_button(app).disabled and "Sign in above" in said(app)


def test_to_one_that_exists_on_a_branch_or_as_a_pull_request(shelf: LoopbackHub, adapter: Path) -> None:
    repo = shelf.shelf.add("model", MINE, {"old.txt": b"old"}, private=True)
    app = page(what="adapter:mine")
    repository(app).set_value(MINE).run()
    app.selectbox(key="publish-way").set_value("there").run()
    assert "is private" in said(app) and repo.at("main").oid[:12] in said(app)
    app.selectbox(key="publish-target").set_value("pull").run()
    push_button(app).click().run()
    assert len(repo.pulls) == 1 and set(repo.at("main").files) == {"old.txt"}
    missing = page(what="adapter:mine")
    repository(missing).set_value(f"{USER}/none").run()
    missing.selectbox(key="publish-way").set_value("there").run()
    assert "no such repository" in said(missing) and push_button(missing).disabled


def test_a_result_leaves_without_the_columns_that_stay(shelf: LoopbackHub, finished: Job) -> None:
    app = page(what=f"run:{finished.id}")
    assert "No personal data was found in the cells that leave" in said(app)
    app.multiselect[0].set_value(["review"]).run()
    repository(app).set_value(MINE).run()
    assert "`review`" not in card(app).value and "`product`" in card(app).value and "reviews.csv" not in card(app).value
    push_button(app).click().run()
    repo = shelf.shelf.repositories["dataset", MINE]
    assert set(repo.at("main").files) == {".gitattributes", "README.md", "data/result.parquet"}


def test_personal_data_is_looked_for_again_when_a_retry_has_built_another_result(settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "result.parquet"
    for text, found in (("nothing here", 0), ("write to jane.doe@example.com", 1)):
        pq.write_table(pa.table({"answer": [text]}), path)
        assert len(columns._looked(settings, path, ("answer",)).findings) == found


def test_personal_data_is_decided_about_column_by_column(shelf: LoopbackHub, finished: Job, settings: Settings) -> None:
    rows = pq.read_table(open_run(settings, finished.id).result_path)
    mails = pa.array(["ann@example.org", None, "x", "y", "z"])
    written = rows.set_column(rows.column_names.index("product"), "product", mails)
    pq.write_table(written, open_run(settings, finished.id).result_path)
    app = page(what=f"run:{finished.id}")
    assert "1 e-mail address in 1 row of the column product" in said(app) and "ann@example.org" not in said(app)
    assert "`product`" not in card(app).value, "left out unless somebody says otherwise"
    choice = app.selectbox(key=f"publish-personal-{finished.id}-product")
    assert choice.options == ["Leave out", "Mask", "As it is"]
    choice.set_value(personal.MASK).run()
    assert "`product`" in card(app).value
    repository(app).set_value(MINE).run()
    push_button(app).click().run()
    sent = shelf.shelf.repositories["dataset", MINE].at("main").files["data/result.parquet"]
    assert pq.read_table(pa.BufferReader(sent))["product"].to_pylist() == ["[email]", None, "x", "y", "z"]


def test_an_address_that_names_nothing_says_so(shelf: LoopbackHub, adapter: Path) -> None:
    app = page(what="run:ffffffffffffffff")
    assert "cannot be published" in said(app) and app.selectbox(key="publish-name-adapter").value == "mine"
    app.selectbox(key="publish-sort").set_value("merged").run()
    assert app.query_params["what"] == "merged:" and "cannot be published" not in said(app)


def test_files_and_versions_of_a_repository(shelf: LoopbackHub) -> None:
    repo = shelf.shelf.add("model", MINE, {"README.md": b"old words\n", "a.txt": b"a"})
    repo.commit({"README.md": b"<b>new</b> words\n", "a.txt": None, "b.txt": b"b"}, ":red[better]")
    app = page(tab="files-and-versions", repo=MINE, kind="model")
    assert list(app.dataframe[0].value["file"]) == ["README.md", "b.txt"]
    assert list(app.dataframe[1].value["what"]) == [":red[better]", "initial commit"]
    shown = said(app)
    assert "**Added** b.txt" in shown and "**Removed** a.txt" in shown
    assert "+<b>new</b> words" in app.code[-1].value and "-old words" in app.code[-1].value


def test_links_lead_here_with_the_thing_chosen(shelf: LoopbackHub, adapter: Path, finished: Job, open_page) -> None:
    def queries(app: AppTest) -> list[str]:
        return [link.proto.query_string for link in app.get("page_link") if link.label.startswith("Publish")]

    assert queries(open_page("training/adapters")) == ["what=adapter%3Amine"]
    assert queries(open_page("inference/batch", run=finished.id)) == [f"what=run%3A{finished.id}"]
