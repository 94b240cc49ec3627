"""How close texts come to the user's own: ROUGE, BLEU, chrF, as the libraries have them, and their intervals.

ROUGE (Lin 2004) comes from Google's ``rouge-score``, BLEU (Papineni et al. 2002) and chrF (Popovic 2015) from ``sacrebleu``.
ROUGE lies between 0 and 1; BLEU and chrF, as is their custom, between 0 and 100.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from core.metrics.counts import share_figure
from core.metrics.resampling import RESAMPLED_ROWS, figures_of_sums, mean_figure

ROUGE = {"rouge_1": "rouge1", "rouge_2": "rouge2", "rouge_l": "rougeL"}
CORPUS_ROWS = 10_000  # BLEU and chrF are counted on as many rows, drawn at random where there are more


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
    predictions: Sequence[str | None],
    targets: Sequence[str | None],
    rows: Mapping[str, np.ndarray] | None = None,
    seed: int = 0,
    *,
    limit: int = RESAMPLED_ROWS,
) -> dict[str, Any]:
    """All metrics of a run with 95 % intervals.

    Args:
        targets: the user's own texts; rows without one are left out.
        rows: what :func:`text_scores` gave for these rows, where that is known; counted here otherwise.
        seed: of the resampling: the same rows give the same intervals.
        limit: most different rows that are resampled.

    Returns:
        ``metrics`` {name: {value, low, high, n}}, numbers ``None`` where not defined; ``notes``, sentences about how they were found.
    """
    kept = [row for row, (one, other) in enumerate(zip(predictions, targets, strict=True)) if one is not None and other and other.strip()]
    texts, truth = [predictions[row] or "" for row in kept], [targets[row] or "" for row in kept]
    complete = rows is not None and all(name in rows for name in ROUGE)
    scores = {name: np.asarray(rows[name], float)[kept] for name in ROUGE} if complete and rows is not None else text_scores(texts, truth)
    metrics = {name: mean_figure(scores[name][~np.isnan(scores[name])], seed, limit=limit) for name in ROUGE}
    notes: list[str] = []
    if len(kept) > CORPUS_ROWS:
        chosen = np.sort(np.random.default_rng(seed).choice(len(kept), CORPUS_ROWS, replace=False))
        texts_, truth_ = [texts[row] for row in chosen], [truth[row] for row in chosen]
        notes.append(f"BLEU and chrF come from {CORPUS_ROWS:,} of the {len(kept):,} rows, drawn at random.")
    else:
        texts_, truth_ = texts, truth
    metrics |= corpus_figures(corpus_counts(texts_, truth_), seed, limit=limit)
    return {"metrics": metrics | {"exact_text": share_of_same(texts, truth)}, "notes": notes}


def corpus_counts(predictions: Sequence[str], targets: Sequence[str]) -> dict[str, np.ndarray]:
    """What BLEU and chrF sum up over rows: for each its counts, ``[rows, counts]``."""
    if not predictions:
        return {name: np.empty((0, 1)) for name in _metrics()}
    return {name: np.array(metric._extract_corpus_statistics(predictions, [targets]), np.float64) for name, metric in _metrics().items()}


def corpus_figures(counts: Mapping[str, np.ndarray], seed: int = 0, *, limit: int = RESAMPLED_ROWS) -> dict[str, dict[str, Any]]:
    """BLEU and chrF of all rows together: their counts are summed before anything is divided, also in each resample."""
    metrics, found = _metrics(), {}
    for name, table in counts.items():
        score = partial(_scores, name, metrics[name])
        found |= figures_of_sums(table, score, seed, limit=limit) if len(table) else {name: share_figure(0, 0)}
    return found


def _metrics() -> dict[str, Any]:
    from sacrebleu.metrics.bleu import BLEU
    from sacrebleu.metrics.chrf import CHRF

    return {"bleu": BLEU(), "chrf": CHRF()}


def _scores(name: str, metric: Any, sums: np.ndarray) -> dict[str, np.ndarray]:
    """What sacrebleu makes of counts that are summed over rows, ``[draws, counts]``."""
    return {name: np.array([metric._compute_score_from_stats(counts.astype(int).tolist()).score for counts in sums])}


def share_of_same(predictions: Sequence[str], targets: Sequence[str]) -> dict[str, Any]:
    """Share of rows whose text is the user's own, white space around it aside; with Wilson's interval."""
    return share_figure(sum(one.strip() == other.strip() for one, other in zip(predictions, targets, strict=True)), len(predictions))
