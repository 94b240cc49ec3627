"""One commit to a repository: large files one after the other, then everything at once, so that a repository is never half changed.

A file that has reached the Hub's storage is not sent again: the Hub knows it by its content. That is how a push goes on after a cut.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, Any

from core.errors import HubError
from core.hub import MAIN
from core.hub.client import endpoint, probe
from core.publish.arrived import arrived
from core.publish.order import Order
from core.publish.refusals import one_refusal
from core.settings import Settings

Tell = Callable[[dict[str, Any]], None]
TELL_SECONDS = 0.2
OF_A_NEW_ONE = frozenset({".gitattributes", "README.md"})
"""What the Hub itself puts into a repository."""


def send(settings: Settings, order: Order, token: str | None, tell: Tell) -> dict[str, Any]:
    """Does what an order says.

    Args:
        token: of whoever asks; the environment's is not used unless it is given here.
        tell: gets ``{"step": ...}`` and ``{"file": path, "sent": bytes, "done": bool, "kept": bool}`` on the way.

    Returns:
        ``commit`` (40 hexadecimal digits), ``url``, ``pull_request`` (its address, or empty).

    Raises:
        HubError: what went wrong. Nothing of the commit is in the repository then, or all of it where its answer was lost.
    """
    from huggingface_hub import CommitOperationDelete, HfApi

    probe(settings)
    api = HfApi(endpoint=endpoint(), token=token or False)
    with one_refusal(order):
        if order.create and not order.made:
            tell({"step": "creating"})
            _create(api, order)
        if order.branch != MAIN and not order.pull_request:
            api.create_branch(order.repository, branch=order.branch, repo_type=order.kind, exist_ok=True)
        tell({"step": "sending"})
        additions = [_sent(api, order, path, tell) for path in order.files]
        tell({"step": "committing"})
        if order.asked and (found := arrived(api, order, additions)):
            return found
        made = api.create_commit(
            order.repository,
            [*additions, *(CommitOperationDelete(path, is_folder=False) for path in order.deletions)],
            commit_message=order.message,
            repo_type=order.kind,
            revision=order.branch,
            create_pr=order.pull_request,
            parent_commit=order.parent,
        )
    return {"commit": made.oid, "url": f"{made.commit_url}", "pull_request": made.pr_url or ""}


def _create(api: Any, order: Order) -> None:
    """Makes the repository. One that an earlier try left empty is taken, if it is as private as was asked."""
    from huggingface_hub.errors import HfHubHTTPError

    try:
        api.create_repo(order.repository, repo_type=order.kind, private=order.private, space_sdk=order.sdk or None)
    except HfHubHTTPError as error:
        if error.response.status_code != 409:
            raise
        found = api.repo_info(order.repository, repo_type=order.kind)
        if {file.rfilename for file in found.siblings or ()} - OF_A_NEW_ONE:
            raise
        if bool(found.private) != order.private:
            there, asked = ("private" if found.private else "public"), ("private" if order.private else "public")
            raise HubError(
                f"a new {asked} {order.what}",
                f"an empty one that is {there}",
                "Choose another name, or change it on the Hub first.",
            ) from error


def _sent(api: Any, order: Order, path: str, tell: Tell) -> Any:
    """A file's part of the commit, its content in the Hub's storage where it is a large one."""
    operation = _counted(path, order.files[path], tell)
    tell({"file": path, "sent": 0, "done": False, "kept": False})
    api.preupload_lfs_files(
        order.repository, [operation], repo_type=order.kind, revision=order.branch, create_pr=order.pull_request, num_threads=1
    )
    large = operation._upload_mode == "lfs"
    tell({"file": path, "sent": operation.upload_info.size, "done": True, "kept": large and operation.unread})
    return operation


def _counted(path: str, file: Any, tell: Tell) -> Any:
    from huggingface_hub import CommitOperationAdd

    class Counted(CommitOperationAdd):
        """Tells how much of it has been read for the way out; the client reads it for that with a bar of progress, and else without.

        ``unread`` stays true where the Hub had it before. Where Xet takes the file it reads by itself: the step is the whole file.
        """

        unread = True

        @contextmanager
        def as_file(self, with_tqdm: bool = False) -> Iterator[IO[bytes]]:
            with super().as_file() as opened:
                if with_tqdm:
                    self.unread = False
                    _tell_reading(opened, path, tell)
                yield opened

    return Counted(path, file)


def _tell_reading(opened: IO[bytes], path: str, tell: Tell) -> None:
    """Makes an open file say how far it has been read. By its place, not by a sum: a second try begins at the start again."""
    read, told = opened.read, time.monotonic()

    def counted(size: int | None = -1) -> bytes:
        nonlocal told
        data = read(size)
        if time.monotonic() - told > TELL_SECONDS:
            told = time.monotonic()
            tell({"file": path, "sent": opened.tell(), "done": False, "kept": False})
        return data

    opened.read = counted  # type: ignore[method-assign]
