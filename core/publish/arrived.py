"""Whether the commit of an earlier try is there, whose answer nobody heard: the Hub makes it when the asking process has ended, too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from core.publish.order import Order


def arrived(api: Any, order: Order, additions: Sequence[Any]) -> dict[str, str] | None:
    """What :func:`core.publish.sending.send` would have returned for it; ``None`` where it has not arrived.

    A pull request is known by its author, its title and its files, a commit by the files of its branch: they are as ordered.

    Args:
        additions: the client's ``CommitOperationAdd``, their contents sent.
    """
    for revision, pull_request in _pulls(api, order) if order.pull_request else [(order.branch, "")]:
        commit = api.repo_info(order.repository, revision=revision, repo_type=order.kind).sha
        if _holds(api, order, additions, commit):
            there = "" if order.kind == "model" else f"{order.kind}s/"
            return {"commit": commit, "url": f"{api.endpoint}/{there}{order.repository}/commit/{commit}", "pull_request": pull_request}
    return None


def _pulls(api: Any, order: Order) -> list[tuple[str, str]]:
    """Reference and address of each open pull request of this author and title."""
    found = api.get_repo_discussions(
        order.repository, repo_type=order.kind, author=api.whoami()["name"], discussion_type="pull_request", discussion_status="open"
    )
    return [(pull.git_reference, pull.url) for pull in found if pull.title == order.message]


def _holds(api: Any, order: Order, additions: Sequence[Any], commit: str) -> bool:
    """Whether the files of a commit are as ordered: each with its content, none that was to be deleted."""
    from huggingface_hub.hf_api import RepoFile

    paths = [*order.files, *order.deletions]
    known = api.get_paths_info(order.repository, paths, revision=commit, repo_type=order.kind)
    there = {one.path: one.lfs.sha256 if one.lfs else one.blob_id for one in known if isinstance(one, RepoFile)}
    # The client's own name for a content, by which it leaves out of a commit what is there already.
    return there == {one.path_in_repo: one._local_oid for one in additions}
