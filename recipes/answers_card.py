"""The card of embedded:answers: what it was trained on, how often it is right, what it must not be trusted with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from core.models.backbone import BACKBONE_ID

DATA_SETS = MappingProxyType({"policyqa": "PolicyQA", "xquad_en": "XQuAD, English"})
SUMMARY = "Answers found in English texts, above all in privacy policies."
LIMITS = (
    "English only; other languages and scripts get answers that mean nothing.",
    "Capitals are ignored: the backbone lowercases every text.",
    "It is often wrong, and a score says little about whether it is: read the answer where it stands in the text.",
    "It was tuned on texts that hold the answer, and gives one where there is none too.",
    "Questions on privacy policies came from 500 patterns; other questions and other kinds of text are less certain.",
)
"""What holds for every training by the recipe."""
Figure = tuple[float, float | None, float | None]


@dataclass(frozen=True)
class Figures:
    """Token F1 and exact match on some questions, each as value, lower and upper end of the 95 % interval; few questions have none."""

    f1: Figure
    exact: Figure
    questions: int

    @classmethod
    def of(cls, metrics: dict[str, dict[str, Any]]) -> Figures:
        """From the task's metrics."""
        f1, exact = (tuple(metrics[name][side] for side in ("value", "low", "high")) for name in ("answer_f1", "exact_match"))
        return cls(f1, exact, metrics["answer_f1"]["n"])

    def __str__(self) -> str:
        return f"token F1 {_written(self.f1)}; exact match {_written(self.exact)}; {self.questions:,} questions"


@dataclass(frozen=True)
class Training:
    """How the adapter came to be: the recipe's command, minutes on the machine at hand, questions, and the epoch of the best checkpoint."""

    command: str
    minutes: float
    questions: int
    held_out: int
    epoch: float


def front_matter(figures: dict[str, Figures]) -> dict[str, Any]:
    """The card's data in the Hub's fields; what the Hub has no field for stands under ``sheetformer``."""
    results = [
        {
            "task": {"type": "question-answering", "name": "Extractive question answering"},
            "dataset": {"type": name, "name": DATA_SETS[name], "split": "validation"},
            "metrics": [
                {"type": "f1", "value": round(found.f1[0], 4), "name": "Token F1"},
                {"type": "exact_match", "value": round(found.exact[0], 4), "name": "Exact match"},
            ],
        }
        for name, found in figures.items()
    ]
    return {
        "license": "cc-by-sa-4.0",
        "base_model": BACKBONE_ID,
        "language": ["en"],
        "library_name": "peft",
        "pipeline_tag": "question-answering",
        "datasets": ["google/xquad"],
        "metrics": ["f1", "exact_match"],
        "tags": ["lora", "extractive-qa"],
        "model-index": [{"name": "answers", "results": results}],
        "sheetformer": {"summary": SUMMARY, "scripts": ["Latn"], "lowercases": True, "limits": list(LIMITS)},
    }


def write_card(path: Path, *, figures: dict[str, Figures], held_out: Figures, training: Training) -> None:
    """Writes the card.

    Args:
        path: README.md to write.
        figures: on the validation questions of each data set, measured on the saved files.
        held_out: on the questions that chose the checkpoint.
    """
    import yaml

    head = yaml.safe_dump(front_matter(figures), sort_keys=False, allow_unicode=True, width=140)
    path.write_text(f"---\n{head}---\n\n{body(figures, held_out, training)}", encoding="utf-8")


def body(figures: dict[str, Figures], held_out: Figures, training: Training) -> str:
    """The card's text."""
    measured = {f"{DATA_SETS[name]}, validation": found for name, found in figures.items()}
    lines = {**measured, "PolicyQA, held-out sites (chose the checkpoint)": held_out}.items()
    rows = "\n".join(f"| {name} | {found.questions} | {_written(found.f1)} | {_written(found.exact)} |" for name, found in lines)
    limits = "\n".join(f"- {limit}" for limit in LIMITS)
    return f"""# embedded:answers

{SUMMARY} A LoRA adapter on [{BACKBONE_ID}](https://huggingface.co/{BACKBONE_ID}) (22.7 million parameters), made to work without a
network in a spreadsheet tool. It points at the stretch of a text that answers a question.

## Figures

| questions | of them | token F1 | exact match |
|---|---|---|---|
{rows}

Token F1 and exact match as the SQuAD evaluation counts them, with 95 % intervals over questions; several questions are on one web site or
article, so the figures on others will differ by more. Measured on the files of this folder in fp32 with the task's own options by
`python recipes/answers.py evaluate`. The validation questions chose nothing.

## Data

- PolicyQA (Ahmad et al. 2020, "PolicyQA: a reading comprehension dataset for privacy policies"; MIT): the training part at hand,
  3,809 questions on the policies of 20 web sites. Validation is on 20 other sites, but its questions are made after the same patterns:
  262 of its 280 different ones are also asked in training.
- XQuAD, English part (Artetxe et al. 2020; from the development set of SQuAD 1.1; CC BY-SA 4.0): 943 questions on paragraphs of
  Wikipedia. Validation has other paragraphs, of articles that are mostly also trained on.

{training.questions:,} questions were trained on and {training.held_out} held out: all those on some of PolicyQA's sites.
Where a question has several answers, any of them is right.
The adapter is under CC BY-SA 4.0, as part of its data; the backbone is under Apache-2.0.

## Recipe

    python recipes/answers.py {training.command}

The fine-tune service of the project: LoRA on every linear layer of the encoder and a new head, AdamW, cosine schedule, matrix products in
bfloat16, windows of like length in one batch; the best checkpoint, after epoch {training.epoch:.2f}.
{training.minutes:.0f} minutes on a processor shared with other work, no accelerator.
The longest answer that it gives, in tokens, is in `config.json` (`max_answer_length`): 99 of 100 in
training are no longer.

## Limits

{limits}

## Use

    from peft import PeftModel
    from transformers import AutoModelForQuestionAnswering

    base = AutoModelForQuestionAnswering.from_pretrained("{BACKBONE_ID}", num_labels=2)
    model = PeftModel.from_pretrained(base, "path/of/this/folder").merge_and_unload()

Merge it, as above: peft's class for this task leaves out `token_type_ids`, which the model was tuned with.
"""


def _written(figure: Figure) -> str:
    value, low, high = figure
    return f"{value:.4f}" if low is None else f"{value:.4f} [{low:.4f}, {high:.4f}]"
