"""What can be published: the workspace's adapters, its whole models, its results; one of them chosen and put together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from core import jobs, live, models, publish, tables
from core.errors import SheetformerError
from core.publish import personal
from core.runs import open_run
from core.schema import FinetuneSpec, JobState, ModelReference, PredictSpec, TableSource, base_of
from pages.parts import links
from pages.parts.adapters import listing
from pages.parts.live import desk
from pages.parts.publish import columns
from pages.parts.text import option, plain
from pages.parts.visit import Visit, errors_shown, show_error

WHAT = "what"  # in the address
ADAPTER, MERGED, WHOLE, RESULT = "adapter", "merged", "local", "run"
SORTS = {ADAPTER: "An adapter", MERGED: "An adapter merged into its base", WHOLE: "A whole model tuned here", RESULT: "A result"}
PARCEL = "publish_parcel"
MERGE_HELP = "A whole model needs no peft, and takes as much room as its base."


@dataclass(frozen=True)
class Thing:
    """One thing of the workspace.

    Args:
        sort: one of ``SORTS``.
        name: of the adapter or model, or the id of the run.
    """

    sort: str
    name: str

    @property
    def address(self) -> str:
        """As the page's address has it."""
        return f"{self.sort}:{self.name}"

    @property
    def kind(self) -> publish.Kind:
        """Of the repository that it fits."""
        return "dataset" if self.sort == RESULT else "model"


@dataclass(frozen=True)
class Ready:
    """A thing with its files put together.

    Args:
        files: as they leave, but for the card.
        found: what of them should not leave.
        names: of the user's files that stand behind it, which a card must not tell.
        data: of the data behind it, where it is a data set of the Hub: owner/name, and its licence.
    """

    thing: Thing
    files: publish.Parcel
    found: tuple[publish.Finding, ...]
    names: tuple[str, ...]
    data: tuple[str, str] = ("", "")


def pick(visit: Visit) -> Thing | None:
    """The thing of the address, or the first; the controls name another."""
    shelf = {sort: names for sort, names in _shelf(visit).items() if names}
    if not shelf:
        _none_yet()
        return None
    sort, _, name = st.query_params.get(WHAT, "").partition(":")
    if name and name not in shelf.get(sort, {}):
        st.info(f"{plain(sort)} {plain(name)} cannot be published: gone, another's, or not finished.", icon=":material/link_off:")
    left, right = st.columns([2, 3], vertical_alignment="bottom")
    sorts = list(shelf)
    at = sorts.index(sort) if sort in sorts else 0
    sort = left.selectbox("What", sorts, index=at, format_func=SORTS.__getitem__, key="publish-sort", on_change=_named)
    names = list(shelf[sort])
    at = names.index(name) if name in names else 0
    words = shelf[sort].__getitem__
    return Thing(sort, right.selectbox("Which", names, index=at, format_func=words, key=f"publish-name-{sort}", on_change=_named))


def _named() -> None:
    """A choice goes into the address; until there is one, it says what it said."""
    sort = st.session_state["publish-sort"]
    st.query_params[WHAT] = f"{sort}:{st.session_state.get(f'publish-name-{sort}', '')}"


def _shelf(visit: Visit) -> dict[str, dict[str, str]]:
    """Sort to name to title, newest results first."""
    adapters = {one.name: option(one.name) for one in listing.read(visit) if one.usable}
    whole = {name: option(name) for name in models.OWN_MODELS.names(visit.settings, visit.workspace)}
    done = [job for job in jobs.list_jobs(visit.settings, owner=visit.workspace) if job.kind == "predict" and job.state is JobState.DONE]
    results = {job.id: option(f"{job.title or job.id}, {listing.moment(job.ended or job.created)}") for job in done}
    return {ADAPTER: adapters, MERGED: adapters, WHOLE: whole, RESULT: results}


def _none_yet() -> None:
    st.info("Nothing to publish yet: tune an adapter or score a table first. The sample is a start.", icon=":material/inventory_2:")
    with st.container(horizontal=True):
        st.page_link(links.FINETUNE, label="Fine-tune on a table", icon=":material/school:")
        st.page_link(links.BATCH, label="Score a table", icon=":material/label:")


