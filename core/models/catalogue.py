"""From a model reference to files, and the list of everything that can be chosen."""

from __future__ import annotations

from pathlib import Path

from core import hub
from core.errors import HubError, NotAllowed, NotFound, SheetformerError
from core.hub.client import is_commit
from core.models.backbone import BACKBONE, BACKBONE_ID, adapter_folder, adapter_names, backbone_folder
from core.models.cards import read_card
from core.models.describe import SENTENCE_CONFIG, TASK_OF_ADAPTER, describe_folder, labels_of, max_length_of, tasks_of_folder
from core.models.files import ModelFiles, content_hash, weights_size
from core.models.hub_defaults import hub_entries
from core.models.local import local_folder, read_registry
from core.models.safety import ADAPTER_CONFIG, CONFIG, Json, check_adapter, check_folder, read_json
from core.models.weights import read_headers
from core.schema import ModelEntry, ModelReference
from core.settings import Settings


def resolve(settings: Settings, reference: str) -> ModelFiles:
    """The files a reference stands for, checked. A Hub id may download them.

    Raises:
        BadInput: no reference at all.
        NotFound: no such model.
        NotAllowed: its files are not safe to load.
        HubError: the Hub cannot be reached and no earlier download is there.
    """
    parsed = ModelReference.parse(reference)
    if parsed.kind == "hub":
        return _from_hub(settings, parsed)
    if parsed.kind == "local":
        folder = local_folder(settings, parsed)
        return _whole(settings, str(parsed), content_hash(folder), folder)
    if parsed.kind == "embedded" and parsed.name == BACKBONE:
        folder = backbone_folder()
        return _whole(settings, str(parsed), content_hash(folder), folder)
    folder = adapter_folder(parsed) if parsed.kind == "embedded" else own_adapter_folder(settings, parsed)
    return _with_adapter(settings, str(parsed), folder)


def own_adapter_folder(settings: Settings, reference: ModelReference) -> Path:
    """Folder of an adapter that was tuned here.

    Raises:
        NotFound: none of this name.
        NotAllowed: the folder is a link that leads out of the data folder.
    """
    shelf = settings.home / "adapters"
    folder = shelf / reference.name
    if not folder.resolve().is_relative_to(shelf.resolve()):
        raise NotAllowed("an adapter in the data folder", f"{reference}, a link that leads out of it", "Copy the folder in its place.")
    if not folder.is_dir():
        names = ", ".join(f"adapter:{name}" for name in _own_adapters(settings)) or "none at all"
        raise NotFound("an adapter of this data folder", f"{reference}; there is {names}", "Choose one of the list of models.")
    return folder


def list_models(settings: Settings, task: str | None = None) -> list[ModelEntry]:
    """Everything that can be chosen, usable ones first. A model that cannot be used stays in the full list and says why.

    Args:
        task: a task's Hub name; without it all are listed.
    """
    references = [f"embedded:{name}" for name in (*adapter_names(), BACKBONE)]
    references += [f"adapter:{name}" for name in _own_adapters(settings)]
    references += [f"local:{name}" for name in sorted(read_registry(settings))]
    entries = [_entry(settings, reference) for reference in references] + hub_entries()
    return [entry for entry in entries if task is None or task in entry.tasks]


def _entry(settings: Settings, reference: str) -> ModelEntry:
    """A line of the list, without hashing or downloading anything."""
    try:
        parsed = ModelReference.parse(reference)
        if parsed.kind == "local":
            folder = local_folder(settings, parsed)
            return describe_folder(reference, folder, check_folder(settings, folder))
        if parsed.name == BACKBONE and parsed.kind == "embedded":
            folder = backbone_folder()
            entry = describe_folder(reference, folder, check_folder(settings, folder))
            return entry.model_copy(update={"summary": "Embeddings of English texts, 384 numbers each."})
        folder = adapter_folder(parsed) if parsed.kind == "embedded" else own_adapter_folder(settings, parsed)
        return _adapter_entry(settings, reference, folder)
    except SheetformerError as error:
        return ModelEntry(reference=reference, title=reference.partition(":")[2], tasks=[], summary=f"Cannot be used: {error}")


