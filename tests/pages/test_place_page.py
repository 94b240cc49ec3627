"""The page This place."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from core import hub
from tests.pages.conftest import texts


def said(app: AppTest) -> str:
    return texts(app).replace("\\", "").replace("\u2060", "")


def test_each_fact_has_a_row_and_limits_and_versions_are_tables(open_page: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHEETFORMER_MAX_ROWS", "777")
    monkeypatch.setattr(hub, "probe", lambda settings: pytest.fail("the Hub was asked before anybody wanted it"))
    app = open_page("place/place")
    assert not app.exception
    for subject in ("Memory", "Disk", "Processor", "GPU", "Jobs", "Visitors", "Sign-in to the Hub"):
        assert f"**{subject}**" in said(app)
    assert "parameters in bf16" in said(app) and "(not asked)" in said(app)
    first = app.dataframe[0].value.iloc[0]
    assert (first["limit"], first["in force"], first["changed"]) == ("max_rows", "777", "yes")
    assert "torch" in set(app.dataframe[1].value["package"])


def test_the_hub_is_asked_by_the_button(open_page: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "probe", lambda settings: None)
    app = open_page("place/place")
    app.button(key="place-asked-the-hub").click().run()
    assert "**Hub**" in said(app) and "it answers" in said(app)


def test_on_a_space_without_storage_the_page_warns(open_page: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPACE_ID", "owner/name-canary")
    app = open_page("place/place")
    assert app.subheader[0].value == "A Space on the Hugging Face Hub"
    assert "Limited here: " in said(app) and "disk" in said(app) and "gpu" not in said(app)
    assert "lost when the Space restarts or sleeps" in said(app) and "a workspace for each browser" in said(app)
    assert "name-canary" not in said(app)
