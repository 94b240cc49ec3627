"""A request of the loopback Hub: who asks, what goes wrong on demand, which method answers, and how an answer is sent.

The methods that answer, and their addresses, are those of :mod:`tests.hub.reading`, :mod:`tests.hub.changing` and :mod:`tests.hub.signing`.
"""

from __future__ import annotations

import contextlib
import json
import re
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.hub import facts
from tests.hub.repositories import DATASET, MODEL, SPACE, Missing, Repository

Route = tuple[str, str, str]
"""Method, pattern of the address, and the name of the method that answers."""
KINDS = {"models": MODEL, "datasets": DATASET, "spaces": SPACE}
STATUS = {"RepoNotFound": 404, "RevisionNotFound": 404, "EntryNotFound": 404, "GatedRepo": 403}

A_KIND = r"(?P<kinds>models|datasets|spaces)"
A_REPOSITORY = r"(?P<repo>[^/]+/[^/]+)"
API = rf"/api/{A_KIND}/{A_REPOSITORY}"
FILE = rf"/(?P<prefix>datasets/|spaces/)?{A_REPOSITORY}"
A_REVISION = r"(?P<revision>refs/pr/\d+|[^/]+)"


@dataclass(frozen=True)
class Asked:
    """A request that came in. ``user`` is whose token it had."""

    method: str
    path: str
    user: str | None
    headers: dict[str, str] = field(repr=False, default_factory=dict)


class Answering(BaseHTTPRequestHandler):
    """One request.

    Attributes:
        hub: the :class:`tests.hub.server.LoopbackHub` that it came to.
        routes: of all that can be asked; the first that fits answers.
    """

    hub: Any
    routes: tuple[Route, ...] = ()
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.serve()

    def do_HEAD(self) -> None:
        self.serve()

    def do_POST(self) -> None:
        self.serve()

    def do_PUT(self) -> None:
        self.serve()

    def do_DELETE(self) -> None:
        self.serve()

    def log_message(self, *_: object) -> None:
        """Nothing: the tests read ``requests``."""

    def serve(self) -> None:
        """Reads the request, meets its faults, and answers."""
        self.body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.headers.get("Transfer-Encoding") == "chunked":
            self.body = self.unchunked()
        address = urlsplit(self.path)
        self.asked_path, self.query = unquote(address.path), parse_qs(address.query, keep_blank_values=True)
        given = self.headers.get("Authorization") or ""
        token = "" if given.startswith("Basic ") else given.removeprefix("Bearer ")  # a client of OAuth, not a user
        self.user = self.hub.shelf.tokens.get(token)
        self.hub.requests.append(Asked(self.command, self.path, self.user, dict(self.headers)))
        self.fault = self.hub.faults.met_by(self.command, self.path)
        if self.fault:
            time.sleep(self.fault.wait)
            if self.fault.status:
                self.send(b"{}", status=self.fault.status, headers=dict(self.fault.headers))
                return
        if token and self.user is None:
            self.send(b'{"error": "Invalid credentials"}', status=401)
            return
        try:
            self.route()
        except Missing as missing:
            self.refuse(str(missing))

    def unchunked(self) -> bytes:
        parts = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def route(self) -> None:
        """Finds who answers."""
        for method, pattern, name in self.routes:
            found = re.fullmatch(pattern, self.asked_path)
            if found and (method == self.command or (method == "GET" and self.command == "HEAD")):
                getattr(self, name)(**found.groupdict())
                return
        self.send(b'{"error": "no such address"}', status=404)

    def address(self, kind: str, name: str) -> str:
        return f"{self.hub.url}/{facts.PREFIX[kind]}{name}"

    def writer(self) -> str:
        """Who is signed in.

        Raises:
            Missing: nobody.
        """
        if self.user is None:
            raise Missing("RepoNotFound")
        return self.user

    def repository(self, kind: str, name: str) -> Repository:
        return self.hub.shelf.get(kind, name, self.user)

    def readable(self, kind: str, name: str) -> Repository:
        found = self.repository(kind, name)
        if reason := found.readable_by(self.user):
            raise Missing(reason)
        return found

    def writable(self, kind: str, name: str, *, pull: bool = False) -> Repository:
        found = self.repository(kind, name)
        if self.writer() != found.owner and not pull:
            raise Missing("RepoNotFound")
        return found

    def refuse(self, code: str) -> None:
        status = STATUS[code]
        if code in ("RepoNotFound", "GatedRepo") and self.user is None:
            status = 401
        headers = {"X-Error-Code": code, "X-Error-Message": f"{code}: {self.asked_path}"} | getattr(self, "commit_header", {})
        self.json({"error": code}, status=status, headers=headers)

    def json(self, value: object, *, status: int = 200, headers: dict[str, str] | None = None) -> None:
        self.send(json.dumps(value).encode(), status=status, headers=headers)

    def send(self, body: bytes, *, status: int = 200, headers: dict[str, str] | None = None, kind: str = "application/json") -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value.encode("ascii", "replace").decode())
        self.end_headers()
        if self.command == "HEAD":
            return
        cut = self.fault.cut if self.fault else None
        body = body if cut is None else body[:cut]
        if not (self.fault and self.fault.drip):
            self.wfile.write(body)
        else:
            with contextlib.suppress(OSError):  # nobody has to wait for it
                for at in range(len(body)):
                    self.wfile.write(body[at : at + 1])
                    time.sleep(self.fault.drip)
        if cut is not None:
            self.close_connection = True
