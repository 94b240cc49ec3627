"""Sign-in by OAuth against a provider of this machine: what is refused, what is kept, and that the token shows nowhere."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
import streamlit as st
from starlette.applications import Starlette
from starlette.testclient import TestClient

from core import hub
from core.errors import HubError
from core.hub.oauth import CALLBACK, START
from core.settings import Settings
from pages.parts import signing
from pages.parts.door import Door
from pages.parts.hub import account
from pages.parts.workspace import COOKIE, from_cookies
from tests.hub.server import LoopbackHub
from tests.hub.signing import CLIENT, SECRET
from tests.hub.test_asking import point_at

SPACE = "127.0.0.1:7860"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """A crowded machine answers late."""
    return settings.model_copy(update={"hub_probe_seconds": 60.0})


@pytest.fixture
def provider(loopback: LoopbackHub, monkeypatch: pytest.MonkeyPatch) -> hub.Provider:
    """The provider as a Space's environment names it; questions to the Hub go there too."""
    point_at(monkeypatch, loopback.url)
    set_environment(monkeypatch, OPENID_PROVIDER_URL=loopback.url + "/")
    found = hub.provider()
    assert found is not None
    return found


def set_environment(monkeypatch: pytest.MonkeyPatch, **other: str) -> None:
    known = {
        "OAUTH_CLIENT_ID": CLIENT,
        "OAUTH_CLIENT_SECRET": SECRET,
        "OAUTH_SCOPES": "openid profile read-repos",
        "OPENID_PROVIDER_URL": "https://huggingface.co",
        "SPACE_HOST": SPACE,
    }
    for name, value in (known | other).items():
        monkeypatch.setenv(name, value)


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def came_back(address: str) -> dict[str, str]:
    """What the browser brings back after the provider's page."""
    answer = httpx2.get(address)
    assert answer.status_code == 303
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}


# the flow itself


