"""The job: trial after trial in the run's own folder, and the adapter of the best one on the shelf."""

from __future__ import annotations

import gc
import shutil
import sys
import time

from core import models
from core.errors import BadInput, CannotWrite, Conflict, SheetformerError, is_out_of_memory
from core.files import saving, write_json
from core.inference.fetching import fetch_first
from core.inference.run import set_threads
from core.runs import Outcome, RunContext, RunFolder, append_event, check_unchanged
from core.schema import FinetuneSpec, SearchSpec
from core.training.data import Data
from core.training.loop.history import best_of, read_history
from core.training.loop.train import Trained, train
from core.training.run import MADE, base_files, check_finite, complete, data_of, keep, save
from core.training.search.importance import importance
from core.training.search.proposing import propose
from core.training.search.trials import DONE, FAILED, UNFINISHED, Trial, begin_trial, best_trial, end_trial, folder_of, read_trials

READ_BY = ("max_length", "max_target_length")
"""Dials that decide what is read from the table: where they are searched, each trial reads for itself."""

KEPT_CHOICES = ("device", "precision")


class TrialContext(RunContext):
    """One trial: it works in a folder of its own, hears the stop of its search, and tells it how far it is.

    Args:
        search: the context of the search.
        spec: of the search.
        folder: of the trial.
        number: of the trial, from 1.
    """

    def __init__(self, search: RunContext, spec: SearchSpec, folder: RunFolder, number: int) -> None:
        super().__init__(search.settings, folder, attempt=search.attempt)
        self.search, self.spec, self.number = search, spec, number

    @property
    def name(self) -> str:
        return f"{self.search.name}-{self.number}"

    def note(self, what: str, **facts: object) -> None:
        """The page is the search's."""
        self.search.note(what, trial=self.number, **facts)

    def stop_requested(self) -> bool:
        return self.search.stop_requested()

    def report(self, stage: str, rows_done: int, rows: int, failed: int = 0) -> None:
        """Trials count alike, whatever their epochs: the bar moves evenly, and not back."""
        each, trials = self.spec.base.rows_to_do, self.spec.search.trials
        done = each * (self.number - 1) + round(each * rows_done / max(rows, 1))
        self.search.report(f"trial {self.number} of {trials}: {stage}", done, each * trials, failed)


def run(context: RunContext) -> Outcome:
    """Searches, or goes on with a search: trials that have ended are not done again, one that has not goes on from its checkpoint.

    Raises:
        Conflict: input, spec or model are not what the run was started with.
        BadInput: the labels cannot be learned from, or every trial has failed; the message says why.
    """
    check_unchanged(context.run)
    spec: SearchSpec = context.run.spec()  # type: ignore[assignment]
    set_threads(context.settings.threads)
    if not fetch_first(context, spec.base.model):
        return "stopped"
    files, data = base_files(context, spec.base), data_of(context, spec.base)
    began, before = time.perf_counter(), worked(context.run, spec)
    while (number := next_trial(context.run, spec, before + time.perf_counter() - began)) is not None:
        if context.stop_requested() or not do_trial(context, spec, number, files, data):
            keep_best(context, spec, data)
            return "stopped"
        drop_others(context.run, spec)
    finish_search(context, spec, files, data)
    return "done"


def worked(run: RunFolder, spec: SearchSpec) -> float:
    """Seconds of work on all trials so far."""
    return sum(trial.seconds for trial in read_trials(run, spec))


def next_trial(run: RunFolder, spec: SearchSpec, spent: float) -> int | None:
    """The number of the trial to work on, its folder made; ``None`` where the search is at its end.

    Args:
        spent: seconds of work so far.

    Raises:
        BadInput: Optuna is asked for and not installed.
    """
    trials = read_trials(run, spec)
    if trials and trials[-1].state == UNFINISHED:
        return trials[-1].number
    if len(trials) >= spec.search.trials or is_over(spec, len(trials), spent):
        return None
    settings = propose(spec, trials)
    if settings is None:
        return None
    number = len(trials) + 1
    begin_trial(run, number, spec, settings)
    append_event(run, "trial", number=number, dials=settings)
    return number


def is_over(spec: SearchSpec, trials: int, spent: float) -> bool:
    """Whether another trial would not end in time, were it as long as the mean of those before. The first one is always done."""
    if spec.search.minutes is None or not trials:
        return False
    return spent + spent / trials > spec.search.minutes * 60


