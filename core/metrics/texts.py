"""How close texts come to the user's own: ROUGE, BLEU, chrF, as the libraries have them, and their intervals.

ROUGE (Lin 2004) comes from Google's ``rouge-score``, BLEU (Papineni et al. 2002) and chrF (Popovic 2015) from ``sacrebleu``.
ROUGE lies between 0 and 1; BLEU and chrF, as is their custom, between 0 and 100.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from core.metrics.counts import wilson

ROUGE = {"rouge_1": "rouge1", "rouge_2": "rouge2", "rouge_l": "rougeL"}
DRAWS = 1_000
CORPUS_ROWS = 10_000  # BLEU and chrF are counted on as many rows, drawn at random where there are more
AT_ONCE = 5_000_000


def text_scores(predictions: Sequence[str], targets: Sequence[str | None]) -> dict[str, np.ndarray]:
    """ROUGE-1, -2, -L (F-measure, without stemming) and chrF of each row.

    Args:
        targets: the user's own texts; blank where there is none.

    Returns:
        float64 ``[rows]`` for ``rouge_1``, ``rouge_2``, ``rouge_l`` and ``chrf``; NaN where there is no target, and for ROUGE also where it
        has no word that ROUGE reads: its words are Latin letters and digits.
    """
    from rouge_score.rouge_scorer import RougeScorer
    from sacrebleu.metrics.chrf import CHRF

    rouge, chrf = RougeScorer(list(ROUGE.values())), CHRF()
    scores = {name: np.full(len(predictions), np.nan) for name in (*ROUGE, "chrf")}
    for row, (prediction, target) in enumerate(zip(predictions, targets, strict=True)):
        if target is None or not target.strip():
            continue
        scores["chrf"][row] = chrf.sentence_score(prediction, [target]).score
        if any(character.isascii() and character.isalnum() for character in target):
            for name, found in rouge.score(target, prediction).items():
                scores[next(ours for ours, theirs in ROUGE.items() if theirs == name)][row] = found.fmeasure
    return scores


def text_metrics(
    predictions: Sequence[str | None], targets: Sequence[str | None], rows: Mapping[str, np.ndarray] | None = None, seed: int = 0
) -> dict[str, Any]:
    """All metrics of a run with 95 % intervals.

    Args:
        targets: the user's own texts; rows without one are left out.
        rows: what :func:`text_scores` gave for these rows, where that is known; counted here otherwise.
        seed: of the resampling: the same rows give the same intervals.

    Returns:
        ``metrics`` {name: {value, low, high, n}}, numbers ``None`` where not defined; ``notes``, sentences about how they were found.
    """
    kept = [row for row, (one, other) in enumerate(zip(predictions, targets, strict=True)) if one is not None and other and other.strip()]
    texts, truth = [predictions[row] or "" for row in kept], [targets[row] or "" for row in kept]
    complete = rows is not None and all(name in rows for name in ROUGE)
    scores = {name: np.asarray(rows[name])[kept] for name in ROUGE} if complete and rows is not None else text_scores(texts, truth)
    rng = np.random.default_rng(seed)
    metrics = {name: _mean(np.asarray(scores[name], float), rng) for name in ROUGE}
    notes: list[str] = []
    if len(kept) > CORPUS_ROWS:
        chosen = np.sort(rng.choice(len(kept), CORPUS_ROWS, replace=False))
        texts_, truth_ = [texts[row] for row in chosen], [truth[row] for row in chosen]
        notes.append(f"BLEU and chrF come from {CORPUS_ROWS:,} of the {len(kept):,} rows, drawn at random.")
    else:
        texts_, truth_ = texts, truth
    metrics |= _corpus(texts_, truth_, rng)
    return {"metrics": metrics | {"exact_text": _exact(texts, truth)}, "notes": notes}


def _mean(values: np.ndarray, rng: np.random.Generator) -> dict[str, Any]:
    """A mean over rows and the bootstrap's interval (percentiles of resampled means)."""
    values = values[~np.isnan(values)]
    if not len(values):
        return _figure(math.nan, None, None, 0)
    step = max(1, AT_ONCE // len(values))
    draws = [rng.choice(values, (min(step, DRAWS - start), len(values))).mean(axis=1) for start in range(0, DRAWS, step)]
    return _figure(float(values.mean()), *_bounds(np.concatenate(draws)), len(values))


def _corpus(predictions: list[str], targets: list[str], rng: np.random.Generator) -> dict[str, dict[str, Any]]:
    """BLEU and chrF of all rows together: their counts are summed before anything is divided, also in each resample."""
    from sacrebleu.metrics.bleu import BLEU
    from sacrebleu.metrics.chrf import CHRF

    found = {}
    for name, metric in (("bleu", BLEU()), ("chrf", CHRF())):
        if not predictions:
            found[name] = _figure(math.nan, None, None, 0)
            continue
        counts = np.array(metric._extract_corpus_statistics(predictions, [targets]))
        found[name] = _resampled(counts, lambda sums, metric=metric: metric._compute_score_from_stats(sums.tolist()).score, rng)
    return found


def _resampled(counts: np.ndarray, score: Callable[[np.ndarray], float], rng: np.random.Generator) -> dict[str, Any]:
    rows = len(counts)
    step = max(1, AT_ONCE // rows)
    draws = []
    for start in range(0, DRAWS, step):
        times = rng.multinomial(rows, np.full(rows, 1 / rows), size=min(step, DRAWS - start))
        draws += [score(sums) for sums in times @ counts]
    return _figure(score(counts.sum(axis=0)), *_bounds(np.array(draws)), rows)


def _exact(predictions: list[str], targets: list[str]) -> dict[str, Any]:
    """Share of rows whose text is the user's own, white space around it aside; with Wilson's interval."""
    rows = len(predictions)
    if not rows:
        return _figure(math.nan, None, None, 0)
    share = sum(one.strip() == other.strip() for one, other in zip(predictions, targets, strict=True)) / rows
    return _figure(share, *wilson(share, rows), rows)


def _bounds(draws: np.ndarray) -> tuple[float | None, float | None]:
    """2.5 % and 97.5 % of resampled values; none where all are equal: resampling knows nothing then."""
    low, high = (float(bound) for bound in np.quantile(draws, [0.025, 0.975]))
    return (low, high) if high - low > 1e-12 else (None, None)


def _figure(value: float, low: float | None, high: float | None, rows: int) -> dict[str, Any]:
    return {"value": None if math.isnan(value) else value, "low": low, "high": high, "n": rows}
