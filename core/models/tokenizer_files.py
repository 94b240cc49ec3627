"""The files of a tokenizer alone: of a model on the Hub no weights are fetched."""

from __future__ import annotations

from core import hub
from core.errors import HubError
from core.hub.client import is_commit
from core.models.catalogue import resolve
from core.models.describe import max_length_of
from core.models.fetched import check_access, commit_for
from core.models.files import ModelFiles
from core.models.safety import CONFIG, check_tokenizer_folder
from core.schema import ModelReference
from core.settings import Settings
from core.workspaces import LOCAL


def resolve_tokenizer(settings: Settings, reference: str, owner: str = LOCAL) -> ModelFiles:
    """The files of a model's tokenizer, checked. What is on this machine is used; of a Hub model only its small files are downloaded.

    Raises:
        SheetformerError: as :func:`core.models.resolve`.
    """
    parsed = ModelReference.parse(reference)
    if parsed.kind != "hub":
        return resolve(settings, reference, owner)
    check_access(settings, owner, parsed.name)
    cached = hub.cached_tokenizer(parsed.name, parsed.revision)
    if cached is None or not is_commit(parsed.revision):
        try:
            commit, token = commit_for(settings, owner, parsed)
            cached = (commit, hub.download(parsed.name, commit, name=parsed.revision or hub.MAIN, patterns=hub.TEXT_PATTERNS, token=token))
        except HubError:
            if cached is None:
                raise
    commit, folder = cached
    config = check_tokenizer_folder(settings, folder, root=folder.parents[1])
    return ModelFiles(
        reference=f"{parsed.name}@{commit}",
        revision=commit,
        base=folder,
        adapter=None,
        tasks=(),
        labels=(),
        max_length=max_length_of(config) if (folder / CONFIG).is_file() else None,
    )
