"""The job: a spec's table, scored row by row into parts, then the result, the metrics and the summary."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import psutil

from core.inference.backends import candidate, reopened
from core.inference.choices import device_of, note_model, store_choice, stored_choice
from core.inference.devices import measured_budget
from core.inference.fetching import fetch_first
from core.inference.finish import finish
from core.inference.keys import content_columns
from core.inference.loading import CPU, TORCH, Loaded, load
from core.inference.parts import PartWriter
from core.inference.plan import FIRST_ROWS, Window, Work, plan, read_windows
from core.inference.precision import Choice, Probe, Probed, settled_before_probe
from core.inference.warm import prepare
from core.runs import Outcome, RunContext, append_event, check_unchanged
from core.runs.parts import remove_unfinished
from core.schema import PredictSpec
from core.settings import MEGABYTE

__all__ = ["prepare", "run"]


def run(context: RunContext) -> Outcome:
    """Scores a run's table, or what is left of it.

    Raises:
        Conflict: input, spec or model are not what the run was started with.
    """
    since_start = time.time() - psutil.Process(os.getpid()).create_time()
    check_unchanged(context.run)
    spec = context.run.spec()
    remove_unfinished(context.run)
    set_threads(context.settings.threads)
    planning = time.perf_counter()
    context.report("planning", 0, spec.limit or spec.table.rows)
    work = plan(context)
    if not fetch_first(context, spec.model):
        return "stopped"
    device = device_of(context.settings, context.run)
    other = candidate(context.settings, spec, len(work.pending), context.run.owner()) if device == CPU else ""
    choice = stored_choice(context.run) or settled_before_probe(context.settings, spec.precision, len(work.pending), other, device)
    loading = time.perf_counter()
    context.report("loading", 0, len(work.keys))
    loaded = load_as_chosen(context, spec, work, choice, device)
    note_model(context.run, loaded.task, loaded.model)
    scoring = time.perf_counter()
    writer = PartWriter(context, loaded, work, started=scoring - (loading - planning))
    pending = work.pending
    if choice is None:
        probed = probe_and_keep(context, spec, loaded, work, writer, other)
        if probed is None:
            return "stopped"
        choice, loaded, pending = probed.choice, probed.loaded, np.setdiff1d(pending, probed.keys, assume_unique=True)
        del probed  # with the other models that were tried
    setup = {"start": since_start, "load": scoring - loading, "probe": writer.discounted}
    store_choice(context.run, choice, device)
    loaded = with_budget(context, spec, loaded, work)
    if not score_pending(context, spec, loaded, work, writer, pending):
        return "stopped"
    finish(context, spec, loaded, work.keys, writer, choice=choice, setup=setup, backend=choice.backend)
    return "done"


def load_as_chosen(context: RunContext, spec: PredictSpec, work: Work, choice: Choice | None, device: str) -> Loaded:
    """The model in the precision and on the backend of a choice; in fp32 on torch where there is none yet.

    Raises:
        Conflict: the backend of an earlier attempt does not work any more.
    """
    owner = context.run.owner()
    if choice is None or choice.backend == TORCH:
        return load(context.settings, spec, precision=choice.precision if choice else "fp32", device=device, owner=owner)
    loaded = load(context.settings, spec, owner=owner)
    if not len(work.pending):  # nothing is left to score, and no text to trace the model with
        return loaded
    return reopened(context.settings, loaded, choice.backend, choice.precision, probe_window(context, spec, work))


def with_budget(context: RunContext, spec: PredictSpec, loaded: Loaded, work: Work) -> Loaded:
    """On a GPU the model with a token budget that was measured there, where the rows are worth it; elsewhere as it was."""
    if loaded.device == CPU or len(work.pending) <= context.settings.probe_rows:
        return loaded
    context.report("measuring how many tokens a batch may have", 0, len(work.keys))
    budget = measured_budget(context.settings, loaded, probe_window(context, spec, work))
    append_event(context.run, "token budget", token_budget=budget)
    return replace(loaded, token_budget=budget)


def set_threads(threads: int) -> None:
    """Limits the processor threads of this process; 0 leaves them to torch."""
    if threads:
        import torch

        torch.set_num_threads(threads)


def windows(context: RunContext, spec: PredictSpec, wanted: np.ndarray, first_rows: int = 0) -> Iterator[Window]:
    """The wanted rows of a run's input in windows of the size that the settings allow."""
    limit = context.settings
    return read_windows(
        context.run.input_path,
        content_columns(spec),
        wanted,
        rows=limit.window_rows,
        characters=limit.window_mb * MEGABYTE,
        first_rows=first_rows,
    )


def probe_window(context: RunContext, spec: PredictSpec, work: Work) -> Window:
    """Rows that are still to be scored, spread over the table."""
    places = np.linspace(0, len(work.pending) - 1, context.settings.probe_rows).astype(np.int64)
    return next(windows(context, spec, work.pending[np.unique(places)]))


def probe_and_keep(context: RunContext, spec: PredictSpec, loaded: Loaded, work: Work, writer: PartWriter, other: str) -> Probed | None:
    """Chooses precision and backend on rows of the run.

    Their results as chosen are the run's first part: only those in the other ways are spent on the choice.

    Args:
        other: backend to be tried besides torch.

    Returns:
        ``None`` when stopped meanwhile.
    """
    began = time.perf_counter()
    window = probe_window(context, spec, work)

    def tell(way: str) -> None:
        what = f"choosing the precision by scoring {len(window.keys):,} rows in several ways, now in {way}"
        context.report(what, writer.rows_done, len(work.keys), writer.rows_failed)

    probe = Probe(
        settings=context.settings,
        wanted=spec.precision,
        window=window,
        rest=len(work.pending) - len(window.keys),
        candidate=other,
        reload=lambda: load(context.settings, spec, device=loaded.device, owner=context.run.owner()),
        stop_requested=context.stop_requested,
        tell=tell,
    )
    probed = probe.run(loaded)
    if probed is None:
        return None
    # Before the part: a resume must not meet results without the choice they were made with.
    store_choice(context.run, probed.choice, probed.loaded.device)
    for part in probed.scored:
        writer.add(part)
    writer.discount(time.perf_counter() - began - probed.seconds)
    writer.flush()
    return probed


def score_pending(context: RunContext, spec: PredictSpec, loaded: Loaded, work: Work, writer: PartWriter, pending: np.ndarray) -> bool:
    """Scores what is left, window by window. Parts are written as the settings say; false when stopped."""
    scorer = loaded.scorer(context.settings, lambda budget: append_event(context.run, "out of memory", token_budget=budget))
    context.report("scoring", writer.rows_done, len(work.keys), writer.rows_failed)
    for window in windows(context, spec, pending, FIRST_ROWS):
        for scored in scorer.score(window, context.stop_requested):
            writer.add(scored)
            writer.flush_if_due()
            context.report("scoring", writer.rows_done, len(work.keys), writer.rows_failed)
        if context.stop_requested():
            writer.flush()
            context.report("stopping", writer.rows_done, len(work.keys), writer.rows_failed)  # another stage: never left out as too early
            return False
    writer.flush()
    return True
