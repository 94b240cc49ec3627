"""The door of the server: who may connect, the cookie that names a workspace, and headers that keep data inert.

On a Space the pages stand in a frame of huggingface.co. There, and only there, that site may frame them, and cookies are marked
``SameSite=None; Secure; Partitioned``: browsers send others to no frame, and an upload needs its XSRF cookie. What SameSite kept out is
kept out by the origin of the websocket, by the XSRF token of an upload, and by the ``state`` of a sign-in. A partitioned cookie belongs
to the site around the frame: the same pages in a tab of their own are another workspace.

Streamlit checks the origin of a websocket too, but lets any page on ``localhost`` in and, for a foreign origin, first asks a service
on the internet for this machine's address. Here the answer needs nobody: a page may talk to the server that it came from.
"""

from __future__ import annotations

import re
import secrets
from urllib.parse import SplitResult, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pages.parts.workspace import COOKIE, is_loopback

_COOKIE_VALUE = re.compile(r"[0-9a-f]{32}")
_COOKIE_BYTES = 16
HUB = "https://huggingface.co"
_ATTRIBUTES = re.compile(r";\s*(SameSite=\w+|Secure|Partitioned)(?=;|$)", re.IGNORECASE)
_COOKIE_SECONDS = 400 * 24 * 3600  # the longest that browsers keep a cookie
# What a page may load: its own scripts and styles, pictures drawn here. A picture or link in somebody's data reaches no other server.
_CONTENT_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self' data: blob: {sockets}",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'self'{framing}",  # nobody else may put the pages under a layer of their own and collect clicks
    )
)


def _split(address: str) -> SplitResult:
    """The parts of an address; of one that is none, parts that equal nothing."""
    try:
        return urlsplit(address)
    except ValueError:
        return SplitResult("", "not.an.address.invalid", "", "", "")


class Door:
    """ASGI middleware around the Streamlit app.

    Args:
        app: what is behind the door.
        address: the address that the server listens on; ``None`` means all of this machine's.
        allowed_hosts: further host names by which a server on this machine only may be called, from ``server.allowedHosts``.
        allowed_origins: further origins that may connect and may show the pages in a frame, from ``server.corsAllowedOrigins``.
        space: this is a Space, framed by the Hub.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        address: str | None,
        allowed_hosts: tuple[str, ...] = (),
        allowed_origins: tuple[str, ...] = (),
        space: bool = False,
    ) -> None:
        self.app = app
        self.local = is_loopback(address)
        self.allowed_hosts = frozenset(host.lower() for host in allowed_hosts)
        self.allowed_origins = frozenset(allowed_origins)
        self.space = space
        self.framing = "".join(f" {origin}" for origin in (*allowed_origins, *((HUB,) if space else ())))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket" and not self._may_connect(Headers(scope=scope)):
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] == "http":
            headers = Headers(scope=scope)
            if not self._host_known(headers):
                text = "Expected this machine's own name; found another. Open http://localhost, or add the name to server.allowedHosts.\n"
                await PlainTextResponse(text, status_code=421)(scope, receive, send)
                return
            send = self._with_headers(scope, headers, send)
        await self.app(scope, receive, send)

    def _may_connect(self, headers: Headers) -> bool:
        if not self._host_known(headers):
            return False
        origin = headers.get("origin")
        if origin is None:  # not a browser
            return True
        return _split(origin).netloc.lower() == headers.get("host", "").lower() or origin in self.allowed_origins

    def _host_known(self, headers: Headers) -> bool:
        """On a loopback server, a foreign name in Host is a page whose name was pointed at 127.0.0.1 (DNS rebinding)."""
        if not self.local or "*" in self.allowed_hosts:
            return True
        host = _split("//" + headers.get("host", "")).hostname
        return host is None or is_loopback(host) or host.endswith(".localhost") or host in self.allowed_hosts

    def _content_policy(self, host: str) -> str:
        return _CONTENT_POLICY.format(sockets=f"ws://{host} wss://{host}", framing=self.framing)

    def _with_headers(self, scope: Scope, headers: Headers, send: Send) -> Send:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer = MutableHeaders(scope=message)
                answer.setdefault("x-content-type-options", "nosniff")
                answer.setdefault("referrer-policy", "same-origin")  # a link with a run's id stays in the house
                if answer.get("content-type", "").startswith("text/html"):
                    host = headers.get("host", "")
                    answer.setdefault("content-security-policy", self._content_policy(host))
                    if not self.local and not has_cookie(headers):
                        answer.append("set-cookie", new_cookie(secure=scope["scheme"] == "https"))
                if self.space:
                    framed_cookies(answer)
            await send(message)

        return send_with_headers


def has_cookie(headers: Headers) -> bool:
    """Whether the request carries a cookie of ours."""
    return any(_COOKIE_VALUE.fullmatch(cookie_parser(line).get(COOKIE, "")) for line in headers.getlist("cookie"))


def new_value() -> str:
    """128 random bits, which name a workspace."""
    return secrets.token_hex(_COOKIE_BYTES)


def framed_cookies(headers: MutableHeaders) -> None:
    """Marks every cookie of an answer, Streamlit's own too, as one that a browser sends from a frame of another site."""
    lines = headers.getlist("set-cookie")
    del headers["set-cookie"]
    for line in lines:
        headers.append("set-cookie", _ATTRIBUTES.sub("", line) + "; SameSite=None; Secure; Partitioned")


def new_cookie(value: str | None = None, *, secure: bool) -> str:
    """A ``Set-Cookie`` value that scripts cannot read: of 128 random bits, or of a value that :func:`new_value` made."""
    line = f"{COOKIE}={value or new_value()}; Path=/; Max-Age={_COOKIE_SECONDS}; HttpOnly; SameSite=Lax"
    return line + "; Secure" if secure else line
