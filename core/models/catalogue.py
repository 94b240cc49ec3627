"""From a model reference to files, and the list of everything that can be chosen."""

from __future__ import annotations

import os
from pathlib import Path

from core import hub
from core.errors import BadInput, Conflict, HubError, NotAllowed, NotFound, SheetformerError
from core.hub.client import is_commit
from core.models.adapters import AdapterFacts, adapter_facts, own_adapter_folder
from core.models.adapters import adapter_names as own_adapter_names
from core.models.backbone import BACKBONE, BACKBONE_ID, adapter_folder, adapter_names, backbone_folder
from core.models.cards import read_card
from core.models.describe import SENTENCE_CONFIG, TASK_OF_ADAPTER, describe_folder, labels_of, max_length_of, tasks_of_folder
from core.models.fetched import check_access, commit_for, note_right, read_fetched, token_for
from core.models.files import ModelFiles, content_hash, weights_size
from core.models.hub_defaults import hub_entries
from core.models.local import local_folder, local_names
from core.models.safety import CONFIG, Json, check_adapter, check_folder, check_tokenizer_folder, read_json
from core.models.weights import read_headers
from core.schema import ModelEntry, ModelReference
from core.settings import Settings
from core.workspaces import LOCAL


def resolve(settings: Settings, reference: str, owner: str = LOCAL, *, fetch: bool = True) -> ModelFiles:
    """The files a reference stands for, checked. A Hub id may download them.

    Args:
        owner: workspace whose adapters are meant; no other's are seen.
        fetch: a model of the Hub may be downloaded; without, it has to be here.

    Raises:
        BadInput: no reference at all.
        NotFound: no such model.
        Conflict: the base of an adapter is not what it was tuned on.
        NotAllowed: its files are not safe to load.
        HubError: the Hub cannot be reached and no earlier download is there.
    """
    parsed = ModelReference.parse(reference)
    if parsed.kind == "hub":
        check_access(settings, owner, parsed.name)
        return _from_hub(settings, parsed, owner, fetch=fetch)
    if parsed.kind == "local":
        folder = local_folder(settings, parsed, owner)
        return _whole(settings, str(parsed), content_hash(folder), folder)
    if parsed.kind == "embedded" and parsed.name == BACKBONE:
        folder = backbone_folder()
        return _whole(settings, str(parsed), content_hash(folder), folder)
    folder = adapter_folder(parsed) if parsed.kind == "embedded" else own_adapter_folder(settings, owner, parsed)
    return _with_adapter(settings, str(parsed), folder, owner, fetch=fetch)


def foresee(settings: Settings, reference: str, owner: str = LOCAL) -> ModelFiles:
    """As :func:`resolve`, but of a model of the Hub that is not here the small files only: a run fetches its weights first.

    Raises:
        SheetformerError: as :func:`resolve`; BadInput where the model could not be used here anyway.
    """
    parsed = ModelReference.parse(reference)
    if parsed.kind != "hub":
        return resolve(settings, reference, owner)
    check_access(settings, owner, parsed.name)
    cached = hub.cached_snapshot(parsed.name, parsed.revision)
    if cached and is_commit(parsed.revision):
        return _cached(settings, parsed, *cached)
    try:
        token = token_for(owner)
        found = hub.model_facts(settings, parsed.name, revision=parsed.revision, token=token)
        note_right(settings, owner, found, token, parsed.name)
        here = hub.cached_snapshot(parsed.name, found.commit)
        return _cached(settings, parsed, *here) if here else _announced(settings, parsed, found, token)
    except HubError:
        if cached is None:
            raise
    return _cached(settings, parsed, *cached)


def hub_model(settings: Settings, reference: str, owner: str = LOCAL) -> ModelReference | None:
    """The model of the Hub that a reference needs: itself, or the base of an adapter. ``None`` where it needs none.

    Raises:
        NotFound: no such adapter, or a model that this workspace may not use.
    """
    parsed = ModelReference.parse(reference)
    if parsed.kind == "adapter":
        folder = own_adapter_folder(settings, owner, parsed)
        adapter, facts = check_adapter(settings, folder), adapter_facts(settings, folder)
        name, revision = str(adapter.get("base_model_name_or_path")), adapter.get("revision") or facts.base_revision
        if name == BACKBONE_ID or name.startswith(("embedded:", "local:", "adapter:")):
            return None
        try:
            parsed = _at(ModelReference.parse(name), revision)
        except SheetformerError:  # whoever loads it says what is wrong with it
            return None
    if parsed.kind != "hub":
        return None
    check_access(settings, owner, parsed.name)
    return parsed


