"""The Hub page against a Hub of this machine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core import hub, models
from core.errors import HubError
from core.hub import Fetches, read_recent
from core.settings import Settings
from core.tables import hub as hub_tables
from core.workspaces import LOCAL
from pages.parts import workspace
from pages.parts.hub import account
from tests.hub.datasets import add_reviews
from tests.hub.repositories import Repository
from tests.hub.server import LoopbackHub
from tests.hub.test_asking import point_at

ROOT = Path(__file__).resolve().parents[2]
USER, TOKEN = "analyst", "hf_canary" + "y" * 20


@pytest.fixture
def shelf(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LoopbackHub]:
    """A Hub with four models of which one is private, and a data set."""
    monkeypatch.delenv("HF_TOKEN", raising=False)
    monkeypatch.setenv("SHEETFORMER_SHARE_WORKSPACE", "true")
    monkeypatch.setenv("SHEETFORMER_HUB_PROBE_SECONDS", "60")  # a crowded machine answers late
    st.cache_data.clear()
    st.cache_resource.clear()
    with LoopbackHub() as server:
        point_at(monkeypatch, server.url)
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "cache"))
        server.shelf.tokens[TOKEN] = USER
        files = {"model.safetensors": b"w" * 1_000, "config.json": b"{}", "README.md": b"# Card\n\n**<b>bold</b>** :red[words]\n"}
        facts = {"pipeline_tag": "text-classification", "tags": ["license:mit", "safetensors", "text-classification"], "downloads": 9}
        server.shelf.add("model", "owner/fine", files, facts=facts)
        server.shelf.add("model", "owner/pickled", {"pytorch_model.bin": b"p"}, facts={"downloads": 5})
        server.shelf.add("model", "org/flan-t5-small", files, facts={"tags": ["safetensors"]})
        server.shelf.add("model", f"{USER}/secret", files, private=True, facts=facts)
        server.shelf.add("dataset", "owner/reviews", {"train.csv": b"text\nfine\n"})
        yield server


def page(**query: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "Home.py"), default_timeout=60)
    app.switch_page("pages/hub/hub.py")
    for name, value in query.items():
        app.query_params[name] = value
    return app.run()


def listed(app: AppTest) -> list[str]:
    return list(app.dataframe[0].value["name"]) if app.dataframe else []


def said(app: AppTest) -> str:
    shown = (element.value for kind in (app.caption, app.error, app.warning, app.info, app.success) for element in kind)
    return "\n".join(shown).replace("\\", "")  # escapes of Markdown


def button(app: AppTest, label: str) -> object:
    return next(one for one in app.button if one.label.startswith(label))


def test_a_search_is_asked_for_by_the_button_and_kept_in_the_address(shelf: LoopbackHub) -> None:
    app = page()
    assert not app.exception and listed(app) == [] and shelf.requests == [], "nothing leaves before somebody asks"
    app.text_input[1].input("fine")
    button(app, "Search the Hub").click().run()
    assert listed(app) == ["owner/fine"] and app.query_params["q"] == "fine"
    assert listed(page(q="fine", kind="models")) == ["owner/fine"]
    assert "Nothing on the Hub fits" in said(page(q="no-such-thing"))


def test_the_list_says_what_can_be_used(shelf: LoopbackHub) -> None:
    app = page(q="owner", kind="models")
    found = dict(zip(app.dataframe[0].value["name"], app.dataframe[0].value["can be used"], strict=True))
    assert found == {"owner/fine": "yes", "owner/pickled": "no: no safetensors"}
    assert listed(page(q="", kind="datasets")) == ["owner/reviews"]


def test_a_model_is_known_before_it_is_fetched(shelf: LoopbackHub) -> None:
    app = page(repo="owner/fine", kind="models")
    commit = shelf.shelf.repositories["model", "owner/fine"].at("main").oid
    assert "licence mit" in said(app) and commit[:12] in said(app) and not button(app, "Fetch").disabled
    assert app.code[0].value == "# Card\n\n**<b>bold</b>** :red[words]", "shown as text"
    refused = page(repo="owner/pickled", kind="models")
    assert "no safetensors" in said(refused) and button(refused, "Fetch").disabled
    assert "looks like google/flan-t5-small" in said(page(repo="org/flan-t5-small", kind="models"))


def test_who_signs_in_sees_their_own_and_the_token_shows_nowhere(shelf: LoopbackHub) -> None:
    app = page(q="secret", kind="models")
    assert listed(app) == []
    app.text_input[0].input(TOKEN)
    button(app, "Sign in").click().run()
    assert f"Signed in to the Hub as **{USER}**" in said(app) and listed(app) == [f"{USER}/secret"]
    texts = [str(element) for element in app] + [str(dict(app.query_params))]
    assert not any(TOKEN in text for text in texts)
    button(app, "Sign out").click().run()
    assert listed(app) == []


def test_the_box_says_what_a_sign_in_is_for(shelf: LoopbackHub, monkeypatch: pytest.MonkeyPatch) -> None:
    app = page()
    assert app.expander[0].label == "Sign in for private and gated models and data sets, and to publish"
    assert "models and data sets; to publish it must be one that may write" in "".join(one.value for one in app.caption)
    assert "speaks for you" not in said(app)
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    assert "HF_TOKEN of this server speaks for you" in said(page())


def test_the_servers_own_token_speaks_for_nobody_where_people_have_workspaces(shelf: LoopbackHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    assert listed(page(q="secret", kind="models")) == [f"{USER}/secret"], "everybody on this machine is its owner"
    space(monkeypatch)
    monkeypatch.setattr(workspace, "from_cookies", lambda cookies: "w-a")
    st.cache_data.clear()
    shelf.requests.clear()
    for query in (
        {"q": "secret", "kind": "models"},
        {"repo": f"{USER}/secret", "kind": "models"},
        {"repo": "owner/reviews", "kind": "datasets"},
    ):
        app = page(**query)
        assert not app.exception and listed(app) == [] and "speaks for you" not in said(app)
    assert shelf.requests and {one.user for one in shelf.requests} == {None}


def test_a_sign_out_ends_what_holds_the_token(shelf: LoopbackHub, begun: list[Work], monkeypatch: pytest.MonkeyPatch) -> None:
    add_reviews(shelf, "owner/stars", rows=60)
    app = page(repo="owner/stars", kind="datasets")
    button(app, "Bring in").click().run()
    app.text_input[0].input(TOKEN)
    button(app, "Sign in").click().run()
    app.selectbox(key="hub-split-owner/stars-default").select("test").run()
    button(app, "Bring in").click().run()
    assert [work.with_token for work in begun] == [False, True]
    button(app, "Sign out").click().run()
    assert account.tokens().of(LOCAL) is None and TOKEN not in repr(app.session_state)
    assert [work.now().state for work in begun] == ["running", "stopped"], "what needs no token goes on"
    button(app, "Go on").click().run()
    assert not begun[2].with_token


def test_a_wrong_token_is_said_and_nobody_is_signed_in(shelf: LoopbackHub) -> None:
    app = page()
    app.text_input[0].input("hf_wrong")
    button(app, "Sign in").click().run()
    assert "a token that the Hub does not know" in said(app) and "hf_wrong" not in said(app)
    assert "Signed in" not in said(app)


def space(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment of a Space with OAuth, where each browser has a workspace of its own."""
    monkeypatch.delenv("SHEETFORMER_SHARE_WORKSPACE")
    known = {"OAUTH_CLIENT_ID": "client", "OAUTH_CLIENT_SECRET": "secret-canary", "OAUTH_SCOPES": "openid"}
    known |= {"OPENID_PROVIDER_URL": "https://huggingface.co", "SPACE_HOST": "a-b.hf.space", "SPACE_ID": "a/b"}
    for name, value in known.items():
        monkeypatch.setenv(name, value)


