"""What is to be done to a repository of the Hub, as one validated object. A token is never a part of it."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from core.errors import BadInput, NotFound
from core.hub import MAIN
from core.schema.models import HUB_ID, REVISION

Kind = Literal["model", "dataset", "space"]
LONGEST_MESSAGE = 200  # characters of a commit's first line
WORDS = {"model": "model", "dataset": "data set", "space": "Space"}


class Order(BaseModel):
    """One commit.

    Args:
        create: the repository is made first; one of this name that holds anything refuses.
        made: an earlier try of the same order has made it.
        asked: an earlier try has asked for the commit and heard no answer: it may be there.
        private: of a repository that is made.
        branch: where the commit goes; it is made where it is not there. A pull request asks to go there.
        parent: commit that was looked at before, 40 hexadecimal digits: the Hub refuses where another one came in between.
        files: path in the repository to the file on this machine.
        deletions: paths in the repository.
        sdk: of a Space that is made.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Kind = "model"
    repository: str
    create: bool = False
    made: bool = False
    asked: bool = False
    private: bool = True
    branch: str = MAIN
    pull_request: bool = False
    parent: str | None = Field(None, pattern=r"^[0-9a-f]{40}$")
    message: str = Field(min_length=1, max_length=LONGEST_MESSAGE)
    files: dict[str, Path] = {}
    deletions: tuple[str, ...] = ()
    sdk: Literal["", "gradio", "docker", "static"] = ""

    @model_validator(mode="after")
    def _names(self) -> Self:
        check_repository(self.repository)
        check_branch(self.branch)
        for path in (*self.files, *self.deletions):
            check_path(path)
        if not self.files and not self.deletions:
            raise BadInput("files to send or to delete", "none", "Choose at least one.")
        return self

    @property
    def what(self) -> str:
        """``model owner/name``, for messages."""
        return f"{WORDS[self.kind]} {self.repository}"

    @property
    def size_bytes(self) -> int:
        """Of all files, as they lie here.

        Raises:
            NotFound: one of them is gone.
        """
        try:
            return sum(path.stat().st_size for path in self.files.values())
        except FileNotFoundError as error:
            raise NotFound(f"the files for {self.what}", "none: they were tidied away", "Put it together again.") from error

    @property
    def folder(self) -> Path | None:
        """The folder that the files lie in by their paths in the repository; ``None`` where there are only deletions."""
        return next((file.parents[path.count("/")] for path, file in self.files.items()), None)


def check_repository(name: str) -> str:
    """The name, if it is one.

    Raises:
        BadInput: no ``owner/name``.
    """
    if not HUB_ID.fullmatch(name) or ".." in name or "--" in name or name.endswith((".git", ".", "-")):
        raise BadInput("a repository as owner/name", repr(name[:80]), "Use letters, digits, single - _ and dots, such as me/reviews.")
    return name


def check_branch(name: str) -> str:
    """The name of a branch, if it is one.

    Raises:
        BadInput: it is none.
    """
    if not REVISION.fullmatch(name) or ".." in name or name.endswith(("/", ".")):
        raise BadInput("the name of a branch", repr(name[:80]), "Use letters, digits, - and _, such as trial.")
    return name


def check_path(path: str) -> str:
    """A path inside a repository, if it is one.

    Raises:
        BadInput: it leads out of the repository, or is none.
    """
    steps = path.split("/")
    if not path or len(path) > 500 or "\\" in path or "\0" in path or not set(steps).isdisjoint({"", ".", "..", ".git"}):
        raise BadInput("a path inside the repository", repr(path[:80]), "Write it as folder/file.ending, without .. and backslashes.")
    return str(PurePosixPath(path))
