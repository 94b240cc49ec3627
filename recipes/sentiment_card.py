"""The card of embedded:sentiment: what it was trained on, how good it is, what it must not be trusted with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.models.backbone import BACKBONE_ID

SUMMARY = "Sentiment of English sentences: negative or positive."
LIMITS = (
    "English only; other languages and scripts get a label that means nothing.",
    "Capitals are ignored: the backbone lowercases every text.",
    "Two labels: what is neutral, mixed or factual is still called negative or positive, often with high confidence.",
    "Trained on sentences of film reviews of up to 52 words; other subjects, irony and longer texts are less certain.",
    "Probabilities are not calibrated.",
)

# How the dials came about, so that nobody takes the figure for more than it is.
TRIALS = """\
The validation sentences were not trained on, but they were looked at some fourteen times: two epochs without dropout and label smoothing
scored 0.874 on them; with both, and alpha 16, 0.885; three epochs with alpha 32 0.875, 0.890 and 0.888 after each; going on from there on
phrases of six words and more 0.891 and 0.883; averages of these 0.874 to 0.892. What is shipped is the best of these, chosen by this very
figure, which therefore flatters: expect about 0.885 on fresh sentences of this kind.

Film reviews share phrases: 1 % of the training phrases have five words in a row in common with a validation sentence; no whole sentence
stands in both parts."""


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

    def __str__(self) -> str:
        return f"{self.value:.4f} (95 % interval {self.low:.4f} to {self.high:.4f}; {self.right} of {self.of})"


def front_matter(figures: Figures) -> dict[str, Any]:
    """The card's data in the Hub's fields; what the Hub has no field for stands under ``sheetformer``."""
    result = {
        "task": {"type": "text-classification", "name": "Text classification"},
        "dataset": {"type": "nyu-mll/glue", "name": "GLUE SST-2", "config": "sst2", "split": "validation"},
        "metrics": [{"type": "accuracy", "value": round(figures.value, 4), "name": "Accuracy"}],
    }
    return {
        "license": "apache-2.0",
        "base_model": BACKBONE_ID,
        "language": ["en"],
        "library_name": "peft",
        "pipeline_tag": "text-classification",
        "datasets": ["nyu-mll/glue"],
        "metrics": ["accuracy"],
        "tags": ["lora", "sentiment"],
        "model-index": [{"name": "sentiment", "results": [result]}],
        "sheetformer": {
            "summary": SUMMARY,
            "labels": ["negative", "positive"],
            "scripts": ["Latn"],
            "lowercases": True,
            "limits": list(LIMITS),
        },
    }


def write_card(path: Path, *, figures: Figures, trainings: list[dict[str, Any]]) -> None:
    """Writes the card.

    Args:
        path: README.md to write.
        figures: accuracy on the validation sentences, measured on the saved files.
        trainings: the recipe's commands in order, each with its number of phrases and its minutes on the machine at hand.
    """
    import yaml

    commands = "\n".join(f"    python recipes/sentiment.py {training['command']}" for training in trainings)
    phrases, minutes = max(training["phrases"] for training in trainings), sum(training["minutes"] for training in trainings)
    head = yaml.safe_dump(front_matter(figures), sort_keys=False, allow_unicode=True, width=140)
    limits = "\n".join(f"- {limit}" for limit in LIMITS)
    path.write_text(
        f"""---
{head}---

# embedded:sentiment

{SUMMARY} A LoRA adapter on [{BACKBONE_ID}](https://huggingface.co/{BACKBONE_ID}) (22.7 million parameters), made to work without a
network in a spreadsheet tool. Labels: `negative` (0), `positive` (1).

## Figures

| data | sentences | accuracy |
|---|---|---|
| GLUE SST-2 validation | {figures.of} | {figures.value:.4f}, 95 % interval {figures.low:.4f} to {figures.high:.4f} (Wilson) |

Measured on the files of this folder in fp32 by `python recipes/sentiment.py evaluate`.

## Data

The training split of SST-2 (Socher et al. 2013, "Recursive deep models for semantic compositionality over a sentiment treebank"), as
distributed in GLUE: {phrases:,} distinct phrases of film reviews by their parse trees, each with one of two labels. It is a research
release without a formal licence; models trained on it are commonly published. The adapter's own weights are under Apache-2.0, as is the
backbone.

{TRIALS}

## Recipe

{commands}

LoRA on every linear layer of the encoder, pooler and classifier trained whole, AdamW, cosine schedule, matrix products in bfloat16, phrases
of like length in one batch, a moving average of the weights at the end. {minutes:.0f} minutes on two cores shared with other work, no
accelerator. The weights are stored in half precision and merged in fp32.

## Limits

{limits}
- Texts are cut at 512 tokens, the positions that the backbone has; it was tuned for sentence embeddings on 128 and this adapter on
  shorter phrases still.
- Reviews carry the views of their writers: names, groups and places can tip the label.

## Use

    from peft import AutoPeftModelForSequenceClassification

    model = AutoPeftModelForSequenceClassification.from_pretrained("path/of/this/folder", num_labels=2)
""",
        encoding="utf-8",
    )
