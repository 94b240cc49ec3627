"""A data set at a commit with its layout: its own files, or the Parquet copy that the Hub keeps where its own cannot be read here."""

from __future__ import annotations

from core.errors import BadInput, HubError
from core.hub.layout import CONVERTED, Layout, converted_layout, layout
from core.hub.repositories import Repository, dataset_facts
from core.settings import Settings


def dataset_layout(settings: Settings, found: Repository, token: str | None = None) -> tuple[Repository, Layout]:
    """The repository at the commit that the layout's files are of, and the layout.

    Args:
        found: what :func:`dataset_facts` says of it.

    Raises:
        HubError: as :func:`core.hub.asking.ask`.
        BadInput: nothing of it can be read here; says why.
    """
    own = layout(found)
    if own.configs:
        return found, own
    try:
        copy = dataset_facts(settings, found.id, revision=CONVERTED, token=token)
    except HubError as error:
        if "no such revision" not in error.found:
            raise
        copy = None
    if copy is not None and (other := converted_layout(copy)).configs:
        return found.model_copy(update={"commit": copy.commit, "file_bytes": copy.file_bytes}), other
    raise BadInput(
        "a data set with Parquet, JSON, CSV, Arrow or text files",
        " ".join(own.left_out) or f"none in {found.id}",
        "Choose another one, or download what you need and upload it as a table.",
    )
