"""Serves an exported Gradio demo for one person: ``python -P serving.py FOLDER --host H --socket FD --used FILE``, secret path by stdin.

The demo itself knows nothing of this. Here it gets a path that cannot be guessed, answers under no foreign host name, and leaves the
time of its last question in a file, by which its job knows when nobody asks any more. Runs where Gradio is, without ``core``.
"""

from __future__ import annotations

import argparse
import ipaddress
import os
import socket
import sys
from pathlib import Path
from typing import Any

BACKGROUND = ("/heartbeat/", "/queue/data", "/theme.css", "/assets/", "/static/")
"""What an open page asks for by itself: an abandoned tab is nobody who asks."""


class Door:
    """ASGI middleware: turns away foreign host names, and notes when somebody asked.

    Args:
        app: the application behind it.
        used: file whose time is that of the last question.
        local: listens on this machine alone; then a page elsewhere must not reach it under a name of its own (DNS rebinding).
    """

    def __init__(self, app: Any, used: Path, *, local: bool) -> None:
        self.app, self.used, self.local = app, used, local

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            host = dict(scope["headers"]).get(b"host", b"").decode("latin-1")
            if self.local and not is_loopback(host):
                await send({"type": "http.response.start", "status": 421, "headers": [(b"content-type", b"text/plain")]})
                await send({"type": "http.response.body", "body": b"Ask for this demo by its own address."})
                return
            if not any(part in scope["path"] for part in BACKGROUND):
                self.used.touch()
        await self.app(scope, receive, send)


def is_loopback(host: str) -> bool:
    """Whether the Host header names this machine: ``localhost`` or a loopback address, with or without a port."""
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdecimal() and not host.endswith("]") else host
    try:
        return name == "localhost" or ipaddress.ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return False


def main() -> None:
    """Entry point."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--host", required=True)
    parser.add_argument("--socket", type=int, required=True, help="inherited, bound, not listening yet")
    parser.add_argument("--used", type=Path, required=True)
    given = parser.parse_args()
    path = sys.stdin.readline().strip()
    sys.path.insert(0, str(given.folder))
    os.chdir(given.folder)

    import app  # the demo's own
    import gradio as gr
    import uvicorn
    from fastapi import FastAPI

    app.answering.loaded()  # slow, and what can go wrong goes wrong before the job says that the demo is there
    served = gr.mount_gradio_app(
        FastAPI(openapi_url=None), app.page, path=f"/{path}", theme=app.THEME, run_history=False, footer_links=[], ssr_mode=False
    )
    door = Door(served, given.used, local=is_loopback(given.host))
    server = uvicorn.Server(uvicorn.Config(door, log_level="warning", access_log=False))
    server.run(sockets=[socket.socket(fileno=given.socket)])


if __name__ == "__main__":
    main()
