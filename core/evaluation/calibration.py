"""Whether confidence can be believed, and what a temperature would change."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from core.evaluation.columns import Sheet
from core.evaluation.judging import judge
from core.evaluation.kinds.judged import Coding, Judged, drawn, interval_of
from core.evaluation.results import Bin, Calibration, EvaluationSpec, Interval, Reliability, RowsBehind, Temperature
from core.evaluation.words import resampled_note
from core.metrics.calibration import (
    FORMULA,
    Bins,
    binned,
    calibration_error,
    fit_temperature,
    log_probabilities,
    mass_edges,
    tempered,
    width_edges,
)
from core.metrics.counts import share_figure
from core.metrics.probabilities import log_losses
from core.metrics.resampling import mean_figure
from core.settings import Settings

NO_CONFIDENCE = "There is no confidence of each row, and no probabilities: score again with them, or name their columns."
NEEDS_RIGHT = "Only answers that are right or wrong can be calibrated."
NEEDS_ALL = "A temperature needs the probability or the logit of every label."
FEW = "A temperature needs at least {least} rows in each half; there are {rows}."


def calibration(settings: Settings, path: Path, spec: EvaluationSpec) -> Calibration:
    """Reliability of the confidence, and a temperature fitted on one half of the rows (at most ``resampled_rows``) and shown on the other.

    The halves are drawn by a hash of each row's text, where the spec names it, so that equal texts lie in one half; else of its number.

    Raises:
        BadInput, NotFound: as for :func:`core.evaluation.evaluate`.
    """
    judged = judge(settings, path, spec)
    if judged.right is None:
        return Calibration(why_not=NEEDS_RIGHT)
    if judged.confidence is None or judged.spec.problem == "multi":
        return Calibration(why_not=NO_CONFIDENCE if judged.confidence is None else NEEDS_RIGHT)
    usable = judged.compared & np.isfinite(judged.confidence)
    if not usable.any():
        return Calibration(why_not=NO_CONFIDENCE)
    found = reliability(settings, judged.right[usable] > 0, judged.confidence[usable], judged.spec.seed)
    temperature, why = _temperature(settings, path, judged)
    notes = [why, resampled_note("The ranges come from", found.rows, settings.resampled_rows)]
    return Calibration(
        reliability=found, temperature=temperature, formula=FORMULA, sentence=_words(found), notes=tuple(filter(None, notes)), why_not=""
    )


def reliability(settings: Settings, right: np.ndarray, confidence: np.ndarray, seed: int = 0) -> Reliability:
    """Bins of equal width and of equal mass, with their errors.

    Args:
        right: bool ``[rows]``, rows at least one.
        confidence: float ``[rows]`` from 0 to 1.
    """
    made, errors = [], []
    for edges in (width_edges(settings.calibration_bins), mass_edges(confidence, settings.calibration_bins)):
        made.append(_bins(binned(right, confidence, edges)))
        errors.append(interval_of(calibration_error(right, confidence, edges, seed, limit=settings.resampled_rows)))
    gap = float(confidence.mean() - right.mean())
    return Reliability(width=made[0], mass=made[1], ece=errors[0], ece_mass=errors[1], gap=gap, rows=len(right))


def halves(path: Path, spec: EvaluationSpec, rows: int) -> np.ndarray:
    """Which rows a temperature is fitted on, bool ``[rows]``: about half, the same ones each time."""
    from pandas.util import hash_array

    if "text" in spec.columns:
        coded = Sheet.open(path).coded(spec.columns["text"])
        hashes = hash_array(np.array([*coded.values, ""], dtype=object), categorize=False)[coded.codes]
    else:
        hashes = hash_array(np.arange(rows, dtype=np.int64), categorize=False)
    return (hashes >> np.uint64(17)) % np.uint64(2) == 0


def _bins(found: Bins) -> tuple[Bin, ...]:
    rows = []
    for low, high, count, sure, hits in zip(*found, strict=True):
        bottom = float(np.nextafter(0.0, -1.0)) if low == 0 else float(low)  # a confidence of 0 lies in the first bin
        rows.append(
            Bin(
                low=float(low),
                high=float(high),
                rows=int(count),
                confidence=float(sure / count) if count else None,
                accuracy=interval_of(share_figure(int(hits), int(count))),
                behind=RowsBehind(confidence=(bottom, float(high))),
            )
        )
    return tuple(rows)


def _temperature(settings: Settings, path: Path, judged: Judged) -> tuple[Temperature | None, str]:
    details = judged.details
    if not isinstance(details, Coding) or (details.logits is None and details.probabilities is None):
        return None, NEEDS_ALL
    values = details.logits if details.logits is not None else np.asarray(details.probabilities)
    usable = judged.compared & np.isfinite(values).all(1) & (details.truth < values.shape[1])
    fitted = halves(path, judged.spec, judged.rows)
    one, other = usable & fitted, usable & ~fitted
    if min(one.sum(), other.sum()) < settings.slice_rows:
        return None, FEW.format(least=settings.slice_rows, rows=int(usable.sum()))
    learned, _ = drawn(one, settings.resampled_rows, judged.spec.seed)
    value = fit_temperature(_logits(values[learned], details), details.truth[learned])
    truth, seed, logits = details.truth[other], judged.spec.seed, _logits(values[other], details)
    losses, shown = [], []
    for temperature in (1.0, value):  # one after the other: of a million rows and many labels each takes much memory
        probabilities = tempered(logits, temperature)
        losses.append(interval_of(mean_figure(log_losses(truth, probabilities), seed, limit=settings.resampled_rows)))
        shown.append(reliability(settings, probabilities.argmax(1) == truth, probabilities.max(1), seed))
    found = Temperature(
        value=value,
        fitted_rows=int(learned.sum()),
        shown_rows=int(other.sum()),
        log_loss_before=losses[0],
        log_loss_after=losses[1],
        before=shown[0],
        after=shown[1],
        from_logits=details.logits is not None,
        sentence=_temperature_words(value, losses[0], losses[1], shown[0], shown[1]),
    )
    few = resampled_note("The temperature was fitted on", int(one.sum()), settings.resampled_rows)
    return found, few


def _logits(values: np.ndarray, details: Coding) -> np.ndarray:
    """Logits of some rows; logarithms of their probabilities where these are all that is known."""
    return values if details.logits is not None else log_probabilities(values)


def _words(found: Reliability) -> str:
    gap, error = found.gap or 0.0, f"(ECE {_number(found.ece)})"
    if abs(gap) < 0.01:
        return f"On the average confidence is right: it misses accuracy by {100 * abs(gap):.1f} points {error}."
    tone, side = ("sure", "above") if gap > 0 else ("unsure", "below")
    return f"The model is too {tone}: confidence is {100 * abs(gap):.1f} points {side} accuracy on the average {error}."


def _temperature_words(value: float, before: Interval, after: Interval, bins_before: Reliability, bins_after: Reliability) -> str:
    tone = (
        "the model is too sure"
        if value > 1.01
        else "the model is not sure enough"
        if value < 0.99
        else "the model is as sure as it should be"
    )
    verdict = "It helps" if (after.value or 0.0) < (before.value or 0.0) else "It does not help here"
    losses, errors = f"{_number(before)} to {_number(after)}", f"{_number(bins_before.ece)} to {_number(bins_after.ece)}"
    return (
        f"Temperature {value:.2f} ({tone}): on the other half log loss goes from {losses} and ECE from {errors}. "
        f"{verdict}; no prediction changes."
    )


def _number(figure: Interval) -> str:
    return "-" if figure.value is None else f"{figure.value:.3f}"
