"""Two or more runs side by side: who is better first, then curves, settings and figures."""

from __future__ import annotations

from collections.abc import Sequence
from string import ascii_uppercase
from typing import Any

import pandas as pd
import streamlit as st

from core import charts, comparison, jobs
from core.errors import NotFound
from core.evaluation.words import p_words, title_of
from core.runs import open_run
from core.schema import Job
from core.settings import Settings
from core.training.loop.history import read_history
from pages.parts import command, links
from pages.parts.figures import draw
from pages.parts.frames import grid
from pages.parts.runs import naming
from pages.parts.text import count, message, option, plain
from pages.parts.tuning.setting_names import setting_title
from pages.parts.values import in_words
from pages.parts.visit import Visit, errors_shown, show_error

KINDS = {"finetune": "Fine-tunes", "predict": "Scored tables"}
COUNTS_AS = {"search": "finetune"}  # a search is compared as its best trial
MOST_RUNS = 6  # more lines in one chart nobody can tell apart
RUNS, KIND, CHOSEN = "runs", "compare-kind", "compare-runs-"
LONGEST = 200
MOST_NAMED, MOST_TITLE = 160, 40  # characters of an entry, and of a table's name in it


def choose(visit: Visit) -> list[Job]:
    """The runs to compare: from the address, or picked among one's own."""
    linked = _linked(visit)
    if KIND not in st.session_state and linked:
        st.session_state[KIND] = _kind(linked[0])
    kind = st.radio("Compare", list(KINDS), format_func=KINDS.__getitem__, key=KIND, horizontal=True)
    own = [job for job in jobs.list_jobs(visit.settings, owner=visit.workspace) if _kind(job) == kind]
    known = {job.id: job for job in [*own, *(job for job in linked if _kind(job) == kind)]}
    if len(known) < 2 and not linked:
        st.info(f"There are no two {KINDS[kind].casefold()} yet.", icon=":material/info:")
        st.page_link(links.page_of(kind), label="Start one", icon=":material/add:")
        return []
    key = f"{CHOSEN}{kind}"
    if key not in st.session_state:
        st.session_state[key] = [job.id for job in linked if _kind(job) == kind]
    picked = st.multiselect(
        "Runs",
        list(known),
        format_func=lambda run_id: option(_named(visit, known[run_id]), MOST_NAMED),
        key=key,
        max_selections=MOST_RUNS,
        placeholder="Choose two or more",
        help="The first one is what the others are compared with.",
    )
    if picked:
        st.query_params[RUNS] = ",".join(picked)
    else:
        st.query_params.pop(RUNS, None)
    if len(picked) < 2:
        st.caption("Choose two or more runs. The first one is what the others are compared with.")
    return [known[run_id] for run_id in picked]


def _kind(job: Job) -> str:
    return COUNTS_AS.get(job.kind, job.kind)


def _named(visit: Visit, job: Job) -> str:
    """A run as the list offers it: runs of one table differ by task, model or at least by their ids."""
    said = naming.told(visit.settings, job).after(option(job.title or job.kind, MOST_TITLE))
    return f"{said} · {job.id[:6]}{' · search' if job.kind in COUNTS_AS else ''}"


def _linked(visit: Visit) -> list[Job]:
    """The jobs that the address names; who has their link may see them, as on a run's own page."""
    found = []
    for run_id in dict.fromkeys(filter(None, st.query_params.get(RUNS, "").split(","))):
        try:
            found.append(jobs.get(visit.settings, run_id))
        except NotFound as error:
            show_error(error)
    return found[:MOST_RUNS]


def show(visit: Visit, chosen: Sequence[Job]) -> None:
    """The answer in sentences, then what it rests on."""
    with errors_shown():
        ids = [job.id for job in chosen]
        version = tuple(_version(visit.settings, run_id) for run_id in ids)
        found = _compared(visit.settings, ids, version)
        _names(visit, chosen)
        _answer(found["pairs"])
        for note in found["notes"]:
            st.warning(message(note), icon=":material/warning:")
        if found["kind"] == "finetune":
            _curves(visit, chosen)
        _settings(found["settings"], len(ids))
        _metrics(found["metrics"], len(ids))
        _rows(found["pairs"])
        command.show(*(f"python -m core compare {ids[0]} {other}" for other in ids[1:]))


@st.cache_data(show_spinner="Comparing rows", max_entries=20)
def _compared(_settings: Settings, ids: list[str], version: tuple[Any, ...]) -> dict[str, Any]:
    """All runs side by side, and each against the first; ``version`` tells when one of them has changed."""
    beside = comparison.side_by_side(_settings, ids)
    return {**beside, "pairs": [comparison.compare(_settings, ids[0], other) for other in ids[1:]]}


