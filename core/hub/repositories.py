"""Models and data sets of the Hub: searched, and described before anything is downloaded."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from core.errors import HubError
from core.hub.asking import ask
from core.hub.client import PATTERNS, is_commit
from core.settings import Settings

Sort = Literal["downloads", "likes", "last_modified", "trending_score", "created_at"]
MODEL_FIELDS = ("author", "cardData", "config", "downloads", "gated", "lastModified", "library_name", "likes", "pipeline_tag", "private")
MODEL_FIELDS += ("safetensors", "sha", "siblings", "tags", "usedStorage")
DATASET_FIELDS = ("author", "cardData", "description", "downloads", "gated", "lastModified", "likes", "private", "sha", "siblings", "tags")
WEIGHTS = ".safetensors"
REMOTE_CODE = "custom_code"


class Repository(BaseModel):
    """What the Hub says of a repository. All texts are its users': shown as data, never as markup.

    Args:
        commit: 40 hexadecimal digits that its main branch stands for now.
        gated: who wants to read it must accept conditions first.
        remote_code: it cannot be loaded without running code of its own.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    author: str = ""
    commit: str = ""
    task: str = ""
    library: str = ""
    licence: str = ""
    tags: tuple[str, ...] = ()
    downloads: int = Field(0, description="In the last 30 days.")
    likes: int = 0
    changed: datetime | None = None
    gated: bool = False
    private: bool = False
    safetensors: bool = False
    parameters: int | None = None
    size_bytes: int | None = Field(None, description="Of the files that would be fetched; None where the Hub does not say.")
    remote_code: bool = False
    files: tuple[str, ...] = ()
    file_bytes: dict[str, int] = Field({}, description="Size of each file of a data set, where the Hub says it.")
    card: dict[str, Any] = Field({}, description="Front matter of the card of a data set: what its author says of configs and columns.")


def search_models(
    settings: Settings,
    words: str = "",
    *,
    task: str | None = None,
    author: str | None = None,
    library: str | None = None,
    licence: str | None = None,
    most_parameters: str | None = None,
    sort: Sort = "downloads",
    limit: int = 20,
    token: str | None = None,
) -> list[Repository]:
    """Models that fit.

    Args:
        words: parts of the name.
        most_parameters: upper limit as the Hub writes it: ``500M``, ``1B``.
        limit: at most ``settings.max_hub_results``.

    Raises:
        HubError: as :func:`core.hub.asking.ask`.
    """
    tags = [tag for tag in (library, f"license:{licence}" if licence else None) if tag]
    asked = {
        "search": words or None,
        "pipeline_tag": task,
        "author": author or None,
        "filter": tags or None,
        "num_parameters": f"max:{most_parameters}" if most_parameters else None,
        "sort": sort,
        "limit": min(limit, settings.max_hub_results),
        "expand": list(MODEL_FIELDS),
    }
    return ask(settings, "a list of models", lambda api: [_model(found) for found in api.list_models(**asked)], token)


def search_datasets(
    settings: Settings,
    words: str = "",
    *,
    task: str | None = None,
    author: str | None = None,
    licence: str | None = None,
    sort: Sort = "downloads",
    limit: int = 20,
    token: str | None = None,
) -> list[Repository]:
    """Data sets that fit; arguments as of :func:`search_models`."""
    tags = [tag for tag in (f"task_categories:{task}" if task else None, f"license:{licence}" if licence else None) if tag]
    asked = {
        "search": words or None,
        "author": author or None,
        "filter": tags or None,
        "sort": sort,
        "limit": min(limit, settings.max_hub_results),
        "expand": list(DATASET_FIELDS),
    }
    return ask(settings, "a list of data sets", lambda api: [_described(found) for found in api.list_datasets(**asked)], token)


def model_facts(settings: Settings, repository: str, *, revision: str | None = None, token: str | None = None) -> Repository:
    """One model, with the size of what would be fetched.

    Raises:
        HubError: as :func:`core.hub.asking.ask`; also where the Hub names no commit.
    """
    what = f"model {repository}" + (f" at {revision}" if revision else "")
    found = ask(settings, what, lambda api: api.model_info(repository, revision=revision, files_metadata=True), token)
    return _pinned(what, _model(found))


def dataset_facts(settings: Settings, repository: str, *, revision: str | None = None, token: str | None = None) -> Repository:
    """One data set, likewise."""
    what = f"data set {repository}" + (f" at {revision}" if revision else "")
    found = ask(settings, what, lambda api: api.dataset_info(repository, revision=revision, files_metadata=True), token)
    sizes = {file.rfilename: file.size for file in found.siblings or () if isinstance(file.size, int)}
    card = found.card_data.to_dict() if found.card_data is not None else {}
    return _pinned(what, _described(found)).model_copy(update={"file_bytes": sizes, "card": card})


def card_text(settings: Settings, repository: str, commit: str, *, kind: str = "model", token: str | None = None) -> str:
    """The card of a repository as plain text, its front matter left out, cut at ``max_card_kb``. Empty where it has none.

    Raises:
        HubError: as :func:`core.hub.asking.ask`.
    """
    from huggingface_hub.errors import EntryNotFoundError

    def read(api: Any) -> str:
        try:
            path = api.hf_hub_download(repository, "README.md", revision=commit, repo_type=kind)
        except EntryNotFoundError:
            return ""
        with Path(path).open(encoding="utf-8", errors="replace") as file:
            return file.read(settings.max_card_kb * 1_000)

    text = ask(settings, f"the card of {repository}", read, token)
    if text.startswith("---"):
        _, _, text = text[3:].partition("\n---")
    return text.strip()


def _pinned(what: str, found: Repository) -> Repository:
    if not is_commit(found.commit):
        raise HubError(f"a commit of {what}", repr(found.commit)[:60], "Try again later.")
    return found


def _model(found: Any) -> Repository:
    """A ``ModelInfo`` in our words."""
    config = found.config if isinstance(found.config, dict) else {}
    tags = tuple(map(str, found.tags or ()))
    total = getattr(found.safetensors, "total", None)
    return _described(found, PATTERNS).model_copy(
        update={
            "task": found.pipeline_tag or "",
            "library": found.library_name or "",
            "parameters": total if isinstance(total, int) else None,
            "remote_code": REMOTE_CODE in tags or "auto_map" in config,
        }
    )


def _described(found: Any, patterns: Sequence[str] = ("*",)) -> Repository:
    """What all kinds of repositories have.

    Args:
        patterns: names of the files that would be fetched.
    """
    siblings = list(found.siblings or ())
    names = tuple(file.rfilename for file in siblings)
    tags = tuple(map(str, found.tags or ()))
    fetched = [file for file in siblings if any(fnmatch(file.rfilename, pattern) for pattern in patterns)]
    sizes = [file.size for file in fetched if isinstance(getattr(file, "size", None), int)]
    licence = next((tag.removeprefix("license:") for tag in tags if tag.startswith("license:")), "")
    if not licence and found.card_data is not None:
        licence = str(found.card_data.to_dict().get("license") or "")
    return Repository(
        id=found.id,
        author=found.author or found.id.split("/")[0],
        commit=found.sha or "",
        licence=licence,
        tags=tags,
        downloads=found.downloads or 0,
        likes=found.likes or 0,
        changed=found.last_modified,
        gated=bool(found.gated),
        private=bool(found.private),
        safetensors=any(name.endswith(WEIGHTS) for name in names) or "safetensors" in tags,
        size_bytes=sum(sizes) if sizes else None,
        files=names,
    )