def test_on_a_space_one_signs_in_with_hugging_face(shelf: LoopbackHub, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not page().get("link_button"), "nobody knows us elsewhere"
    space(monkeypatch)
    app = page()
    link = app.get("link_button")[0].proto
    assert (link.label, link.url) == ("Sign in with Hugging Face", "https://a-b.hf.space/oauth/start")
    assert "opens a tab of its own" in said(app) and app.expander[0].label == "Sign in with a token instead"
    assert "secret-canary" not in said(app) and "client" not in link.url
    monkeypatch.setenv("SHEETFORMER_SHARE_WORKSPACE", "true")
    assert not page().get("link_button"), "one sign-in would serve everybody"


def test_a_sign_in_by_oauth_shows_who_and_for_how_long(shelf: LoopbackHub, monkeypatch: pytest.MonkeyPatch) -> None:
    space(monkeypatch)
    monkeypatch.setattr(workspace, "from_cookies", lambda cookies: "w-a")
    held = account.tokens()
    held.hold("w-a", hub.Token(TOKEN, USER, ends=held.now() + 7_230))
    app = page(q="secret", kind="models")
    assert f"Signed in to the Hub as **{USER}**, for another 2 h 0 min" in said(app) and listed(app) == [f"{USER}/secret"]
    assert not app.get("link_button") and not any(TOKEN in str(element) for element in app)
    held.hold("w-a", hub.Token(TOKEN, USER, ends=held.now()))
    assert app.run().get("link_button"), "its time is over"
    held.hold("w-a", hub.Token(TOKEN, USER))
    button(app.run(), "Sign out").click().run()
    assert held.of("w-a") is None and app.get("link_button")


def test_what_came_of_a_sign_in_is_said_in_our_words_only(shelf: LoopbackHub, monkeypatch: pytest.MonkeyPatch) -> None:
    space(monkeypatch)
    for word, words in (("denied", "told no"), ("failed", "did not work"), ("no-cookie", "sends no cookies")):
        assert words in said(page(**{"sign-in": word}))
    assert not page(**{"sign-in": "You won"}).warning


@pytest.mark.parametrize("status", [429, 500])
def test_trouble_of_the_hub_leaves_the_page_whole(shelf: LoopbackHub, status: int) -> None:
    shelf.faults.add("/api/models", status=status)
    app = page(q="fine", kind="models")
    assert not app.exception and f"status {status}" in said(app) and button(app, "Search the Hub")


def test_favourites_and_the_shelf(shelf: LoopbackHub, settings: Settings) -> None:
    fetched: Repository = shelf.shelf.repositories["model", "owner/fine"]
    reference = f"owner/fine@{fetched.at('main').oid}"
    models.note_fetched(settings, LOCAL, reference)
    app = page(repo="owner/fine", kind="models")
    assert "It is on this machine" in said(app) and not any(one.label.startswith("Fetch") for one in app.button)
    app.button(key=f"star-{reference}").click().run()
    assert models.read_fetched(settings, LOCAL)[0].favourite
    app.button(key=f"forget-{reference}").click().run()
    assert models.read_fetched(settings, LOCAL) == []


class Work(hub_tables.Bring):
    """What brings rows in, without a process."""

    def __init__(self, wanted: hub_tables.Wanted, token: str | None) -> None:
        self.wanted, self.key, self.with_token = wanted, f"dataset-{wanted.key}", token is not None
        self.brought = hub_tables.Brought("running", 20, 40, 10.0, 1_000, 2.0, "reading")

    @property
    def state(self) -> str:
        return self.brought.state

    def now(self) -> hub_tables.Brought:
        return self.brought

    def stop(self) -> None:
        self.brought = replace(self.brought, state="stopped")


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> list[Work]:
    """What the page starts, and first rows that are here at once."""
    works: list[Work] = []

    def start(fetches: Fetches, settings: Settings, workspace: str, wanted: hub_tables.Wanted, *, token: str | None = None) -> Work:
        works.append(Work(wanted, token))
        return fetches.begin(settings, workspace, works[-1].key, lambda: works[-1])

    rows = ({"text": "<b>one</b>", "label": "good"},)
    monkeypatch.setattr(hub_tables, "bring", start)
    monkeypatch.setattr(
        hub_tables, "first_rows", lambda *_, **__: hub_tables.FirstRows(columns=("text", "label"), rows=rows, notes=("A note.",))
    )
    return works


def test_a_data_set_is_chosen_looked_at_and_brought_in(shelf: LoopbackHub, begun: list[Work]) -> None:
    add_reviews(shelf, "owner/stars", rows=60)
    app = page(repo="owner/stars", kind="datasets")
    assert not app.exception and "60 rows · " in said(app) and "2 files of parquet" in said(app)
    app.selectbox(key="hub-split-owner/stars-default").select("test").run()
    assert app.query_params["split"] == "test" and "rows not counted by its author" in said(app)
    button(app, "Look at the first rows").click().run()
    assert list(app.dataframe[0].value.columns) == ["text", "label"] and "A note." in said(app)
    app.multiselect[0].select("label").run()
    app.number_input[0].set_value(40).run()
    assert app.query_params["column"] == "label" and app.query_params["rows"] == "40"
    button(app, "Bring in 40 rows").click().run()
    (work,) = begun
    source = work.wanted.source
    assert (source.split, source.columns, source.rows) == ("test", ("label",), 40)
    assert source.revision == shelf.shelf.repositories["dataset", "owner/stars"].at("main").oid
    assert button(app, "Bring in 40 rows").disabled
    button(app, "Stop").click().run()
    assert "20 rows are kept for going on" in said(app)
    button(app, "Go on").click().run()
    assert len(begun) == 2 and begun[1].wanted == work.wanted
    begun[1].brought = replace(work.brought, state="failed", error=HubError("rows", "no answer", "Try again."))
    app.run()
    assert "no answer" in said(app) and button(app, "Go on")


def test_an_address_says_it_all_again(shelf: LoopbackHub, begun: list[Work]) -> None:
    add_reviews(shelf, "owner/stars", rows=60)
    app = page(repo="owner/stars", kind="datasets", split="test", rows="7")
    assert not app.exception and button(app, "Bring in 7 rows")


def test_what_cannot_be_read_or_is_too_much_is_said(shelf: LoopbackHub, begun: list[Work], monkeypatch: pytest.MonkeyPatch) -> None:
    shelf.shelf.add("dataset", "owner/script", {"script.py": b"boom", "data.pkl": b"p"})
    app = page(repo="owner/script", kind="datasets")
    assert not app.exception and "never run here" in said(app) and not any(one.label.startswith("Bring in") for one in app.button)
    add_reviews(shelf, "owner/stars", rows=60)
    monkeypatch.setenv("SHEETFORMER_MAX_ROWS", "50")
    app = page(repo="owner/stars", kind="datasets")
    assert "max_rows" in said(app) and not any(one.label.startswith("Bring in") for one in app.button)
    app.number_input[0].set_value(10).run()
    assert button(app, "Bring in 10 rows")


@pytest.mark.parametrize(("status", "words"), [(429, "status 429"), (500, "status 500")])
def test_trouble_with_a_data_set_is_said_once(shelf: LoopbackHub, status: int, words: str) -> None:
    shelf.faults.add("/api/datasets", status=status)
    app = page(repo="owner/reviews", kind="datasets")
    assert not app.exception and len(app.error) == 1 and words in said(app)


def test_recent_and_favourite_repositories_are_kept(shelf: LoopbackHub, settings: Settings) -> None:
    page(repo="owner/fine", kind="models")
    app = page(repo="owner/pickled", kind="models")
    app.button(key="star-repository").click().run()
    listed = [(one.id, one.starred) for one in read_recent(settings, LOCAL)]
    assert listed == [("owner/pickled", True), ("owner/fine", False)]
    app = page()
    app.button(key="recent-models-owner/fine").click().run()
    assert app.query_params["repo"] == "owner/fine" and "licence mit" in said(app)