def _version(settings: Settings, run_id: str) -> tuple[int, ...]:
    run = open_run(settings, run_id)
    paths = (run.summary_path, run.metrics_path, run.result_path, run.history_path)
    return tuple(path.stat().st_mtime_ns if path.exists() else 0 for path in paths)


def _names(visit: Visit, chosen: Sequence[Job]) -> None:
    """A letter for each run, with a link to its page, and what it was told of task and model."""
    with st.container(horizontal=True):
        for letter, job in zip(ascii_uppercase, chosen, strict=False):
            said = naming.told(visit.settings, job).after(option(job.title or job.kind, MOST_TITLE))
            links.run_link(job, label=f"{letter}: {plain(said, MOST_NAMED)}", icon=":material/open_in_new:")


def _answer(pairs: Sequence[dict[str, Any]]) -> None:
    """Who is better than the first, in words."""
    for letter, pair in zip(ascii_uppercase[1:], pairs, strict=False):
        paired = pair["paired"]
        for name in paired["differences"] if paired else ():
            st.markdown(f"**{message(comparison.verdict(paired, name, 'A', letter))}**")
        if pair["why_not"]:
            st.info(message(f"A and {letter}: {pair['why_not']}"), icon=":material/info:")
    if len(pairs) > 2:
        st.caption("With several comparisons, about one in twenty looks sure by chance alone.")


def _curves(visit: Visit, chosen: Sequence[Job]) -> None:
    histories = {
        f"{letter} {job.title or job.kind}": read_history(open_run(visit.settings, job.id))
        for letter, job in zip(ascii_uppercase, chosen, strict=False)
    }
    if any(histories.values()):
        draw(charts.learning_curves(histories), key="compare-curves")


def _settings(differing: dict[str, list[Any]], runs: int) -> None:
    st.subheader("Settings that differ", anchor=False)
    if not differing:
        st.caption("None: the runs were told the same.")
        return
    frame = pd.DataFrame({"Setting": [setting_title(name) for name in differing]})
    for place in range(runs):
        frame[ascii_uppercase[place]] = ["–" if values[place] is None else in_words(values[place]) for values in differing.values()]
    grid(frame, alt=f"{count(len(frame), 'setting')} that differ between the runs.", limit=LONGEST)


def _metrics(metrics: dict[str, Any], runs: int) -> None:
    """Figures with their ranges."""
    if not metrics:
        return
    st.subheader("Metrics", anchor=False)
    frame = pd.DataFrame({"Metric": [title_of(name) for name in metrics]})
    for place in range(runs):
        frame[ascii_uppercase[place]] = [_figure(metric["values"][place]) for metric in metrics.values()]
    grid(frame, alt=f"{count(len(frame), 'metric')} of each run with ranges.", limit=LONGEST)
    st.caption("Each run on its own rows. Ranges hold the true value in 95 of 100 such samples; the sentences above say which runs differ.")


def _rows(pairs: Sequence[dict[str, Any]]) -> None:
    """What the rows that two runs share say."""
    tested = {f"A and {letter}": pair["paired"] for letter, pair in zip(ascii_uppercase[1:], pairs, strict=False) if pair["paired"]}
    if not tested:
        return
    st.subheader("On the same rows", anchor=False)
    columns = {"both_right": "Both right", "both_wrong": "Both wrong", "fixed": "Fixed", "broken": "Broken"}
    frame = pd.DataFrame({"Runs": list(tested), "Rows": [paired["rows"] for paired in tested.values()]})
    frame["Same answer"] = ["–" if paired["agreement"] is None else f"{paired['agreement']['value']:.1%}" for paired in tested.values()]
    for name, title in columns.items():
        frame[title] = ["–" if paired[name] is None else f"{paired[name]:,}" for paired in tested.values()]
    frame["McNemar p"] = [p_words(paired["mcnemar"]) for paired in tested.values()]
    grid(frame, alt="Rows that two runs have both answered: who is right, and whether they differ.", limit=LONGEST)
    st.caption("Fixed: wrong by A and right by the other. Broken: the other way round.")


def _figure(figure: dict[str, Any] | None) -> str:
    if figure is None or figure["value"] is None:
        return "–"
    return f"{figure['value']:.3f}" + (f" ({figure['low']:.3f} to {figure['high']:.3f})" if figure.get("low") is not None else "")
