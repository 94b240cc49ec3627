"""Questions to the Hub: each kind of trouble gives one clear error, soon."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from core import hub
from core.errors import HubError
from core.settings import Settings
from tests.hub.conftest import ANALYST, TOKEN
from tests.hub.server import LoopbackHub
from tests.ports import free_port

SOON = 20.0  # seconds; the client alone needs 23 to give up, and a crowded machine some for itself


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path)


def point_at(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """The client reads its endpoint when it is imported; the tests change what it read."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", url)
    monkeypatch.setattr("huggingface_hub.constants.HUGGINGFACE_CO_URL_TEMPLATE", url + "/{repo_id}/resolve/{revision}/{filename}")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, loopback: LoopbackHub) -> LoopbackHub:
    """The Hub that questions of this process go to, with one model."""
    point_at(monkeypatch, loopback.url)
    loopback.shelf.add("model", "owner/tiny", {"config.json": b"{}"})
    return loopback


def test_a_token_has_an_owner(settings: Settings, asked: LoopbackHub) -> None:
    assert hub.owner_of(settings, TOKEN) == ANALYST
    with pytest.raises(HubError, match="a token that the Hub does not know") as caught:
        hub.owner_of(settings, "hf_wrong")
    assert "hf_wrong" not in str(caught.value)


def test_without_a_token_nobody_is_signed_in(settings: Settings, asked: LoopbackHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    hub.model_facts(settings, "owner/tiny")
    assert {one.user for one in asked.requests} == {None}, "the environment's token speaks only where it is given"


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"status": 429, "headers": (("Retry-After", "7"),)}, r"too many questions .*Wait 7 s"),
        ({"status": 500}, r"trouble of its own \(status 500\)"),
        ({"status": 503}, r"trouble of its own \(status 503\)"),
        ({"cut": 5}, r"no answer \(RemoteProtocolError\)"),
        ({"wait": 30.0}, r"no answer \(ReadTimeout\)"),
    ],
)
def test_trouble_is_said_at_the_first_try(settings: Settings, asked: LoopbackHub, fault: dict, words: str) -> None:
    asked.faults.add("/api/models", **fault)
    started = time.monotonic()
    with pytest.raises(HubError, match=words):
        hub.model_facts(settings.model_copy(update={"hub_probe_seconds": 1.0}), "owner/tiny")
    assert len(asked.asked("GET", "/api/models")) == 1 and time.monotonic() - started < SOON


def test_nobody_there_is_said_at_once(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    point_at(monkeypatch, f"http://127.0.0.1:{free_port()}")
    started = time.monotonic()
    with pytest.raises(HubError, match="ConnectError"):
        hub.search_models(settings, "tiny")
    assert time.monotonic() - started < SOON


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("owner/none", "no such repository, or a private one"),
        ("owner/private", "no such repository, or a private one"),
        ("owner/tiny@gone", "no such revision"),
    ],
)
def test_what_is_not_there_is_said(settings: Settings, asked: LoopbackHub, name: str, words: str) -> None:
    asked.shelf.add("model", "owner/private", {"config.json": b"{}"}, private=True)
    repository, _, revision = name.partition("@")
    with pytest.raises(HubError, match=words):
        hub.model_facts(settings, repository, revision=revision or None)


def test_a_download_after_a_question_still_tries_again(
    settings: Settings, asked: LoopbackHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "cache"))
    repo = asked.shelf.add("model", "owner/large", {"model.safetensors": b"w" * 50_000, "config.json": b"{}"})
    commit = hub.model_facts(settings, "owner/large").commit
    asked.faults.add("/resolve/.*safetensors", method="GET", cut=1_000, times=1)
    from huggingface_hub import hf_hub_download

    got = hf_hub_download(
        "owner/large", "model.safetensors", revision=commit, cache_dir=tmp_path / "cache", endpoint=asked.url, token=False
    )
    assert Path(got).read_bytes() == repo.at("main").files["model.safetensors"]
