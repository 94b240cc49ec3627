"""The steps of a Dockerfile without Docker: each is done in a folder that stands for the image's root, or checked where it cannot be.

What is true as in an image: only what was copied is there, nobody but root can write it, the command runs as user 1000 with the
environment of the file. What stands for the image: Python and its packages are those of the tests, after pip has found, without a
network, that every line of the requirements is satisfied by them.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parents[2]
# A user of a container reads all of the image. Here Python may lie in another user's home: user 1000 gets the right to read, no other.
AS_USER = ("setpriv", "--clear-groups", "--inh-caps=-all,+dac_read_search", "--ambient-caps=+dac_read_search", "--no-new-privs")


def writer() -> ModuleType:
    """docs/write_space.py."""
    spec = importlib.util.spec_from_file_location("write_space", ROOT / "docs" / "write_space.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Image:
    """An image that is being built.

    Args:
        context: folder with the Dockerfile.
        root: stands for ``/``.
    """

    def __init__(self, context: Path, root: Path) -> None:
        self.context, self.root = context, root
        self.base, self.folder, self.user = "", Path("/"), "root"
        self.users: dict[str, int] = {"root": 0}
        self.environment: dict[str, str] = {}
        self.arguments: dict[str, str] = {}
        self.ports: list[int] = []
        self.command: list[str] = []
        self.installed: list[str] = []

    def build(self) -> Image:
        """Every step, in order; an instruction that is not known here fails."""
        tools = writer()
        for name, argument in tools.steps((self.context / "Dockerfile").read_text("utf-8")):
            if name == "COPY":
                self._copy(*tools.copied(argument))
            else:
                getattr(self, f"_{name.lower()}")(argument)
        return self

    def at(self, path: str | Path) -> Path:
        """Where a path of the image lies here."""
        return self.root / str(self.folder / path).lstrip("/")

    def _from(self, argument: str) -> None:
        self.base = argument

    def _arg(self, argument: str) -> None:
        name, _, value = argument.partition("=")
        self.arguments[name] = value

    def _workdir(self, argument: str) -> None:
        self.folder = self.folder / argument
        self.at(".").mkdir(parents=True, exist_ok=True)

    def _env(self, argument: str) -> None:
        self.environment |= dict(pair.split("=", 1) for pair in shlex.split(argument))

    def _user(self, argument: str) -> None:
        self.user = argument
        assert argument in self.users, "a user that a step made"

    def _expose(self, argument: str) -> None:
        self.ports.append(int(argument))

    def _cmd(self, argument: str) -> None:
        self.command = json.loads(argument)

    def _copy(self, sources: list[str], target: str) -> None:
        for source in sources:
            found = self.context / source
            assert found.exists(), f"nothing to copy: {source}"
            goal = self.at(target) / found.name if target.endswith("/") else self.at(target)
            goal.parent.mkdir(parents=True, exist_ok=True)
            if found.is_dir():
                shutil.copytree(found, goal)
            else:
                shutil.copyfile(found, goal)

    def _run(self, argument: str) -> None:
        assert self.user == "root", "the image is made by root and used by another"
        words = shlex.split(argument)
        if words[0] == "useradd":
            home, number = Path("/home", words[-1]), int(words[words.index("--uid") + 1])
            self.users[words[-1]] = number
            self.at(home).mkdir(parents=True)
            if os.geteuid() == 0:
                os.chown(self.at(home), number, number)
        elif words[:2] == ["pip", "install"]:
            self._pip(argument)
        else:
            raise AssertionError(f"a step that nothing here can do: {argument}")

    def _pip(self, argument: str) -> None:
        """The same question to pip, who may fetch nothing: does what is installed satisfy it, and what would be added?"""
        argument = re.sub(r'--index-url "\$(\w+)"', lambda found: self._noted_index(found[1]), argument)
        asked = argument.replace("pip install --no-cache-dir", f"{shlex.quote(sys.executable)} -m pip install --dry-run --no-index")
        done = subprocess.run(["bash", "-c", asked], cwd=self.at("."), capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "Would install" not in done.stdout, done.stdout
        self.installed.append(argument)

    def _noted_index(self, name: str) -> str:
        assert self.arguments[name].startswith("https://"), "an address that the file gives"
        return ""

    def started(self, command: list[str], *, root: Path, **environment: str) -> subprocess.Popen[bytes]:
        """A command as the image's user, in its folder and environment; of ours it has the way to Python only."""
        number, home = self.users[self.user], self.at(self.environment["HOME"])
        known = {**self.environment, "HOME": str(home), "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", **environment}
        us = [*AS_USER, f"--reuid={number}", f"--regid={number}"] if os.geteuid() == 0 else []
        with (root / "log").open("ab") as log:
            return subprocess.Popen(
                [*us, *command], cwd=self.at("."), env=known, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
