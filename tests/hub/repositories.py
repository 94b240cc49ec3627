"""What a Hub keeps: repositories with their commits, branches and pull requests, users with their tokens. All in memory."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field

MODEL, DATASET, SPACE = "model", "dataset", "space"
MAIN = "main"
LFS_BYTES = 10_000
LFS_ENDINGS = (".safetensors", ".parquet", ".bin", ".zip")
FIRST_DAY = "2026-01-01T00:00:00.000Z"


class Missing(Exception):
    """Something that is not there; the text is the Hub's own code for it."""


@dataclass(frozen=True)
class Commit:
    """One state of a repository: path to content."""

    oid: str
    title: str
    message: str
    files: dict[str, bytes]
    parent: str = ""


@dataclass
class Repository:
    """One repository.

    Args:
        facts: what the Hub says beside the files: downloads, likes, tags, pipeline_tag, library_name, cardData, safetensors, config.
        access: users that a gated or private repository lets in, besides its owner.
    """

    kind: str
    id: str
    private: bool = False
    gated: bool = False
    facts: dict[str, object] = field(default_factory=dict)
    access: set[str] = field(default_factory=set)
    commits: list[Commit] = field(default_factory=list)
    refs: dict[str, str] = field(default_factory=dict)
    pulls: list[dict[str, object]] = field(default_factory=list)

    @property
    def owner(self) -> str:
        return self.id.split("/")[0]

    def commit(self, files: dict[str, bytes | None], title: str, message: str = "", ref: str = MAIN) -> Commit:
        """Adds a commit on a branch: content by path, ``None`` deletes."""
        before = self.at(ref) if ref in self.refs else None
        now = dict(before.files) if before else {}
        for path, content in files.items():
            if content is None:
                now.pop(path, None)
            else:
                now[path] = content
        listed = "".join(f"{path}\0{blob_id(content)}\n" for path, content in sorted(now.items()))
        oid = hashlib.sha1(f"{self.kind}{self.id}{len(self.commits)}{title}{listed}".encode()).hexdigest()
        made = Commit(oid, title, message, now, before.oid if before else "")
        self.commits.append(made)
        self.refs[ref] = oid
        return made

    def at(self, revision: str) -> Commit:
        """The commit of a branch, a tag or an id.

        Raises:
            Missing: there is none.
        """
        oid = self.refs.get(revision, revision)
        for commit in self.commits:
            if commit.oid == oid:
                return commit
        raise Missing("RevisionNotFound")

    def history(self, revision: str) -> list[Commit]:
        """Newest first."""
        found, oid = [], self.at(revision).oid
        while oid:
            found.append(self.at(oid))
            oid = found[-1].parent
        return found

    def readable_by(self, user: str | None) -> str:
        """Why a user may not read the files, in the Hub's own code; empty where they may."""
        if user == self.owner or (user and user in self.access):
            return ""
        if self.private:
            return "RepoNotFound"
        return "GatedRepo" if self.gated else ""


@dataclass
class Shelf:
    """Everything that a Hub keeps."""

    repositories: dict[tuple[str, str], Repository] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    blobs: dict[str, bytes] = field(default_factory=dict)

    def add(self, kind: str, name: str, files: dict[str, bytes] | None = None, **more: object) -> Repository:
        """A repository with a first commit of these files."""
        made = Repository(kind, name, **more)  # type: ignore[arg-type]
        self.repositories[kind, name] = made
        made.commit(dict(files or {".gitattributes": b""}), "initial commit")
        return made

    def get(self, kind: str, name: str, user: str | None) -> Repository:
        """The repository, if this user may know of it.

        Raises:
            Missing: there is none, or it is somebody else's secret.
        """
        found = self.repositories.get((kind, name))
        if found is None or found.readable_by(user) == "RepoNotFound":
            raise Missing("RepoNotFound")
        return found

    def listed(self, kind: str, user: str | None) -> Iterable[Repository]:
        return (repo for (its_kind, _), repo in self.repositories.items() if its_kind == kind and repo.readable_by(user) != "RepoNotFound")


def is_lfs(path: str, content: bytes | int) -> bool:
    """Whether a file goes to large file storage, as the default .gitattributes have it."""
    size = content if isinstance(content, int) else len(content)
    return path.endswith(LFS_ENDINGS) or size > LFS_BYTES


def blob_id(content: bytes) -> str:
    """The id that git gives a file."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
