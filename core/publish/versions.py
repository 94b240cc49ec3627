"""What became of a repository: its commits, branches and files, and what two commits have not in common."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from core.hub import MAIN, ask
from core.publish.order import WORDS, Kind
from core.publish.parcel import CARD
from core.settings import Settings


@dataclass(frozen=True)
class Version:
    """One commit. Title and author are its users' words."""

    commit: str
    title: str
    author: str
    made: datetime | None


@dataclass(frozen=True)
class Stored:
    """One file of a repository: its content's own id, and its size in bytes."""

    path: str
    content: str
    size: int


@dataclass(frozen=True)
class State:
    """A repository as it is now."""

    commit: str
    private: bool
    branches: tuple[str, ...]
    files: tuple[Stored, ...]


@dataclass(frozen=True)
class Differences:
    """From one commit to another: paths, and the lines of the card as a unified diff."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    card: tuple[str, ...]


def state(settings: Settings, kind: Kind, repository: str, *, branch: str = MAIN, token: str | None = None) -> State:
    """A repository as it is now, with the commit that a push can name as the one it was looked at.

    Raises:
        HubError: none of this name for this token, no such branch, or no answer.
    """

    def read(api: Any) -> State:
        found = api.repo_info(repository, repo_type=kind, revision=branch)
        names = tuple(ref.name for ref in api.list_repo_refs(repository, repo_type=kind).branches)
        return State(found.sha, bool(found.private), names, _files(api, kind, repository, found.sha))

    return ask(settings, f"{WORDS[kind]} {repository}", read, token)


def versions(settings: Settings, kind: Kind, repository: str, *, branch: str = MAIN, token: str | None = None) -> list[Version]:
    """The commits of a branch, newest first, at most ``max_versions``.

    Raises:
        HubError: as :func:`state`.
    """

    def read(api: Any) -> list[Version]:
        found = islice(api.list_repo_commits(repository, repo_type=kind, revision=branch), settings.max_versions)
        return [Version(one.commit_id, one.title, ", ".join(one.authors), one.created_at) for one in found]

    return ask(settings, f"{WORDS[kind]} {repository}", read, token)


def compare(settings: Settings, kind: Kind, repository: str, old: str, new: str, *, token: str | None = None) -> Differences:
    """What happened between two commits.

    Raises:
        HubError: as :func:`state`.
    """

    def read(api: Any) -> tuple[Sequence[Stored], Sequence[Stored], str, str]:
        files = [_files(api, kind, repository, commit) for commit in (old, new)]
        cards = [_card(settings, api, kind, repository, commit, found) for commit, found in zip((old, new), files, strict=True)]
        return files[0], files[1], cards[0], cards[1]

    before, after, old_card, new_card = ask(settings, f"{WORDS[kind]} {repository}", read, token)
    was, now = {one.path: one.content for one in before}, {one.path: one.content for one in after}
    lines = difflib.unified_diff(old_card.splitlines(), new_card.splitlines(), old[:12], new[:12], lineterm="")
    return Differences(
        added=tuple(sorted(now.keys() - was.keys())),
        changed=tuple(sorted(path for path in now.keys() & was.keys() if now[path] != was[path])),
        removed=tuple(sorted(was.keys() - now.keys())),
        card=tuple(lines),
    )


def _files(api: Any, kind: str, repository: str, commit: str) -> tuple[Stored, ...]:
    from huggingface_hub.hf_api import RepoFile

    tree = api.list_repo_tree(repository, recursive=True, revision=commit, repo_type=kind)
    return tuple(Stored(one.path, one.lfs.sha256 if one.lfs else one.blob_id, one.size) for one in tree if isinstance(one, RepoFile))


def _card(settings: Settings, api: Any, kind: str, repository: str, commit: str, files: Sequence[Stored]) -> str:
    """A commit's card as it stands, front matter included, cut at ``max_card_kb``; empty where it has none."""
    if all(one.path != CARD for one in files):
        return ""
    path = api.hf_hub_download(repository, CARD, revision=commit, repo_type=kind)
    with Path(path).open(encoding="utf-8", errors="replace") as file:
        return file.read(settings.max_card_kb * 1_000)
