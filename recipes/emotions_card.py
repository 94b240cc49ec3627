"""The card of embedded:emotions: what it was trained on, how good it is with its thresholds, what it must not be trusted with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.models.backbone import BACKBONE_ID
from recipes.emotions_data import LABELS
from recipes.thresholds import Figure, counts_of, f1_of, figures_of

SUMMARY = "Emotions in English comments: any of 27, or neutral."
LIMITS = (
    "English only; other languages and scripts get labels that mean nothing.",
    "Capitals are ignored: the backbone lowercases every text.",
    "Trained on Reddit comments of up to 33 words; reviews, letters and longer texts are less certain.",
    "It says what readers hear in a comment, not what its writer feels; irony and context that is not in the text are lost on it.",
    "The rare labels (grief, relief, pride, nervousness, embarrassment) rest on a few hundred comments or less: look at their F1.",
    "A text may get no label at all where no probability reaches its threshold.",
)


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


def front_matter(measured: Measured) -> dict[str, Any]:
    """The card's data in the Hub's fields; what the Hub has no field for stands under ``sheetformer``."""
    result = {
        "task": {"type": "text-classification", "name": "Multi-label text classification"},
        "dataset": {"type": "google-research-datasets/go_emotions", "name": "GoEmotions", "config": "simplified", "split": "validation"},
        "metrics": [
            {"type": "f1", "value": round(measured.micro.value, 4), "name": "F1, micro"},
            {"type": "f1", "value": round(measured.macro.value, 4), "name": "F1, macro"},
        ],
    }
    return {
        "license": "apache-2.0",
        "base_model": BACKBONE_ID,
        "language": ["en"],
        "library_name": "peft",
        "pipeline_tag": "text-classification",
        "datasets": ["google-research-datasets/go_emotions"],
        "metrics": ["f1"],
        "tags": ["lora", "emotions", "multi-label"],
        "model-index": [{"name": "emotions", "results": [result]}],
        "sheetformer": {
            "summary": SUMMARY,
            "labels": list(LABELS),
            "scripts": ["Latn"],
            "lowercases": True,
            "limits": list(LIMITS),
        },
    }


def table_of(measured: Measured) -> str:
    """The labels with threshold and figures, as a Markdown table."""
    lines = [
        f"| {label} | {threshold:.2f} | {true:,} | {precision:.2f} | {recall:.2f} | {f1:.2f} |"
        for label, threshold, true, precision, recall, f1 in measured.per_label
    ]
    return "\n".join(["| label | threshold | comments | precision | recall | F1 |", "|---|---|---|---|---|---|", *lines])


def write_card(path: Path, *, validation: Measured, held_out: Measured, trainings: list[dict[str, Any]]) -> None:
    """Writes the card.

    Args:
        path: README.md to write.
        validation: figures on the validation comments, measured on the saved files.
        held_out: figures on the comments by which the thresholds were chosen.
        trainings: the recipe's commands in order, each with its number of comments and its minutes on the machine at hand.
    """
    import yaml

    head = yaml.safe_dump(front_matter(validation), sort_keys=False, allow_unicode=True, width=140)
    path.write_text(f"---\n{head}---\n\n{body(validation, held_out, trainings)}", encoding="utf-8")


def body(validation: Measured, held_out: Measured, trainings: list[dict[str, Any]]) -> str:
    """The card's text."""
    commands = "\n".join(f"    python recipes/emotions.py {training['command']}" for training in trainings)
    comments, minutes = max(training["comments"] for training in trainings), sum(training["minutes"] for training in trainings)
    limits = "\n".join(f"- {limit}" for limit in LIMITS)
    return f"""# embedded:emotions

{SUMMARY} A LoRA adapter on [{BACKBONE_ID}](https://huggingface.co/{BACKBONE_ID}) (22.7 million parameters), made to work without a
network in a spreadsheet tool. A comment may get several labels, or none.

## Figures

| data | comments | thresholds | micro-F1 | macro-F1 |
|---|---|---|---|---|
| GoEmotions validation | {validation.rows:,} | its own | {_cell(validation.micro)} | {_cell(validation.macro)} |
| GoEmotions validation | {validation.rows:,} | 0.5 for all | {_cell(validation.at_half[0])} | {_cell(validation.at_half[1])} |
| held out of training, chose the thresholds | {held_out.rows:,} | its own | {_cell(held_out.micro)} | {_cell(held_out.macro)} |

In brackets 95 % intervals: 1,000 resamples of the comments. Macro-F1 is the mean over all 28 labels. Measured on the files of this
folder in fp32 by `python recipes/emotions.py evaluate`. The validation comments chose neither the checkpoint nor a threshold.
They were measured on once before, with thresholds chosen more timidly (macro-F1 0.475); the held-out comments had that changed.

On the validation comments:

{table_of(validation)}

## Thresholds

They stand in `config.json` under `label_thresholds` and decide `prediction` unless a threshold is given; probabilities are what the
model says, untouched. Each is the one with the best F1 of its label on {held_out.rows:,} training comments that were held out, averaged
over resamples of these. They are made for F1: who wants to miss nothing, or to be right more often, sets a lower or a higher one.

## Data

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
    }}

## Recipe

{commands}

LoRA on every linear layer of the encoder, pooler and classifier trained whole, binary cross-entropy, AdamW, cosine schedule, dropout 0.1,
matrix products in bfloat16, comments of like length in one batch, the best checkpoint on the held-out comments (`--until` stops a
training before its learning rate has fallen to nothing). {minutes:.0f} minutes on
one core of a machine shared with other work, no accelerator. The weights are stored in half precision and merged in fp32.

## Limits

{limits}
- People agree only in part on these labels, and the labels carry their views: names, groups and dialects can tip a label.
- Some comments are offensive or vulgar, and so is some of what the model has learned from.

## Use

    from peft import AutoPeftModelForSequenceClassification

    model = AutoPeftModelForSequenceClassification.from_pretrained("path/of/this/folder", num_labels=28)
    # probabilities: the sigmoid of its logits; thresholds: "label_thresholds" in config.json
"""


def _cell(figure: Figure) -> str:
    return f"{figure.value:.4f} [{figure.low:.4f}, {figure.high:.4f}]"
