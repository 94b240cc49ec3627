"""The card of embedded:answers: what it was trained on, how often it is right, what it must not be trusted with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from core.models.backbone import BACKBONE_ID
from recipes.cards import About, Figure, result, table, write

DATA_SETS = MappingProxyType({"policyqa": "PolicyQA", "xquad_en": "XQuAD, English"})
ABOUT = About(
    name="answers",
    task="question-answering",
    summary="Answers found in English texts, above all in privacy policies.",
    says="It points at the stretch of a text that answers a question.",
    limits=(
        "English only; other languages and scripts get answers that mean nothing.",
        "Capitals are ignored: the backbone lowercases every text.",
        "It is often wrong, and a score says little about whether it is: read the answer where it stands in the text.",
        "It was tuned on texts that hold the answer, and gives one where there is none too.",
        "Questions on privacy policies came from 500 patterns; other questions and other kinds of text are less certain.",
    ),
    datasets=("google/xquad",),
    metrics=("f1", "exact_match"),
    tags=("extractive-qa",),
    license="cc-by-sa-4.0",
)
TASK = {"type": "question-answering", "name": "Extractive question answering"}
USE = f"""\
    from peft import PeftModel
    from transformers import AutoModelForQuestionAnswering

    base = AutoModelForQuestionAnswering.from_pretrained("{BACKBONE_ID}", num_labels=2)
    model = PeftModel.from_pretrained(base, "path/of/this/folder").merge_and_unload()

Merge it, as above: peft's class for this task leaves out `token_type_ids`, which the model was tuned with.
"""


@dataclass(frozen=True)
class Figures:
    """Token F1 and exact match on some questions."""

    f1: Figure
    exact: Figure
    questions: int

    @classmethod
    def of(cls, metrics: Mapping[str, Mapping[str, Any]]) -> Figures:
        """From the task's metrics."""
        return cls(Figure.of(metrics["answer_f1"]), Figure.of(metrics["exact_match"]), metrics["answer_f1"]["n"])

    def __str__(self) -> str:
        return f"token F1 {self.f1}; exact match {self.exact}; {self.questions:,} questions"


@dataclass(frozen=True)
class Training:
    """How the adapter came to be: the recipe's command, minutes on the machine at hand, questions, and the epoch of the best checkpoint."""

    command: str
    minutes: float
    questions: int
    held_out: int
    epoch: float


def write_card(path: Path, *, figures: Mapping[str, Figures], held_out: Figures, training: Training) -> None:
    """Writes the card.

    Args:
        path: README.md to write.
        figures: on the validation questions of each data set, measured on the saved files.
        held_out: on the questions that chose the checkpoint.
    """
    results = [
        result(
            TASK,
            {"type": name, "name": DATA_SETS[name]},
            {"Token F1": ("f1", found.f1.value), "Exact match": ("exact_match", found.exact.value)},
        )
        for name, found in figures.items()
    ]
    write(
        path,
        ABOUT,
        results,
        figures=_figures(figures, held_out),
        middle={"Data": _data(training)},
        recipe=_recipe(training),
        use=USE,
    )


def _figures(figures: Mapping[str, Figures], held_out: Figures) -> str:
    measured = {f"{DATA_SETS[name]}, validation": found for name, found in figures.items()}
    lines = {**measured, "PolicyQA, held-out sites (chose the checkpoint)": held_out}.items()
    rows = [(name, found.questions, found.f1, found.exact) for name, found in lines]
    return f"""\
{table(("questions", "of them", "token F1", "exact match"), rows)}

Token F1 and exact match as the SQuAD evaluation counts them, with 95 % intervals over questions; several questions are on one web site or
article, so the figures on others will differ by more. Measured on the files of this folder in fp32 with the task's own options by
`python recipes/answers.py evaluate`. The validation questions chose nothing."""


def _data(training: Training) -> str:
    return f"""\
- PolicyQA (Ahmad et al. 2020, "PolicyQA: a reading comprehension dataset for privacy policies"; MIT): the training part at hand,
  3,809 questions on the policies of 20 web sites. Validation is on 20 other sites, but its questions are made after the same patterns:
  262 of its 280 different ones are also asked in training.
- XQuAD, English part (Artetxe et al. 2020; from the development set of SQuAD 1.1; CC BY-SA 4.0): 943 questions on paragraphs of
  Wikipedia. Validation has other paragraphs, of articles that are mostly also trained on.

{training.questions:,} questions were trained on and {training.held_out} held out: all those on some of PolicyQA's sites.
Where a question has several answers, any of them is right.
The adapter is under CC BY-SA 4.0, as part of its data; the backbone is under Apache-2.0."""


def _recipe(training: Training) -> str:
    return f"""\
    python recipes/answers.py {training.command}

The fine-tune service of the project: LoRA on every linear layer of the encoder and a new head, AdamW, cosine schedule, matrix products in
bfloat16, windows of like length in one batch; the best checkpoint, after epoch {training.epoch:.2f}.
{training.minutes:.0f} minutes on a processor shared with other work, no accelerator. The weights are stored in half precision and merged
in fp32.
The longest answer that it gives, in tokens, is in `config.json` (`max_answer_length`): 99 of 100 in
training are no longer."""
