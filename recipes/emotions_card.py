"""The card of embedded:emotions: what it was trained on, how good it is with its thresholds, what it must not be trusted with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from recipes.cards import About, Figure, commands, result, table, write
from recipes.emotions_data import LABELS
from recipes.thresholds import counts_of, f1_of, figures_of

ABOUT = About(
    name="emotions",
    task="text-classification",
    summary="Emotions in English comments: any of 27, or neutral.",
    says="A comment may get several labels, or none.",
    limits=(
        "English only; other languages and scripts get labels that mean nothing.",
        "Capitals are ignored: the backbone lowercases every text.",
        "Trained on Reddit comments of up to 33 words; reviews, letters and longer texts are less certain.",
        "It says what readers hear in a comment, not what its writer feels; irony and context that is not in the text are lost on it.",
        "The rare labels (grief, relief, pride, nervousness, embarrassment) rest on a few hundred comments or less: look at their F1.",
        "A text may get no label at all where no probability reaches its threshold.",
    ),
    more_limits=(
        "People agree only in part on these labels, and the labels carry their views: names, groups and dialects can tip a label.",
        "Some comments are offensive or vulgar, and so is some of what the model has learned from.",
    ),
    datasets=("google-research-datasets/go_emotions",),
    metrics=("f1",),
    tags=("emotions", "multi-label"),
    labels=LABELS,
)
TASK = {"type": "text-classification", "name": "Multi-label text classification"}
DATASET = {"type": "google-research-datasets/go_emotions", "name": "GoEmotions", "config": "simplified"}
USE = """\
    from peft import AutoPeftModelForSequenceClassification

    model = AutoPeftModelForSequenceClassification.from_pretrained("path/of/this/folder", num_labels=28)
    # probabilities: the sigmoid of its logits; thresholds: "label_thresholds" in config.json
"""


@dataclass(frozen=True)
class Measured:
    """Figures on some comments.

    Args:
        per_label: label, threshold, comments that have it, precision, recall, F1.
        at_half: micro-F1 and macro-F1 with 0.5 for every label, for comparison.
    """

    rows: int
    micro: Figure
    macro: Figure
    per_label: tuple[tuple[str, float, int, float, float, float], ...]
    at_half: tuple[Figure, Figure]

    @classmethod
    def of(cls, scores: np.ndarray, wanted: np.ndarray, thresholds: np.ndarray) -> Measured:
        """From probabilities and truth, ``[rows, labels]`` both, and a threshold for each label."""
        found = scores >= thresholds
        counts = counts_of(found, wanted)
        true = wanted.sum(axis=0)
        precision, recall = counts[0] / np.maximum(found.sum(axis=0), 1), counts[0] / np.maximum(true, 1)
        columns = (thresholds.tolist(), true.tolist(), precision.tolist(), recall.tolist(), f1_of(counts).tolist())
        per_label = tuple(zip(LABELS, *columns, strict=True))
        return cls(len(scores), *figures_of(found, wanted), per_label, figures_of(scores >= 0.5, wanted))

    def __str__(self) -> str:
        return f"micro-F1 {self.micro}, macro-F1 {self.macro}; {self.rows:,} comments"


def write_card(path: Path, *, validation: Measured, held_out: Measured, trainings: Sequence[Mapping[str, Any]]) -> None:
    """Writes the card.

    Args:
        path: README.md to write.
        validation: figures on the validation comments, measured on the saved files.
        held_out: figures on the comments by which the thresholds were chosen.
        trainings: the recipe's commands in order, each with its number of comments and its minutes on the machine at hand.
    """
    metrics = {"F1, micro": ("f1", validation.micro.value), "F1, macro": ("f1", validation.macro.value)}
    write(
        path,
        ABOUT,
        [result(TASK, DATASET, metrics)],
        figures=_figures(validation, held_out),
        middle={"Thresholds": _thresholds(held_out), "Data": _data(max(training["comments"] for training in trainings))},
        recipe=_recipe(trainings),
        use=USE,
    )


def table_of(measured: Measured) -> str:
    """The labels with threshold and figures."""
    rows = [
        (label, f"{threshold:.2f}", f"{true:,}", *(f"{figure:.2f}" for figure in figures))
        for label, threshold, true, *figures in measured.per_label
    ]
    return table(("label", "threshold", "comments", "precision", "recall", "F1"), rows)


def _figures(validation: Measured, held_out: Measured) -> str:
    rows = [
        ("GoEmotions validation", f"{validation.rows:,}", "its own", validation.micro, validation.macro),
        ("GoEmotions validation", f"{validation.rows:,}", "0.5 for all", *validation.at_half),
        ("held out of training, chose the thresholds", f"{held_out.rows:,}", "its own", held_out.micro, held_out.macro),
    ]
    return f"""\
{table(("data", "comments", "thresholds", "micro-F1", "macro-F1"), rows)}

In brackets 95 % intervals: 1,000 resamples of the comments. Macro-F1 is the mean over all 28 labels. Measured on the files of this
folder in fp32 by `python recipes/emotions.py evaluate`. The validation comments chose neither the checkpoint nor a threshold.
They were measured on once before, with thresholds chosen more timidly (macro-F1 0.475); the held-out comments had that changed.

On the validation comments:

{table_of(validation)}"""


def _thresholds(held_out: Measured) -> str:
    return f"""\
They stand in `config.json` under `label_thresholds` and decide `prediction` unless a threshold is given; probabilities are what the
model says, untouched. Each is the one with the best F1 of its label on {held_out.rows:,} training comments that were held out, averaged
over resamples of these. They are made for F1: who wants to miss nothing, or to be right more often, sets a lower or a higher one."""


def _data(comments: int) -> str:
    return f"""\
The training split of GoEmotions (Demszky et al. 2020, "GoEmotions: a dataset of fine-grained emotions", ACL 2020,
https://arxiv.org/abs/2005.00547), Apache-2.0: Reddit comments in English, each read by three people or more and labelled with any of 27
emotions or neutral. {comments:,} comments were trained on; a tenth was held out, each label in proportion, and no text stands in both.
Of the validation comments 49 are texts that stand in the training split too, such as "Thank you!". The adapter's own weights are under
Apache-2.0, as is the backbone.

    @inproceedings{{demszky2020goemotions,
      author = {{Demszky, Dorottya and Movshovitz-Attias, Dana and Ko, Jeongwoo and Cowen, Alan and Nemade, Gaurav and Ravi, Sujith}},
      title = {{{{GoEmotions: A Dataset of Fine-Grained Emotions}}}},
      booktitle = {{58th Annual Meeting of the Association for Computational Linguistics (ACL)}},
      year = {{2020}}
    }}"""


def _recipe(trainings: Sequence[Mapping[str, Any]]) -> str:
    minutes = sum(training["minutes"] for training in trainings)
    return f"""\
{commands(ABOUT.name, trainings)}

LoRA on every linear layer of the encoder, pooler and classifier trained whole, binary cross-entropy, AdamW, cosine schedule, dropout 0.1,
matrix products in bfloat16, comments of like length in one batch, the best checkpoint on the held-out comments (`--until` stops a
training before its learning rate has fallen to nothing). {minutes:.0f} minutes on
one core of a machine shared with other work, no accelerator. The weights are stored in half precision and merged in fp32."""
