"""Written texts: summaries, translations, answers of a model that writes."""

from __future__ import annotations

import numpy as np

from core.evaluation.columns import Sheet, is_blank
from core.evaluation.kinds.judged import NOT_DRAWN, Figures, Judged, drawn, left_out
from core.evaluation.kinds.one import NO_PREDICTION
from core.evaluation.results import EvaluationSpec
from core.metrics.resampling import mean_figure
from core.metrics.texts import ROUGE, corpus_counts, corpus_figures, share_of_same, text_scores
from core.settings import Settings

COLUMNS = (*ROUGE, "chrf")
LOSS = "How few words the text shares with yours in the same order (1 minus ROUGE-L)"
BY_CHARACTERS = "How few runs of characters the text shares with yours (1 minus chrF of the row)"


def judge(settings: Settings, sheet: Sheet, spec: EvaluationSpec) -> Judged:
    """Compares texts with the user's own. Scores of rows that a run has counted already are read, not counted again.

    Raises:
        BadInput: no such column.
    """
    truth, said = sheet.coded(spec.columns["label"]), sheet.coded(spec.columns["prediction"])
    known, given = ~is_blank(truth), said.codes >= 0
    compared, note = drawn(known & given, settings.scored_texts, spec.seed)
    rows = np.flatnonzero(compared)
    texts, targets = [text or "" for text in said.cells(rows)], [text or "" for text in truth.cells(rows)]
    scores = _scores(sheet, spec, rows, texts, targets)
    counts = corpus_counts(texts, targets)
    place = np.full(sheet.rows, -1, np.int64)
    place[rows] = np.arange(len(rows))
    same = _spread(np.array([one.strip() == other.strip() for one, other in zip(texts, targets, strict=True)], float), rows, sheet.rows)

    def figures(chosen: np.ndarray, brief: bool) -> Figures:
        kept = place[chosen][compared[chosen]]
        found = {name: mean_figure(_known(scores[name][kept]), spec.seed, limit=settings.resampled_rows) for name in ROUGE}
        found["exact_text"] = share_of_same([texts[at] for at in kept], [targets[at] for at in kept])
        if brief:
            return Figures({name: found[name] for name in ("rouge_l", "exact_text")})
        corpora = {name: table[kept] for name, table in counts.items()}
        return Figures(found | corpus_figures(corpora, spec.seed, limit=settings.resampled_rows))

    by_words = _spread(scores["rouge_l"], rows, sheet.rows)
    by_characters = _spread(scores["chrf"] / 100, rows, sheet.rows)
    words = np.isfinite(scores["rouge_l"]).any() if len(rows) else True
    return Judged(
        spec=spec.model_copy(update={"problem": "texts"}),
        compared=compared,
        left_out=left_out((NO_PREDICTION, ~given), ("No text of yours in the cell", ~known), (NOT_DRAWN, ~compared)),
        right=same,
        loss=1 - (by_words if words else by_characters),
        measure=LOSS if words else BY_CHARACTERS,
        scores={"exact_text": same, "rouge_l": by_words, "chrf": by_characters * 100},
        figures=figures,
        cells=lambda chosen: (truth.cells(chosen), said.cells(chosen)),
        notes=(note,) if note else (),
    )


def _scores(sheet: Sheet, spec: EvaluationSpec, rows: np.ndarray, texts: list[str], targets: list[str]) -> dict[str, np.ndarray]:
    """Scores of the compared rows: the run's own where it compared with this very column."""
    own = [sheet.outputs[name] for name in COLUMNS if name in sheet.outputs]
    if spec.columns.get("scored_with") == spec.columns["label"] and len(own) == len(COLUMNS):
        return dict(zip(COLUMNS, sheet.numbers(own)[rows].T, strict=True))
    return text_scores(texts, targets)


def _known(values: np.ndarray) -> np.ndarray:
    return values[~np.isnan(values)]


def _spread(values: np.ndarray, rows: np.ndarray, total: int) -> np.ndarray:
    """Values of some rows as values of all, NaN elsewhere."""
    found = np.full(total, np.nan)
    found[rows] = values
    return found