@pytest.mark.parametrize("missing", ["OAUTH_CLIENT_ID", "OAUTH_CLIENT_SECRET", "OAUTH_SCOPES", "OPENID_PROVIDER_URL", "SPACE_HOST"])
def test_without_all_of_a_spaces_variables_there_is_no_provider(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    set_environment(monkeypatch)
    assert hub.provider() is not None
    monkeypatch.setenv(missing, " ")
    assert hub.provider() is None


def test_a_provider_without_tls_elsewhere_is_none_and_the_secret_shows_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    set_environment(monkeypatch, OPENID_PROVIDER_URL="http://evil.test")
    assert hub.provider() is None
    set_environment(monkeypatch, SPACE_HOST="owner-name.hf.space")
    assert hub.provider().origin == "https://owner-name.hf.space"
    assert SECRET not in repr(hub.provider())


@pytest.mark.parametrize("pkce", [True, False])
def test_a_yes_gives_a_token_once(settings: Settings, loopback: LoopbackHub, provider: hub.Provider, pkce: bool) -> None:
    loopback.oauth.pkce = pkce
    flow = hub.SignIns(settings, provider)
    address = flow.begin("w-a")
    asked = parse_qs(urlsplit(address).query)
    assert ("code_challenge" in asked) is pkce and asked["redirect_uri"] == [f"http://{SPACE}{CALLBACK}"]
    answer = came_back(address)
    value, lives = flow.finish("w-a", answer)
    assert (loopback.shelf.tokens[value], lives) == ("analyst", 28_800.0)
    with pytest.raises(HubError, match="is over"):
        flow.finish("w-a", answer)
    assert len(loopback.oauth.tokens) == 1, "a replayed answer asks nobody"


def test_an_answer_serves_the_workspace_that_asked_only(settings: Settings, provider: hub.Provider, loopback: LoopbackHub) -> None:
    flow = hub.SignIns(settings, provider)
    answer = came_back(flow.begin("w-attacker"))
    for workspace in ("w-victim", None, ""):
        with pytest.raises(HubError, match="begun in this browser"):
            flow.finish(workspace, answer)
    for state in ("", "guessed"):
        with pytest.raises(HubError, match="begun in this browser"):
            flow.finish("w-attacker", answer | {"state": state})
    assert loopback.oauth.tokens == []
    assert flow.finish("w-attacker", answer), "what another browser tried took nothing away"


def test_a_code_of_another_sign_in_is_refused(settings: Settings, provider: hub.Provider) -> None:
    flow = hub.SignIns(settings, provider)
    stolen, own = came_back(flow.begin("w-a")), came_back(flow.begin("w-b"))
    with pytest.raises(HubError, match="status 400"):  # PKCE: the code was asked for with another verifier
        flow.finish("w-b", own | {"code": stolen["code"]})


def test_a_no_is_a_no(settings: Settings, provider: hub.Provider, loopback: LoopbackHub) -> None:
    loopback.oauth.user = ""
    flow = hub.SignIns(settings, provider)
    with pytest.raises(hub.Denied, match="found a no"):
        flow.finish("w-a", came_back(flow.begin("w-a")))


@pytest.mark.parametrize(
    ("what", "said", "words"),
    [
        ("discovery", {"issuer": "https://evil.test"}, "another issuer"),
        ("discovery", {"token_endpoint": "https://evil.test/token"}, "token_endpoint on another server"),
        ("discovery", {"authorization_endpoint": "http://127.0.0.1:1/x"}, "authorization_endpoint on another server"),
        ("claims", {"iss": "https://evil.test"}, "one of another issuer"),
        ("claims", {"aud": "another-client"}, "one for another"),
        ("claims", {"aud": None}, "one for another"),
        ("answer", {"iss": "https://evil.test"}, "one of another issuer"),
        ("answer", {"code": ""}, "a code from the Hub"),
    ],
)
def test_a_wrong_issuer_is_refused(
    settings: Settings, provider: hub.Provider, loopback: LoopbackHub, what: str, said: dict, words: str
) -> None:
    getattr(loopback.oauth, what).update(said)
    flow = hub.SignIns(settings, provider)
    with pytest.raises(HubError, match=words):
        flow.finish("w-a", came_back(flow.begin("w-a")))


def test_sign_in_seconds_and_max_sign_ins(settings: Settings, provider: hub.Provider) -> None:
    clock = Clock()
    few = settings.model_copy(update={"sign_in_seconds": 60.0, "max_sign_ins": 2})
    flow = hub.SignIns(few, provider, clock)
    late = came_back(flow.begin("w-a"))
    clock.now = 60.0
    with pytest.raises(HubError, match="is over"):
        flow.finish("w-a", late)
    first, second, third = (came_back(flow.begin(f"w-{name}")) for name in "abc")
    with pytest.raises(HubError, match="is over"):
        flow.finish("w-a", first)  # the oldest gave way
    assert flow.finish("w-b", second) and flow.finish("w-c", third)


def test_a_token_serves_until_its_time() -> None:
    clock = Clock()
    held = hub.Tokens(clock)
    held.hold("w-a", hub.Token("hf_canary", "analyst", ends=100.0))
    clock.now = 99.0
    assert held.of("w-a").user == "analyst"
    clock.now = 100.0
    assert held.of("w-a") is None
    clock.now = 0.0
    assert held.of("w-a") is None, "dropped, not hidden"


# the two addresses of the server


@pytest.fixture
def browser(provider: hub.Provider, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """A browser of a server that everybody can reach, on a Space."""
    monkeypatch.setattr(st, "get_option", lambda name: "0.0.0.0")
    st.cache_resource.clear()
    yield new_browser(settings, provider)
    st.cache_resource.clear()


def new_browser(settings: Settings, provider: hub.Provider | None) -> TestClient:
    inner = Starlette(routes=signing.routes(settings, provider))
    return TestClient(Door(inner, address="0.0.0.0", space=True), base_url=f"https://{SPACE}", follow_redirects=False)


def sign_in(browser: TestClient, **more: str) -> str:
    """The address where a browser ends that signs in."""
    left = browser.get(START)
    answer = came_back(left.headers["location"]) | more
    return browser.get(CALLBACK, params=answer).headers["location"]


def test_a_browser_signs_in_and_comes_back_without_a_token(
    browser: TestClient, loopback: LoopbackHub, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    left = browser.get(START)
    assert left.status_code == 303 and left.headers["location"].startswith(loopback.url + "/oauth/authorize?")
    assert left.headers["set-cookie"].endswith("; SameSite=None; Secure; Partitioned")
    back = browser.get(CALLBACK, params=came_back(left.headers["location"]))
    assert (back.status_code, back.headers["location"]) == (303, "/hub")
    assert (back.headers["cache-control"], back.headers["referrer-policy"]) == ("no-store", "no-referrer")
    workspace = from_cookies({COOKIE: browser.cookies[COOKIE]})
    token = account.tokens().of(workspace)
    assert token.user == "analyst" and token.ends is not None
    everything = "\n".join(
        [caplog.text, str(back.headers), back.text, str(left.headers), repr(token), *(one.path for one in loopback.requests)]
    )
    assert token.value not in everything and SECRET not in everything


def test_two_browsers_sign_in_apart(browser: TestClient, loopback: LoopbackHub, settings: Settings, provider: hub.Provider) -> None:
    assert sign_in(browser) == "/hub"
    other = new_browser(settings, provider)
    other.get(START)
    assert account.tokens().of(from_cookies({COOKIE: other.cookies[COOKIE]})) is None


def test_nothing_in_an_address_chooses_where_a_browser_goes(browser: TestClient, loopback: LoopbackHub) -> None:
    for name in ("next", "target", "_target_url", "redirect_uri", "iss"):
        left = browser.get(START, params={name: "https://evil.test"})
        assert left.headers["location"].startswith(loopback.url) and "evil.test" not in left.headers["location"]
    assert sign_in(browser, next="https://evil.test", redirect_uri="//evil.test") == "/hub"


def test_another_site_begins_no_sign_in(browser: TestClient, loopback: LoopbackHub) -> None:
    assert browser.get(START, headers={"sec-fetch-site": "cross-site"}).headers["location"] == "/hub?sign-in=failed"
    assert loopback.requests == []


def test_an_attackers_answer_signs_nobody_in(
    browser: TestClient, loopback: LoopbackHub, settings: Settings, provider: hub.Provider
) -> None:
    attackers = came_back(browser.get(START).headers["location"])
    victim = new_browser(settings, provider)
    victim.app.app.router.routes = browser.app.app.router.routes  # the same server
    assert victim.get(CALLBACK, params=attackers).headers["location"] == "/hub?sign-in=no-cookie"
    victim.get(START)
    assert victim.get(CALLBACK, params=attackers).headers["location"] == "/hub?sign-in=failed"
    assert account.tokens().of(from_cookies({COOKIE: victim.cookies[COOKIE]})) is None


def test_a_no_and_trouble_are_said_in_the_address_by_one_word(browser: TestClient, loopback: LoopbackHub) -> None:
    loopback.oauth.user = ""
    assert sign_in(browser, error_description="<script>evil") == "/hub?sign-in=denied"
    loopback.oauth.user = "analyst"
    loopback.faults.add("/oauth/token", status=500)
    assert sign_in(browser) == "/hub?sign-in=failed"
    loopback.faults.clear()
    loopback.faults.add("/api/whoami", status=401)
    assert sign_in(browser) == "/hub?sign-in=failed", "a token that the Hub does not know"


def test_there_are_no_addresses_without_a_provider_or_where_all_share(
    settings: Settings, provider: hub.Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert signing.routes(settings, None) == []
    monkeypatch.setattr(st, "get_option", lambda name: "127.0.0.1")
    assert signing.routes(settings, provider) == []
