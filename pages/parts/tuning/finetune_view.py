"""A fine-tune: how its loss falls while it works, and what it made is worth afterwards."""

from __future__ import annotations

from typing import Any

import streamlit as st

from core import charts
from core.evaluation.kept import has_kept
from core.runs import RunFolder, read_events, since_start
from core.schema import FinetuneSpec, ModelReference, base_of
from core.tables.problems import some
from core.training.loop.history import NOT_TOLD, best_of, read_history
from pages.parts import links
from pages.parts.adapters import naming
from pages.parts.adapters.listing import ADAPTER
from pages.parts.choices.model_picker import MODEL
from pages.parts.choices.task_picker import TASK
from pages.parts.figures import draw
from pages.parts.results import head
from pages.parts.text import count, duration, message, plain
from pages.parts.tuning import on_off
from pages.parts.tuning.comparing import RUNS
from pages.parts.tuning.words import best_in, quality_of

TICK_SECONDS = 2.0


@st.fragment(run_every=TICK_SECONDS)
def live(run: RunFolder) -> None:
    """The curve so far; it looks for more by itself."""
    curve(run)
    trackers(run)


def show(run: RunFolder, *, mine: bool) -> None:
    """What was made and where to go with it, its figures on the validation rows, then the curve.

    Args:
        mine: what was made stands in this workspace.
    """
    summary, metrics, spec = run.summary(), run.metrics(), run.spec()
    spec = base_of(spec)
    if summary:
        made = "adapter" if is_adapter(summary["adapter"]) else "model"
        st.success(f"The {made} is ready: choose **{plain(summary['adapter'])}** as the model of a run.", icon=":material/check_circle:")
        if sentence := naming.renamed(run):
            st.caption(f":material/info: {plain(sentence, 300)}")
        _links(run, summary["adapter"], spec, mine=mine)
        words = [f"trained on **{count(summary['train_rows'], 'row')}**", f"measured on **{count(summary['validation_rows'], 'other')}**"]
        words += [f"{summary['trainable_parameters']:,} trained parameters", _took(summary), plain(summary["precision"])]
        st.markdown(" · ".join(words))
        if summary.get("best"):
            st.caption(best_line(summary["best"], spec, best_in(spec.task, metrics.get("metrics", {}))))
    elif kept := run.choices().get("adapter"):
        _stopped(run, kept, spec, mine=mine)
    if metrics.get("metrics"):
        head.quality(metrics, spec)
    for note in metrics.get("notes", []):
        st.caption(f":material/info: {message(note)}")
    curve(run)
    trackers(run)
    on_off.show(run, "adapter" if spec.dials.method == "lora" else "training")


def trackers(run: RunFolder) -> None:
    """Which of the administrator's trackers could not be told of this training."""
    failed: dict[tuple[str, str], list[int]] = {}
    for event in since_start(read_events(run)):
        if event["what"] == NOT_TOLD and "tracker" in event:
            failed.setdefault((event["tracker"], event["error"]), []).extend([event["trial"]] if "trial" in event else [])
    for (tracker, error), trials in failed.items():
        which = f"{'trial' if len(trials) == 1 else 'trials'} {some(trials)}" if trials else "this training"
        st.caption(f":material/info: {plain(tracker)} was not told all of {which} ({plain(error)}); the log says where it failed.")


def is_adapter(reference: str) -> bool:
    """Whether a fine-tune made an adapter, or else a whole model."""
    return ModelReference.parse(reference).kind == ADAPTER


def _stopped(run: RunFolder, kept: str, spec: FinetuneSpec, *, mine: bool) -> None:
    """What a training kept that was stopped: where to go on from here, and what its checkpoint is worth."""
    _links(run, kept, spec, mine=mine)
    best = best_of(read_history(run), spec.dials.metric)
    if best:
        st.caption(best_line(best, spec, quality_of(spec.task, _problem(run, spec))))
    st.caption("Its card and its figures with their ranges come with the end of the training.")


def _problem(run: RunFolder, spec: FinetuneSpec) -> str:
    """What a cell of labels holds: as the user said, or as the column looked."""
    return spec.problem if spec.problem != "auto" else run.choices().get("problem", "")


def _took(summary: dict[str, Any]) -> str:
    """How long the training took that made it; of a search, the best trial's and the whole one's."""
    best = [trial["seconds"] for trial in summary.get("trials", []) if trial["trial"] == summary.get("best_trial")]
    return f"{duration(best[0])} (the search {duration(summary['seconds'])})" if best else duration(summary["seconds"])


def best_line(best: dict[str, Any], spec: FinetuneSpec, quality: str) -> str:
    """Which checkpoint was kept and by what; both numbers are those of the training, before the figures were measured.

    Args:
        quality: what the checkpoint's quality is called; empty where nothing is to be said beside the loss.
    """
    loss = f"validation loss {best['loss']:.3f}"
    said = f"{loss}, {quality} {best['quality']:.3f}" if quality else loss
    chosen = f", chosen by {quality}" if quality and spec.dials.metric == "quality" else ", chosen by validation loss"
    return f"Kept is the best of the checkpoints{chosen}: the one after epoch {best['epoch']:.1f}, with {said}."


def _links(run: RunFolder, reference: str, spec: FinetuneSpec, *, mine: bool) -> None:
    """Where to go on from here. What stands on somebody else's shelf cannot be chosen."""
    with st.container(horizontal=True):
        if mine:
            where = {MODEL: reference, TASK: spec.task}
            st.page_link(links.BATCH, label="Score a table with it", icon=":material/label:", query_params=where)
            if is_adapter(reference):
                name = {ADAPTER: ModelReference.parse(reference).name}
                st.page_link(links.ADAPTERS, label="Card, download, merge", icon=":material/extension:", query_params=name)
        if has_kept(run):
            look = {"run": run.id}
            st.page_link(links.METRICS, label="Figures of each label, and the rows", icon=":material/monitoring:", query_params=look)
        st.page_link(links.COMPARE, label="Compare", icon=":material/compare_arrows:", query_params={RUNS: run.id})


def curve(run: RunFolder, key: str = "") -> None:
    """The losses so far."""
    history = read_history(run)
    if not history:
        st.caption("The curve appears with the first steps.")
        return
    draw(charts.learning_curve(history), key=f"curve-{key or run.id}")