def list_models(settings: Settings, task: str | None = None, owner: str = LOCAL) -> list[ModelEntry]:
    """Everything that can be chosen, usable ones first. A model that cannot be used stays in the full list and says why.

    Args:
        task: a task's Hub name; without it all are listed.
        owner: workspace whose adapters are listed.
    """
    references = [f"embedded:{name}" for name in (*adapter_names(), BACKBONE)]
    references += [f"adapter:{name}" for name in own_adapter_names(settings, owner)]
    references += [f"local:{name}" for name in local_names(settings, owner)]
    fetched = read_fetched(settings, owner)
    references += [one.reference for one in fetched]
    here = {one.name for one in fetched}
    entries = [_entry(settings, reference, owner) for reference in references]
    entries += [entry for entry in hub_entries() if entry.reference not in here]
    return [entry for entry in entries if task is None or task in entry.tasks]


def _entry(settings: Settings, reference: str, owner: str) -> ModelEntry:
    """A line of the list, without hashing or downloading anything."""
    try:
        parsed = ModelReference.parse(reference)
        if parsed.kind == "hub":
            return _hub_entry(settings, parsed)
        if parsed.kind == "local":
            folder = local_folder(settings, parsed, owner)
            return describe_folder(reference, folder, check_folder(settings, folder))
        if parsed.name == BACKBONE and parsed.kind == "embedded":
            folder = backbone_folder()
            entry = describe_folder(reference, folder, check_folder(settings, folder))
            return entry.model_copy(update={"summary": "Embeddings of English texts, 384 numbers each."})
        folder = adapter_folder(parsed) if parsed.kind == "embedded" else own_adapter_folder(settings, owner, parsed)
        return _adapter_entry(settings, reference, folder)
    except (SheetformerError, OSError) as error:
        told = error if isinstance(error, SheetformerError) else _unreadable(error)
        return ModelEntry(reference=reference, title=reference.partition(":")[2], tasks=[], summary=f"Cannot be used: {told}")


def _unreadable(error: OSError) -> NotFound:
    """A file that may not be read, or went between two looks at its folder; by its name alone, as a list is seen by many."""
    name = Path(os.fsdecode(error.filename)).name if isinstance(error.filename, str | bytes | os.PathLike) else "a file"
    return NotFound("files that can be read", f"{name}: {error.strerror or type(error).__name__}", "Copy or fetch the model again.")


def _hub_entry(settings: Settings, reference: ModelReference) -> ModelEntry:
    """A model that was fetched before."""
    cached = hub.cached_snapshot(reference.name, reference.revision)
    if cached is None:
        raise NotFound(f"the files of {reference}", "none in the cache of downloads", "Fetch it again on the Hub page.")
    folder = cached[1]
    entry = describe_folder(str(reference), folder, check_folder(settings, folder, root=folder.parents[1]))
    return entry.model_copy(update={"title": reference.name})


def _adapter_entry(settings: Settings, reference: str, folder: Path) -> ModelEntry:
    adapter, card = check_adapter(settings, folder), read_card(folder)
    facts = adapter_facts(settings, folder)
    return ModelEntry(
        reference=reference,
        title=reference.partition(":")[2],
        tasks=list(_tasks_of_adapter(adapter, facts)),
        labels=list(labels_of(_own_config(settings, folder)) or facts.labels),
        languages=list(card.languages or ()),
        size_bytes=weights_size(folder),
        summary=card.summary,
    )


def _whole(settings: Settings, reference: str, revision: str, folder: Path, *, root: Path | None = None) -> ModelFiles:
    return _described(settings, reference, revision, folder, check_folder(settings, folder, root=root), weights_size(folder))


def _described(settings: Settings, reference: str, revision: str, folder: Path, config: Json, size: int) -> ModelFiles:
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
        size_bytes=size,
        max_length=min(known, default=None),
    )


def _with_adapter(settings: Settings, reference: str, folder: Path, owner: str, *, fetch: bool = True) -> ModelFiles:
    adapter = check_adapter(settings, folder)
    read_headers(folder)
    facts = adapter_facts(settings, folder)
    base = base_of(settings, adapter, facts, owner, fetch=fetch)
    own = _own_config(settings, folder)
    config = read_json(settings, base.base / CONFIG)
    return ModelFiles(
        reference=reference,
        revision=content_hash(base.base, folder),
        base=base.base,
        adapter=folder,
        tasks=_tasks_of_adapter(adapter, facts),
        labels=labels_of(own) or facts.labels,
        card=read_card(folder),
        size_bytes=base.size_bytes + weights_size(folder),
        max_length=max_length_of((config if isinstance(config, dict) else {}) | own),
    )


def _tasks_of_adapter(adapter: Json, facts: AdapterFacts) -> tuple[str, ...]:
    """The task that it was tuned for, where that is known, and the one that its head is for."""
    head = TASK_OF_ADAPTER.get(str(adapter.get("task_type")))
    return tuple(dict.fromkeys(task for task in (facts.task, head) if task))


