"""The card of embedded:sentiment: what it was trained on, how good it is, what it must not be trusted with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from recipes.cards import About, commands, result, table, write

LABELS = ("negative", "positive")
ABOUT = About(
    name="sentiment",
    task="text-classification",
    summary="Sentiment of English sentences: negative or positive.",
    says="Labels: `negative` (0), `positive` (1).",
    limits=(
        "English only; other languages and scripts get a label that means nothing.",
        "Capitals are ignored: the backbone lowercases every text.",
        "Two labels: what is neutral, mixed or factual is still called negative or positive, often with high confidence.",
        "Trained on sentences of film reviews of up to 52 words; other subjects, irony and longer texts are less certain.",
        "Probabilities are not calibrated.",
    ),
    more_limits=(
        "Texts are cut at 512 tokens, the positions that the backbone has; it was tuned for sentence embeddings on 128 and this\n"
        "  adapter on shorter phrases still.",
        "Reviews carry the views of their writers: names, groups and places can tip the label.",
    ),
    datasets=("nyu-mll/glue",),
    metrics=("accuracy",),
    tags=("sentiment",),
    labels=LABELS,
)
TASK = {"type": "text-classification", "name": "Text classification"}
DATASET = {"type": "nyu-mll/glue", "name": "GLUE SST-2", "config": "sst2"}
USE = """\
    from peft import AutoPeftModelForSequenceClassification

    model = AutoPeftModelForSequenceClassification.from_pretrained("path/of/this/folder", num_labels=2)
"""


@dataclass(frozen=True)
class Figures:
    """A proportion with its 95 % Wilson interval."""

    right: int
    of: int
    value: float
    low: float
    high: float

    @classmethod
    def of_counts(cls, right: int, of: int) -> Figures:
        from scipy.stats import binomtest

        interval = binomtest(right, of).proportion_ci(0.95, method="wilson")
        return cls(right, of, right / of, interval.low, interval.high)

    @property
    def cells(self) -> tuple[int, str]:
        """As a table has it."""
        return self.of, f"{self.value:.4f}, 95 % interval {self.low:.4f} to {self.high:.4f} (Wilson)"

    def __str__(self) -> str:
        return f"{self.value:.4f} (95 % interval {self.low:.4f} to {self.high:.4f}; {self.right} of {self.of})"


def write_card(path: Path, *, validation: Figures, held_out: Figures, trainings: Sequence[Mapping[str, Any]]) -> None:
    """Writes the card.

    Args:
        path: README.md to write.
        validation: accuracy on the validation sentences, measured on the saved files.
        held_out: likewise on the sentences that were kept out of training.
        trainings: the recipe's commands in order, each with its number of phrases and its minutes on the machine at hand.
    """
    results = [result(TASK, DATASET, {"Accuracy": ("accuracy", validation.value)})]
    write(
        path,
        ABOUT,
        results,
        figures=_figures(validation, held_out),
        middle={"Data": _data(max(training["phrases"] for training in trainings), held_out.of)},
        recipe=_recipe(trainings),
        use=USE,
    )


def _figures(validation: Figures, held_out: Figures) -> str:
    rows = {"GLUE SST-2 validation": validation, "held out of training, chose the best checkpoint": held_out}
    return f"""\
{table(("data", "sentences", "accuracy"), [(name, *found.cells) for name, found in rows.items()])}

Measured on the files of this folder in fp32 by `python recipes/sentiment.py evaluate`. The held-out sentences are reviews' whole sentences;
nothing of them was trained on, not even a phrase."""


def _data(phrases: int, held_out: int) -> str:
    return f"""\
The training split of SST-2 (Socher et al. 2013, "Recursive deep models for semantic compositionality over a sentiment treebank"), as
distributed in GLUE: {phrases:,} distinct phrases of film reviews by their parse trees, each with one of two labels; {held_out:,} whole
sentences were held out, and with them every phrase that could be theirs. It is a research release without a formal licence; models
trained on it are commonly published. The adapter's own weights are under Apache-2.0, as is the backbone.

The validation sentences chose neither the checkpoint nor a dial of this training. Batch size, label smoothing, dropout and the decay of the
average were taken over from an earlier adapter, which had been looked at on them some fourteen times and found 0.892 of them.

Film reviews share phrases: 1 % of the training phrases have five words in a row in common with a validation sentence; no whole sentence
stands in both parts."""


def _recipe(trainings: Sequence[Mapping[str, Any]]) -> str:
    minutes = sum(training["minutes"] for training in trainings)
    return f"""\
{commands(ABOUT.name, trainings)}

The fine-tune service of the project: LoRA on every linear layer of the encoder, pooler and classifier trained whole, cross-entropy with
label smoothing, AdamW, cosine schedule, dropout 0.1, matrix products in bfloat16, phrases of like length in one batch, a moving average of
the weights, the best checkpoint on the held-out sentences. {minutes:.0f} minutes on one core of a machine shared with other work, no
accelerator. The weights are stored in half precision and merged in fp32."""
