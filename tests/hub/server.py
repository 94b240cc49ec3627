"""A Hub of this machine: enough of its HTTP API for the real clients, with faults on demand.

    with LoopbackHub() as hub:
        hub.shelf.add("model", "owner/tiny", {"config.json": b"{}"})
        ...                                    # clients with HF_ENDPOINT=hub.url
        assert hub.asked("GET", "/resolve/")

Downloads are whole files or ranges with an ETag; uploads go as the commits of the API, large files by LFS (``HF_HUB_DISABLE_XET=1``).
"""

from __future__ import annotations

import threading
from http.server import ThreadingHTTPServer

from tests.hub import changing, reading, signing
from tests.hub.answering import Asked
from tests.hub.faults import Faults
from tests.hub.repositories import Shelf


class Handler(signing.SigningIn, reading.Reading, changing.Changing):
    """A request of any kind."""

    routes = (*reading.ROUTES, *signing.ROUTES, *changing.ROUTES)


class LoopbackHub:
    """The server. Attributes: ``url``, ``shelf``, ``faults``, ``requests``, ``oauth``."""

    def __init__(self) -> None:
        self.shelf, self.faults, self.oauth = Shelf(), Faults(), signing.Oauth()
        self.requests: list[Asked] = []
        handler = type("Handler", (Handler,), {"hub": self})  # a class of its own: several Hubs may run at once
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def asked(self, method: str, part: str) -> list[Asked]:
        """The requests of a method whose address has this part."""
        return [one for one in self.requests if one.method == method and part in one.path]

    def __enter__(self) -> LoopbackHub:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
