"""How surprised a language model is by texts: perplexity from what a run or a table has of each row."""

from __future__ import annotations

import numpy as np

from core.errors import BadInput
from core.evaluation.columns import Sheet
from core.evaluation.kinds.judged import Figures, Judged, left_out
from core.evaluation.results import EvaluationSpec
from core.metrics.perplexity import perplexity
from core.settings import Settings

LOSS = "Surprisal for each token: minus the mean logarithm of the probabilities of its tokens"


def judge(settings: Settings, sheet: Sheet, spec: EvaluationSpec) -> Judged:
    """Reads ``surprisal`` (minus the natural log-probability of a row's text) and ``token_count``.

    Raises:
        BadInput: one of the columns is not named, or not there.
    """
    for part in ("surprisal", "token_count"):
        if part not in spec.columns:
            raise BadInput(f"a column for {part}", f"the columns {', '.join(spec.columns)}", "Perplexity needs both; name them.")
    surprisal, tokens = sheet.numbers([spec.columns["surprisal"], spec.columns["token_count"]]).T
    compared = np.isfinite(surprisal) & (tokens > 0)
    each = np.divide(surprisal, tokens, out=np.full(sheet.rows, np.nan), where=compared)

    def figures(rows: np.ndarray, brief: bool) -> Figures:
        kept = rows[compared[rows]]
        return Figures({"perplexity": perplexity(surprisal[kept], tokens[kept], spec.seed, limit=settings.resampled_rows)})

    return Judged(
        spec=spec.model_copy(update={"problem": "perplexity"}),
        compared=compared,
        left_out=left_out(("No surprisal, or no tokens", ~compared)),
        right=None,
        loss=each,
        measure=LOSS,
        scores={"surprisal": each},
        figures=figures,
        cells=lambda rows: ([None] * len(rows), [f"{value:g}" for value in each[rows]]),
    )