def base_of(settings: Settings, adapter: Json, facts: AdapterFacts, owner: str, *, fetch: bool = True) -> ModelFiles:
    """The model that an adapter was tuned on.

    Args:
        adapter: its ``adapter_config.json``.
        owner: workspace whose models it may name.
        fetch: a model of the Hub may be downloaded; without, it has to be here.

    Raises:
        NotAllowed: it names neither the embedded backbone nor another model by reference: a path, an address.
        NotFound: a local model that is not registered, or a model of the Hub that may not be fetched.
        Conflict: the local model is not the one that it was tuned on any more.
    """
    name = adapter.get("base_model_name_or_path")
    if name in (BACKBONE_ID, f"embedded:{BACKBONE}"):
        return resolve(settings, f"embedded:{BACKBONE}")
    try:
        parsed = ModelReference.parse(str(name))
    except SheetformerError as error:
        raise NotAllowed(
            "an adapter that names its base by a model reference", repr(name)[:80], "Correct base_model_name_or_path."
        ) from error
    if parsed.kind == "hub":
        check_access(settings, owner, parsed.name)
        return _hub_base(settings, parsed, adapter.get("revision") or facts.base_revision, owner, fetch=fetch)
    if parsed.kind != "local":
        raise NotAllowed("an adapter on a whole model", f"one on {parsed}", "Merge the other adapter first.")
    files = resolve(settings, str(parsed), owner)
    if facts.base_revision not in (None, files.revision):
        found = f"revision {files.revision[:12]}; the adapter was tuned on {str(facts.base_revision)[:12]}"
        raise Conflict(f"{parsed} as it was", found, "Register the folder as it was, or tune the adapter again.")
    return files


def _hub_base(settings: Settings, reference: ModelReference, revision: object, owner: str, *, fetch: bool) -> ModelFiles:
    wanted = _at(reference, revision)
    if not fetch and hub.cached_snapshot(wanted.name, wanted.revision) is None:
        raise NotFound(
            "the base of the adapter on this machine", f"no {wanted}", "Score some rows with that model first: it is fetched then."
        )
    return _from_hub(settings, wanted, owner, fetch=fetch)


def _at(reference: ModelReference, revision: object) -> ModelReference:
    """The model at the revision that an adapter names, if any.

    Raises:
        BadInput: the revision could be a path.
    """
    return ModelReference.parse(f"{reference.name}@{revision}") if isinstance(revision, str) else reference


def _own_config(settings: Settings, folder: Path) -> Json:
    """The labels of an adapter: a ``config.json`` beside its weights, as a whole model has it."""
    if not (folder / CONFIG).is_file():
        return {}
    found = read_json(settings, folder / CONFIG)
    return found if isinstance(found, dict) else {}


def _from_hub(settings: Settings, reference: ModelReference, owner: str, *, fetch: bool = True) -> ModelFiles:
    """A commit that is there is used without asking; a branch is asked for, and an earlier download does where nobody answers.

    Args:
        fetch: without, nobody is asked: an earlier download must be there.
    """
    cached = hub.cached_snapshot(reference.name, reference.revision)
    if cached is None and not fetch:
        raise NotFound(f"the files of {reference} on this machine", "none", "Start a run with it, or fetch it on the Hub page.")
    if cached is None or (fetch and not is_commit(reference.revision)):
        try:
            commit, token = commit_for(settings, owner, reference)
            cached = (commit, hub.download(reference.name, commit, name=reference.revision or hub.MAIN, token=token))
        except HubError:
            if cached is None:
                raise
    return _cached(settings, reference, *cached)


def _cached(settings: Settings, reference: ModelReference, commit: str, folder: Path) -> ModelFiles:
    # In the cache a snapshot is links to blobs beside it, two folders up.
    return _whole(settings, f"{reference.name}@{commit}", commit, folder, root=folder.parents[1])


def _announced(settings: Settings, reference: ModelReference, found: hub.Repository, token: str | None) -> ModelFiles:
    """A model of the Hub by its small files and what the Hub says of the others."""
    if why_not := hub.unfit(found, hub.cache_folder()):
        raise BadInput(f"a model that can be used here, not {found.id}", " ".join(why_not), "Choose another model.")
    name = reference.revision or hub.MAIN
    folder = hub.download(found.id, found.commit, name=name, patterns=hub.TEXT_PATTERNS, token=token)
    config = check_tokenizer_folder(settings, folder, root=folder.parents[1])
    return _described(settings, f"{found.id}@{found.commit}", found.commit, folder, config, found.size_bytes or 0)
