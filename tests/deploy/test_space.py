"""The Docker Space, without Docker: its README, its folder, every step of its Dockerfile, and the server that comes of them."""

from __future__ import annotations

import os
import re
import shutil
import stat
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import httpx2
import psutil
import pytest
import yaml

from tests.deploy.image import ROOT, Image, writer
from tests.ports import free_port

PATIENCE = 120.0  # seconds; a crowded machine starts slowly
PAGE = """
from streamlit.testing.v1 import AppTest
app = AppTest.from_file("Home.py", default_timeout=100).run()
assert not app.exception, app.exception
app.switch_page("pages/place/place.py").run()
assert not app.exception, app.exception
print(app.subheader[0].value)
for element in app.caption:
    print(element.value)
"""


@pytest.fixture(scope="module")
def image() -> Iterator[Image]:
    """What the Dockerfile makes of the Space's folder, in a place that other users can reach; read-only, but for the home."""
    place = Path(tempfile.mkdtemp())
    place.chmod(0o755)
    try:
        writer().write_space(place / "space")
        built = Image(place / "space", place / "root").build()
        for path in built.at(".").rglob("*"):
            path.chmod(path.stat().st_mode & ~(stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH))
        yield built
    finally:
        for path in (place, *place.rglob("*")):
            if path.is_dir() and not path.is_symlink():
                path.chmod(0o755)
        shutil.rmtree(place)


def card() -> dict:
    return yaml.safe_load((ROOT / "docs" / "space" / "README.md").read_text("utf-8").split("---")[1])


def test_the_front_matter_and_the_dockerfile_say_the_same(image: Image) -> None:
    assert card()["sdk"] == "docker", "the Hub has no other kind for Streamlit"
    assert [card()["app_port"]] == image.ports == [int(image.environment["STREAMLIT_SERVER_PORT"])]
    assert image.environment["STREAMLIT_SERVER_ADDRESS"] == "0.0.0.0"
    assert (card()["hf_oauth"], len(card()["short_description"]) <= 60) == (True, True)
    assert set(card()["hf_oauth_scopes"]) <= {"read-repos", "gated-repos", "contribute-repos"}, "no right to change what others made"
    assert (image.user, image.users[image.user]) == ("user", 1000)
    version = re.fullmatch(r"python:(\d+\.\d+)-slim", image.base)[1]
    assert f'requires-python = ">={version}"' in (ROOT / "pyproject.toml").read_text("utf-8")


def test_torch_comes_first_and_as_the_build_for_processors(image: Image) -> None:
    assert ["torch" in line for line in image.installed] == [True, False]
    assert image.arguments["TORCH_INDEX"].endswith("/cpu")


def test_the_folder_holds_no_more_than_it_needs(image: Image) -> None:
    names = {path.name for path in image.context.iterdir()}
    code = {"Home.py", "serve.py", "core", "pages", "sample", ".streamlit"}
    assert names == code | {".dockerignore", "Dockerfile", "README.md", "constraints.txt", "requirements.txt"}
    assert [path.name for path in (image.context / ".streamlit").iterdir()] == ["config.toml"], "no secrets"
    kept = {line[1:] for line in (image.context / ".dockerignore").read_text("utf-8").splitlines() if line.startswith("!")}
    assert {str(path) for path in kept if not (image.context / path).exists()} == set()
    tools = writer()
    sources = {
        source for name, line in tools.steps((ROOT / "Dockerfile").read_text("utf-8")) if name == "COPY" for source in tools.copied(line)[0]
    }
    assert sources == kept
    with pytest.raises(FileExistsError):
        tools.write_space(image.context)


def test_the_server_starts_as_user_1000_and_its_pages_run(image: Image, tmp_path: Path) -> None:
    port = free_port()
    space = {
        "SPACE_ID": "owner/name",
        "SPACE_HOST": "owner-name.hf.space",
        "OAUTH_CLIENT_ID": "client",
        "OAUTH_CLIENT_SECRET": "secret-canary",
        "OAUTH_SCOPES": "openid profile",
        "OPENID_PROVIDER_URL": "http://127.0.0.1:1",  # nobody
        "HF_HUB_OFFLINE": "1",
        "OMP_NUM_THREADS": "1",
        "SHEETFORMER_QUICK_STARTS": "false",
        "SHEETFORMER_IDLE_EXIT_SECONDS": "1",
    }
    home = image.at(image.environment["HOME"]) / ".sheetformer"
    server = image.started(image.command, root=tmp_path, STREAMLIT_SERVER_PORT=str(port), **space)
    try:
        assert answered(server, f"http://127.0.0.1:{port}/_stcore/health", tmp_path) == b"ok"
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/") as answer:
            cookies = answer.headers.get_all("set-cookie")
            assert "frame-ancestors 'self' https://huggingface.co" in answer.headers["content-security-policy"]
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/host-config") as answer:
            cookies += answer.headers.get_all("set-cookie") or []
        assert cookies and all(line.endswith("; SameSite=None; Secure; Partitioned") for line in cookies), cookies
        begun = httpx2.get(f"http://127.0.0.1:{port}/oauth/start")
        assert (begun.status_code, begun.headers["location"]) == (303, "/hub?sign-in=failed"), "the address of the sign-in is served"
        page = image.started([sys.executable, "-c", PAGE], root=tmp_path, **space)
        assert page.wait(PATIENCE) == 0, log(tmp_path)
    finally:
        end(server, home)
    said = log(tmp_path)
    assert "A Space on the Hugging Face Hub" in said
    assert "are lost when the Space restarts or sleeps" in said.replace("\\", ""), "/data is not there, and the page says what follows"
    made = [path for path in image.root.rglob("*") if path.lstat().st_uid == image.users["user"]] if os.geteuid() == 0 else [home]
    assert home in made and all(path.is_relative_to(home.parent) for path in made), "it wrote to its home only"
    assert "Permission denied" not in said and "secret-canary" not in said


def answered(server: object, address: str, folder: Path) -> bytes:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        assert server.poll() is None, log(folder)
        try:
            with urllib.request.urlopen(address, timeout=2) as answer:
                return answer.read()
        except OSError:
            time.sleep(0.1)
    raise AssertionError(log(folder))


def log(folder: Path) -> str:
    return (folder / "log").read_text("utf-8", "replace")


def end(server: object, home: Path) -> None:
    """Stops the server, and what it started for its folder."""
    server.terminate()
    found = [psutil.Process(server.pid)]
    for process in psutil.process_iter():
        try:
            if process.environ().get("SHEETFORMER_HOME") == str(home):
                found.append(process)
        except psutil.Error:
            continue
    _, alive = psutil.wait_procs(found, timeout=10)
    for process in alive:
        process.kill()
    psutil.wait_procs(alive, timeout=10)
    server.wait(10)