def ready(visit: Visit, thing: Thing) -> Ready | None:
    """The thing with its files, put together once for as long as it is chosen."""
    with errors_shown():
        stay, masked = columns.show(visit, thing.name) if thing.sort == RESULT else ((), ())
        if thing.sort == MERGED and not _merged(visit, thing.name):
            return None
        source = _source(visit, thing).stat()
        asked = (visit.workspace, thing, stay, masked, source.st_ino, source.st_mtime_ns)
        before = st.session_state.get(PARCEL)
        if before is None or before[0] != asked or not before[1].files.folder.is_dir():
            if before is not None:
                _let_go(before[1])
            with st.spinner("Putting the files together and looking at what they hold…"):
                before = (asked, _packed(visit, thing, stay, masked))
            st.session_state[PARCEL] = before
        return before[1]
    return None


def _source(visit: Visit, thing: Thing) -> Path:
    """What it is made of: put together again when another of the same name has taken its place."""
    settings, owner = visit.settings, visit.workspace
    if thing.sort == RESULT:
        return publish.result_of(settings, owner, thing.name).result_path
    if thing.sort == MERGED:
        return live.merged_zip(settings, owner, thing.name)
    if thing.sort == WHOLE:
        return publish.own_model_folder(settings, owner, thing.name)
    return models.own_adapter_folder(settings, owner, ModelReference.parse(f"adapter:{thing.name}"))


def sent() -> None:
    """The files have been handed to a push, which throws them away when they have arrived: the next one gets files of its own."""
    st.session_state.pop(PARCEL, None)


def _let_go(before: Ready) -> None:
    before.files.discard()


def _packed(visit: Visit, thing: Thing, stay: tuple[str, ...], masked: tuple[str, ...]) -> Ready:
    settings, owner = visit.settings, visit.workspace
    makers: dict[str, Callable[[], publish.Parcel]] = {
        ADAPTER: lambda: publish.pack_adapter(settings, owner, thing.name),
        MERGED: lambda: publish.pack_whole(settings, owner, f"adapter:{thing.name}", live.merged_zip(settings, owner, thing.name)),
        WHOLE: lambda: publish.pack_whole(settings, owner, f"local:{thing.name}", publish.own_model_folder(settings, owner, thing.name)),
        RESULT: lambda: publish.pack_result(settings, owner, thing.name, leave_out=stay, masked=masked, mask=personal.masked),
    }
    parcel = makers[thing.sort]()
    tables_behind = _behind(visit, thing)
    names, data = tuple(source.name for source in tables_behind), _data(visit, tables_behind)
    return Ready(thing, parcel, tuple(publish.in_files(settings, parcel)), names, data)


def _behind(visit: Visit, thing: Thing) -> tuple[TableSource, ...]:
    """The tables behind it, as far as its run is here."""
    try:
        run = thing.name if thing.sort == RESULT else _run_of(visit, thing)
        spec = open_run(visit.settings, run).spec() if run else None
    except SheetformerError:
        return ()
    one = base_of(spec)
    if isinstance(one, PredictSpec):
        return (one.table,)
    if isinstance(one, FinetuneSpec):
        return tuple(source for source in (one.table, one.validation) if source)
    return ()


def _data(visit: Visit, behind: Sequence[TableSource]) -> tuple[str, str]:
    """owner/name and licence of the data set of the Hub that the first table is of; both empty for a file of the user's."""
    if not behind or behind[0].hub is None:
        return "", ""
    try:
        licence = tables.open_table(visit.settings, visit.workspace, behind[0].id).report.licence
    except SheetformerError:  # the table has gone; its run knows the name
        licence = ""
    return behind[0].hub.dataset, licence


def _run_of(visit: Visit, thing: Thing) -> str | None:
    if thing.sort == WHOLE:
        return models.adapter_facts(visit.settings, publish.own_model_folder(visit.settings, visit.workspace, thing.name)).run
    return next((one.facts.run for one in listing.read(visit) if one.name == thing.name), None)


def _merged(visit: Visit, name: str) -> bool:
    """Whether the whole model is there; the button that makes it where not."""
    if live.merged_zip(visit.settings, visit.workspace, name).is_file():
        return True
    st.caption(MERGE_HELP)
    if not st.button("Merge it", type="primary", icon=":material/merge:", key="publish-merge"):
        return False
    words = {"adapter": name, "workspace": visit.workspace}
    with st.spinner(f"Loading the base of {plain(name)} and merging. A small model takes seconds, a large one minutes."):
        try:
            desk(visit.settings).now("merge", words, visit.settings.merge_seconds)
        except SheetformerError as error:
            show_error(error)
            return False
    return True
