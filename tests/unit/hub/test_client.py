"""The real Hub client against servers of this machine: one that answers, one that is silent, and none."""

from __future__ import annotations

import hashlib
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
COMMIT = "0123456789abcdef0123456789abcdef01234567"
ASK = """
import json, sys, time
from pathlib import Path
from core.errors import SheetformerError
from core.models import resolve
from core.settings import Settings
started = time.perf_counter()
try:
    files = resolve(Settings(home=Path(sys.argv[1])), sys.argv[2])
    names = sorted(path.name for path in files.base.iterdir())
    answer = {"reference": files.reference, "revision": files.revision, "files": names, "labels": files.labels}
except SheetformerError as error:
    answer = {"error": str(error), "kind": type(error).__name__}
print(json.dumps(answer | {"seconds": time.perf_counter() - started}))
"""


def ask(tmp_path: Path, endpoint: str, reference: str, **environment: str) -> dict:
    """Resolves a reference in a process of its own: the client reads the endpoint when it is imported."""
    variables = {
        "HF_ENDPOINT": endpoint,
        "HF_HOME": str(tmp_path / "hf"),
        "HF_HUB_OFFLINE": "0",
        "HF_HUB_DISABLE_TELEMETRY": "1",
    } | environment
    command = [sys.executable, "-c", ASK, str(tmp_path / "home"), reference]
    out = subprocess.run(command, cwd=ROOT, env=os.environ | variables, capture_output=True, text=True, timeout=120)
    assert out.returncode == 0, out.stderr
    return json.loads(out.stdout.splitlines()[-1])


@contextmanager
def hub(files: dict[str, bytes]) -> Iterator[tuple[str, list[str]]]:
    """A Hub with one repository, ``owner/tiny``. Gives its address and the paths that were asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.answer(body=False)

        def do_GET(self) -> None:
            self.answer(body=True)

        def answer(self, *, body: bool) -> None:
            asked.append(self.path)
            path, headers, data, status = self.path.split("?")[0], {}, b"", 200
            if path.startswith("/api/models/owner/tiny/tree/"):
                data = json.dumps(
                    [{"type": "file", "path": name, "size": len(data), "oid": "0" * 40} for name, data in files.items()]
                ).encode()
            elif path.startswith("/api/models/owner/tiny"):
                data = json.dumps({"id": "owner/tiny", "sha": COMMIT, "siblings": [{"rfilename": name} for name in files]}).encode()
            elif path.startswith("/owner/tiny/resolve/") and path.rsplit("/", 1)[1] in files:
                data = files[path.rsplit("/", 1)[1]]
                headers = {"X-Repo-Commit": COMMIT, "ETag": f'"{hashlib.sha256(data).hexdigest()}"'}
            elif path != "/":
                status, headers = 404, {"X-Error-Code": "RepoNotFound"}
            self.send_response(status)
            for name, value in (headers | {"Content-Length": str(len(data))}).items():
                self.send_header(name, value)
            self.end_headers()
            if body:
                self.wfile.write(data)

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def closed_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def test_nobody_listening_is_one_error_at_once(tmp_path: Path, closed_port: int) -> None:
    answer = ask(tmp_path, f"http://127.0.0.1:{closed_port}", "owner/tiny")
    assert answer["kind"] == "HubError"
    assert "Choose an embedded or local model" in answer["error"]
    assert answer["seconds"] < 3


def test_silence_is_one_error_after_the_limit(tmp_path: Path) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        answer = ask(tmp_path, f"http://127.0.0.1:{listener.getsockname()[1]}", "owner/tiny", SHEETFORMER_HUB_PROBE_SECONDS="0.5")
    assert answer["kind"] == "HubError"
    assert answer["seconds"] < 3


def test_switched_off_is_said(tmp_path: Path) -> None:
    answer = ask(tmp_path, "https://huggingface.co", "owner/tiny", HF_HUB_OFFLINE="1")
    assert "HF_HUB_OFFLINE" in answer["error"]


@pytest.mark.parametrize("endpoint", ["http://169.254.169.254", "http://example.com", "ftp://example.com"])
def test_an_endpoint_elsewhere_without_https_is_refused(tmp_path: Path, endpoint: str) -> None:
    answer = ask(tmp_path, endpoint, "owner/tiny")
    assert answer["kind"] == "NotAllowed"
    assert "HF_ENDPOINT" in answer["error"]


@pytest.mark.slow
def test_a_model_comes_without_its_pickles_and_stays(tmp_path: Path, tiny_files: dict[str, bytes]) -> None:
    with hub(tiny_files | {"pytorch_model.bin": b"\x80pickle", "modeling_evil.py": b"raise SystemExit"}) as (endpoint, asked):
        answer = ask(tmp_path, endpoint, "owner/tiny")
        assert answer["revision"] == COMMIT, answer
        assert answer["reference"] == f"owner/tiny@{COMMIT}"
        assert answer["files"] == sorted(tiny_files)
        assert not [path for path in asked if path.endswith((".bin", ".py"))]
    for reference in ("owner/tiny", f"owner/tiny@{COMMIT}"):  # the Hub is gone now
        again = ask(tmp_path, endpoint, reference)
        assert again["revision"] == COMMIT, again
        assert again["seconds"] < 3


@pytest.mark.slow
def test_code_and_pickles_of_the_hub_are_refused(tmp_path: Path, tiny_files: dict[str, bytes]) -> None:
    config = json.loads(tiny_files["config.json"]) | {"auto_map": {"AutoModel": "modeling_evil.Evil"}}
    with hub(tiny_files | {"config.json": json.dumps(config).encode()}) as (endpoint, _):
        assert "auto_map" in ask(tmp_path / "a", endpoint, "owner/tiny")["error"]
    with hub({"config.json": tiny_files["config.json"], "pytorch_model.bin": b"\x80"}) as (endpoint, _):
        answer = ask(tmp_path / "b", endpoint, "owner/tiny")
        assert "safetensors" in answer["error"], answer
    with hub(tiny_files) as (endpoint, _):
        answer = ask(tmp_path / "c", endpoint, "owner/other")
        assert "no such repository" in answer["error"]


@pytest.fixture
def tiny_files() -> dict[str, bytes]:
    header = json.dumps({"classifier.weight": {"dtype": "F32", "shape": [2, 40], "data_offsets": [0, 320]}}).encode()
    config = {
        "architectures": ["BertForSequenceClassification"],
        "model_type": "bert",
        "hidden_size": 8,
        "vocab_size": 40,
        "id2label": {"0": "a", "1": "b"},
    }
    return {
        "config.json": json.dumps(config).encode(),
        "model.safetensors": len(header).to_bytes(8, "little") + header + bytes(320),
        "vocab.txt": b"[PAD]\n[UNK]",
    }


def test_probing_never_waits_for_name_resolution(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from core.errors import HubError
    from core.hub import client, probe
    from core.settings import Settings

    monkeypatch.setattr(client, "endpoint", lambda: "https://example.invalid")
    monkeypatch.setattr("huggingface_hub.constants.is_offline_mode", lambda: False)
    monkeypatch.setattr(client, "_ask", lambda *given: time.sleep(5))
    started = time.perf_counter()
    with pytest.raises(HubError, match="no answer"):
        probe(Settings(home=tmp_path, hub_probe_seconds=0.2))
    assert time.perf_counter() - started < 1
