"""Repositories in the words of the Hub's API (https://huggingface.co/docs/hub/api)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import yaml

from tests.hub.repositories import DATASET, FIRST_DAY, MODEL, SPACE, Commit, Repository, blob_id, is_lfs, sha256

SORTED_BY = ("downloads", "likes", "lastModified", "createdAt", "trendingScore")


def info(repo: Repository, commit: Commit, *, sizes: bool = False) -> dict[str, Any]:
    """What ``model_info``, ``dataset_info`` and ``space_info`` read."""
    found: dict[str, Any] = {
        "_id": blob_id(repo.id.encode())[:24],
        "id": repo.id,
        "author": repo.owner,
        "sha": commit.oid,
        "lastModified": FIRST_DAY,
        "createdAt": FIRST_DAY,
        "private": repo.private,
        "gated": "auto" if repo.gated else False,
        "disabled": False,
        "downloads": 0,
        "likes": 0,
        "tags": [],
        "siblings": [{"rfilename": path} | ({"size": len(commit.files[path])} if sizes else {}) for path in sorted(commit.files)],
        "usedStorage": sum(map(len, commit.files.values())),
    }
    if repo.kind == MODEL:
        found["modelId"] = repo.id
    if repo.kind == SPACE:
        found |= {"sdk": "gradio", "runtime": {"stage": "RUNNING", "hardware": {"current": "cpu-basic", "requested": "cpu-basic"}}}
    if card := front_matter(commit.files.get("README.md", b"")):
        found["cardData"] = card
        found["tags"] = [f"license:{card['license']}"] if isinstance(card.get("license"), str) else []
    return found | repo.facts


def front_matter(card: bytes) -> dict[str, Any]:
    """What stands between the lines of dashes at the top of a card."""
    if not card.startswith(b"---\n"):
        return {}
    found = yaml.safe_load(card[4:].partition(b"\n---")[0])
    return found if isinstance(found, dict) else {}


def entry(path: str, content: bytes, *, commit: Commit | None = None) -> dict[str, Any]:
    """A file in a listing."""
    found: dict[str, Any] = {"type": "file", "oid": blob_id(content), "size": len(content), "path": path}
    if is_lfs(path, content):
        found["lfs"] = {"oid": sha256(content), "size": len(content), "pointerSize": 134}
    if commit is not None:
        found["lastCommit"] = {"id": commit.oid, "title": commit.title, "date": FIRST_DAY}
    return found


def tree(commit: Commit, folder: str, *, recursive: bool, expand: bool) -> list[dict[str, Any]]:
    """Files and folders below a folder."""
    prefix, found, folders = f"{folder}/" if folder else "", [], {}
    for path, content in sorted(commit.files.items()):
        if not path.startswith(prefix):
            continue
        steps = path[len(prefix) :].split("/")
        for depth in range(1, len(steps) if recursive else min(2, len(steps))):
            name = prefix + "/".join(steps[:depth])
            folders[name] = {"type": "directory", "oid": blob_id(name.encode()), "size": 0, "path": name}
        if recursive or len(steps) == 1:
            found.append(entry(path, content, commit=commit if expand else None))
    return [*folders.values(), *found]


def search(repositories: Iterable[Repository], asked: dict[str, list[str]]) -> list[dict[str, Any]]:
    """Repositories that fit a search, in its order."""
    words, author = asked.get("search", [""])[0].lower(), asked.get("author", [""])[0]
    wanted = [tag for value in asked.get("filter", []) for tag in value.split(",")] + asked.get("pipeline_tag", [])
    found = []
    for repo in repositories:
        facts = info(repo, repo.at("main"))
        tags = {*facts["tags"], facts.get("pipeline_tag"), facts.get("library_name")}
        if words in repo.id.lower() and author in ("", repo.owner) and set(wanted) <= tags:
            found.append(
                facts if "full" in asked or "siblings" in asked.get("expand", []) or repo.kind != MODEL else {**facts, "siblings": None}
            )
    by = asked.get("sort", [""])[0]
    if by in SORTED_BY:
        found.sort(key=lambda facts: facts.get(by) or 0, reverse=True)
    return found


def whoami(user: str) -> dict[str, Any]:
    """The owner of a token."""
    role = {"accessToken": {"displayName": "tests", "role": "write"}}
    return {"type": "user", "id": user, "name": user, "fullname": user.title(), "orgs": [], "isPro": False, "auth": role}


def history_entry(commit: Commit) -> dict[str, Any]:
    """A commit in ``list_repo_commits``."""
    return {"id": commit.oid, "title": commit.title, "message": commit.message, "authors": [{"user": "analyst"}], "date": FIRST_DAY}


def references(repo: Repository) -> dict[str, Any]:
    """Branches and pull requests in ``list_repo_refs``."""
    listed = [{"name": name, "ref": f"refs/heads/{name}", "targetCommit": oid} for name, oid in repo.refs.items()]
    pulls = [{"name": f"refs/pr/{pull['num']}", "ref": f"refs/pr/{pull['num']}", "targetCommit": pull["oid"]} for pull in repo.pulls]
    return {
        "branches": [ref for ref in listed if not ref["name"].startswith("refs/pr/")],
        "converts": [],
        "tags": [],
        "pullRequests": pulls,
    }


def discussion(repo: Repository, pull: dict[str, Any]) -> dict[str, Any]:
    """An open pull request in ``get_repo_discussions``."""
    where = {"name": repo.id, "type": repo.kind}
    said = {"num": pull["num"], "title": pull["title"], "author": {"name": pull["author"]}, "repo": where}
    return {**said, "createdAt": FIRST_DAY, "status": "open", "isPullRequest": True}


PREFIX = {MODEL: "", DATASET: "datasets/", SPACE: "spaces/"}
"""What stands before a repository's name in addresses of its files."""