def do_trial(context: RunContext, spec: SearchSpec, number: int, files: models.ModelFiles, data: Data) -> bool:
    """Trains with the dials of a trial, to its end or to its failure; ``False`` where it was stopped."""
    began, folder = time.perf_counter(), folder_of(context.run, number)
    before = float(folder.choices().get("seconds", 0.0))
    one, trained = folder.spec(), None
    try:
        trained = tune(TrialContext(context, spec, folder, number), one, files, data_for(context, spec, one, data))
    except (Conflict, CannotWrite):
        raise  # nothing that other dials would change
    except SheetformerError as error:
        why = error.one_line()
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        why = "Memory ran out."
    else:
        why = ""
        if trained is None or trained.stopped:
            write_json(folder.choices_path, {**folder.choices(), "seconds": before + time.perf_counter() - began})
            return False
    seconds, best = round(before + time.perf_counter() - began, 3), best_of(read_history(folder), spec.base.dials.metric)
    if trained is None or not best:
        end_trial(folder, state=FAILED, seconds=seconds, error=why or "No checkpoint could be measured.")
    else:
        end_trial(folder, state=DONE, seconds=seconds, trainable=trained.trainable, **best)
    return True


def tune(context: TrialContext, one: FinetuneSpec, files: models.ModelFiles, data: Data) -> Trained | None:
    """Trains, and saves what was made in the trial's folder; ``None`` where no step was made before a stop.

    Raises:
        BadInput, LimitReached: these dials do not work.
    """
    trained = train(context, one, files, data)
    if trained is not None:
        check_finite(trained.model)
        with saving(context.settings.home):
            save(one, trained, files, context.run.path / MADE)
    return trained


def data_for(context: RunContext, spec: SearchSpec, one: FinetuneSpec, data: Data) -> Data:
    """What a trial learns: the same for all, unless a dial that is searched decides what is read."""
    return data_of(context, one) if spec.search.space.keys() & set(READ_BY) else data


def drop_others(run: RunFolder, spec: SearchSpec) -> None:
    """Frees what is not needed after a trial: its checkpoints, adapters that are not the best so far, and memory."""
    trials = read_trials(run, spec)
    best = best_trial(trials, spec.base.dials.metric)
    for trial in trials:
        folder = folder_of(run, trial.number)
        shutil.rmtree(folder.checkpoints, ignore_errors=True)
        if trial != best:
            shutil.rmtree(folder.path / MADE, ignore_errors=True)
    gc.collect()
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        torch.cuda.empty_cache()


def keep_best(context: RunContext, spec: SearchSpec, data: Data) -> None:
    """Puts the best adapter so far on the shelf: a finished trial's, or that of the only one there is."""
    trials = read_trials(context.run, spec)
    found = best_trial(trials, spec.base.dials.metric) or next((trial for trial in trials if trial.state == UNFINISHED), None)
    if found is None or not (folder_of(context.run, found.number).path / MADE).is_dir():
        return
    one = publish(context, found)
    keep(context, one, data.objective.names)


def publish(context: RunContext, trial: Trial) -> FinetuneSpec:
    """Makes what a trial made, its history and its choices the search's own. Gives the trial's spec."""
    run, folder = context.run, folder_of(context.run, trial.number)
    with saving(context.settings.home):
        shutil.rmtree(run.path / MADE, ignore_errors=True)
        shutil.copytree(folder.path / MADE, run.path / MADE)
        shutil.copyfile(folder.history_path, run.history_path)
    kept = {name: value for name, value in folder.choices().items() if name in KEPT_CHOICES}
    write_json(run.choices_path, {**run.choices(), **kept})
    return folder.spec()  # type: ignore[return-value]


def finish_search(context: RunContext, spec: SearchSpec, files: models.ModelFiles, data: Data) -> None:
    """Figures, card and summary of the best trial, and what is told of all of them.

    Raises:
        BadInput: every trial has failed.
    """
    trials = read_trials(context.run, spec)
    metric = spec.base.dials.metric
    best = best_trial(trials, metric)
    if best is None:
        found = f"{len(trials)} that failed, the first so: {trials[0].error}" if trials else "none"
        raise BadInput("a trial that comes to its end", found, "Search other values.")
    one = publish(context, best)
    scored = [(trial.dials, score) for trial in trials if (score := trial.score(metric)) is not None]
    complete(
        context,
        one,
        files,
        data_for(context, spec, one, data),
        best.trainable,
        seconds=sum(trial.seconds for trial in trials),
        trials=[trial.facts() for trial in trials],
        best_trial=best.number,
        mattered=importance([dials for dials, _ in scored], [score for _, score in scored]),
    )
    for trial in trials:
        shutil.rmtree(folder_of(context.run, trial.number).path / MADE, ignore_errors=True)
