"""Who may connect, and what a browser is told (classes 12, 15 and 16 of the threat list)."""

import re

import pytest
from starlette.applications import Starlette
from starlette.responses import HTMLResponse, PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from pages.parts.door import Door
from pages.parts.workspace import COOKIE, from_cookies


async def greet(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.send_text("hello")
    await websocket.close()


def client(address: str | None, host: str, **options: tuple[str, ...]) -> TestClient:
    inner = Starlette(
        routes=[
            Route("/", lambda request: HTMLResponse("<p>page")),
            Route("/data", lambda request: PlainTextResponse("x")),
            WebSocketRoute("/ws", greet),
        ]
    )
    return TestClient(Door(inner, address=address, **options), base_url=f"http://{host}")


def connects(browser: TestClient, origin: str | None) -> bool:
    try:
        with browser.websocket_connect(
            f"ws://{browser.base_url.netloc.decode()}/ws", headers={"origin": origin} if origin else {}
        ) as socket:
            return socket.receive_text() == "hello"
    except WebSocketDisconnect as refusal:
        assert refusal.code == 1008
        return False


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("http://127.0.0.1:8501", True),
        (None, True),  # not a browser
        ("http://evil.test", False),
        ("http://127.0.0.1:9999", False),  # another server of this machine
        ("http://localhost:8501", False),
        ("null", False),
        ("http://127.0.0.1:8501.evil.test", False),
    ],
)
def test_only_a_page_of_this_server_opens_the_websocket(origin, allowed):
    assert connects(client("127.0.0.1", "127.0.0.1:8501"), origin) is allowed


def test_an_origin_that_the_administrator_lists_may_connect():
    assert connects(client(None, "app.test", allowed_origins=("https://portal.test",)), "https://portal.test")
    assert not connects(client(None, "app.test", allowed_origins=("https://portal.test",)), "https://other.test")


@pytest.mark.parametrize(
    ("host", "status"), [("localhost:8501", 200), ("127.0.0.1:8501", 200), ("evil.test:8501", 421), ("rebound.test", 421)]
)
def test_a_local_server_answers_to_its_own_names_only(host, status):
    browser = client("127.0.0.1", host)
    assert browser.get("/").status_code == status
    assert connects(browser, f"http://{host}") is (status == 200)


def test_names_that_the_administrator_lists_are_answered():
    assert client("127.0.0.1", "app.test", allowed_hosts=("app.test",)).get("/").status_code == 200


def test_a_public_server_gives_each_browser_a_cookie_once():
    first, second = client("0.0.0.0", "app.test"), client("0.0.0.0", "app.test")
    line = first.get("/").headers["set-cookie"]
    assert re.fullmatch(rf"{COOKIE}=[0-9a-f]{{32}}; Path=/; Max-Age=\d+; HttpOnly; SameSite=Lax", line)
    assert "set-cookie" not in first.get("/").headers
    second.get("/")
    assert first.cookies[COOKIE] != second.cookies[COOKIE]
    assert from_cookies(dict(first.cookies)) != from_cookies(dict(second.cookies))


def test_a_cookie_that_is_not_ours_is_replaced():
    browser = client("0.0.0.0", "app.test")
    assert COOKIE in browser.get("/", headers={"cookie": f"{COOKIE}=guess-me"}).headers["set-cookie"]


def test_no_cookie_with_data_or_on_a_local_server():
    assert "set-cookie" not in client("0.0.0.0", "app.test").get("/data").headers
    assert "set-cookie" not in client("127.0.0.1", "127.0.0.1").get("/").headers


def test_over_https_the_cookie_is_secure():
    browser = client("0.0.0.0", "app.test")
    browser.base_url = "https://app.test"
    assert browser.get("/").headers["set-cookie"].endswith("; Secure")


def test_a_page_may_load_nothing_from_elsewhere():
    policy = client("127.0.0.1", "127.0.0.1:8501").get("/").headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "img-src 'self' data: blob:;" in policy
    assert "connect-src 'self' data: blob: ws://127.0.0.1:8501 wss://127.0.0.1:8501;" in policy
    assert not re.search(r"https?:", policy)


def test_nobody_else_may_frame_the_pages():
    assert client("127.0.0.1", "127.0.0.1:8501").get("/").headers["content-security-policy"].endswith("frame-ancestors 'self'")
    listed = client(None, "app.test", allowed_origins=("https://portal.test",)).get("/").headers["content-security-policy"]
    assert listed.endswith("frame-ancestors 'self' https://portal.test")


def test_an_origin_or_host_that_is_no_address_is_refused():
    assert not connects(client("127.0.0.1", "127.0.0.1:8501"), "http://[")
    assert client("127.0.0.1", "127.0.0.1:8501").get("/", headers={"host": "[::1"}).status_code == 421


def space_client() -> TestClient:
    def streamlits_own(request: object) -> HTMLResponse:
        return HTMLResponse("<p>page", headers={"set-cookie": "_streamlit_xsrf=2|aa|bb|1; Path=/; SameSite=Lax"})

    return TestClient(Door(Starlette(routes=[Route("/", streamlits_own)]), address="0.0.0.0", space=True), base_url="https://a-b.hf.space")


def test_on_a_space_cookies_reach_a_frame_of_the_hub_and_nobody_elses():
    answer = space_client().get("/")
    lines = answer.headers.get_list("set-cookie")
    assert {line.split("=")[0] for line in lines} == {COOKIE, "_streamlit_xsrf"}
    for line in lines:
        assert line.endswith("; SameSite=None; Secure; Partitioned")
        assert (line.count("SameSite"), line.count("Secure")) == (1, 1)
    assert "HttpOnly" in next(line for line in lines if line.startswith(COOKIE))
    assert "_streamlit_xsrf=2|aa|bb|1; Path=/;" in "\n".join(lines), "the value stays as it was"
    assert answer.headers["content-security-policy"].endswith("frame-ancestors 'self' https://huggingface.co")


def test_on_a_space_only_its_own_pages_open_the_websocket():
    inner = Starlette(routes=[WebSocketRoute("/ws", greet)])
    browser = TestClient(Door(inner, address="0.0.0.0", space=True), base_url="http://a-b.hf.space")
    assert connects(browser, "https://a-b.hf.space")
    assert not connects(browser, "https://huggingface.co"), "the frame's page talks, not the page around it"
    assert not connects(browser, "https://other.hf.space")


def test_elsewhere_cookies_and_frames_stay_as_they_were():
    answer = client("0.0.0.0", "app.test").get("/")
    assert "SameSite=Lax" in answer.headers["set-cookie"] and "Partitioned" not in answer.headers["set-cookie"]
    assert "huggingface.co" not in answer.headers["content-security-policy"]