def _adapter_entry(settings: Settings, reference: str, folder: Path) -> ModelEntry:
    adapter, card = check_adapter(settings, folder), read_card(folder)
    config = _own_config(settings, folder)
    return ModelEntry(
        reference=reference,
        title=reference.partition(":")[2],
        tasks=[TASK_OF_ADAPTER[str(adapter["task_type"])]] if adapter.get("task_type") in TASK_OF_ADAPTER else [],
        labels=list(labels_of(config)),
        languages=list(card.languages or ()),
        size_bytes=weights_size(folder),
        summary=card.summary,
    )


def _own_adapters(settings: Settings) -> list[str]:
    """Names of the adapters tuned here; folders whose name is no name are not ours."""
    names = []
    for path in sorted((settings.home / "adapters").glob(f"*/{ADAPTER_CONFIG}")):
        try:
            names.append(ModelReference.parse(f"adapter:{path.parent.name}").name)
        except SheetformerError:
            continue
    return names


def _whole(settings: Settings, reference: str, revision: str, folder: Path, *, root: Path | None = None) -> ModelFiles:
    config = check_folder(settings, folder, root=root)
    tasks = tasks_of_folder(config, folder)
    lengths = [max_length_of(config)]
    if (folder / SENTENCE_CONFIG).is_file():
        declared = read_json(settings, folder / SENTENCE_CONFIG)
        lengths.append(declared.get("max_seq_length") if isinstance(declared, dict) else None)
    known = [length for length in lengths if isinstance(length, int) and length > 0]
    classifies = bool({"text-classification", "token-classification"} & set(tasks))
    return ModelFiles(
        reference=reference,
        revision=revision,
        base=folder,
        adapter=None,
        tasks=tasks,
        labels=labels_of(config) if classifies else (),
        card=read_card(folder),
        size_bytes=weights_size(folder),
        max_length=min(known, default=None),
    )


def _with_adapter(settings: Settings, reference: str, folder: Path) -> ModelFiles:
    adapter = check_adapter(settings, folder)
    read_headers(folder)
    base = _base_of(settings, adapter)
    own = _own_config(settings, folder)
    config = check_folder(settings, base) | own
    task = TASK_OF_ADAPTER.get(str(adapter.get("task_type")))
    return ModelFiles(
        reference=reference,
        revision=content_hash(base, folder),
        base=base,
        adapter=folder,
        tasks=(task,) if task else (),
        labels=labels_of(own),
        card=read_card(folder),
        size_bytes=weights_size(base) + weights_size(folder),
        max_length=max_length_of(config),
    )


def _base_of(settings: Settings, adapter: Json) -> Path:
    """Folder of the model that an adapter was tuned on.

    Raises:
        NotAllowed: it names neither the embedded backbone nor another model by reference: a path, an address.
    """
    name = adapter.get("base_model_name_or_path")
    if name in (BACKBONE_ID, f"embedded:{BACKBONE}"):
        return backbone_folder()
    try:
        parsed = ModelReference.parse(str(name))
    except SheetformerError as error:
        raise NotAllowed(
            "an adapter that names its base by a model reference", repr(name)[:80], "Correct base_model_name_or_path."
        ) from error
    if parsed.kind == "local":
        return local_folder(settings, parsed)
    if parsed.kind == "hub":
        revision = adapter.get("revision")
        return _from_hub(settings, parsed.model_copy(update={"revision": revision if isinstance(revision, str) else None})).base
    raise NotAllowed("an adapter on a whole model", f"one on {parsed}", "Merge the other adapter first.")


def _own_config(settings: Settings, folder: Path) -> Json:
    """The labels of an adapter: a ``config.json`` beside its weights, as a whole model has it."""
    if not (folder / CONFIG).is_file():
        return {}
    found = read_json(settings, folder / CONFIG)
    return found if isinstance(found, dict) else {}


def _from_hub(settings: Settings, reference: ModelReference) -> ModelFiles:
    """A commit that is there is used without asking; a branch is asked for, and an earlier download does where nobody answers."""
    cached = hub.cached_snapshot(reference.name, reference.revision)
    if cached is None or not is_commit(reference.revision):
        try:
            hub.probe(settings)
            commit = reference.revision if is_commit(reference.revision) else hub.resolve_revision(reference.name, reference.revision)
            cached = (commit, hub.download(reference.name, commit, name=reference.revision or hub.MAIN))
        except HubError:
            if cached is None:
                raise
    commit, folder = cached
    # In the cache a snapshot is links to blobs beside it, two folders up.
    return _whole(settings, f"{reference.name}@{commit}", commit, folder, root=folder.parents[1])
