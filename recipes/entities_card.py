"""The card of embedded:entities: what it was trained on, how good it is, what it must not be trusted with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from recipes.cards import About, Figure, result, table, write

LABELS = ("O", "B-LOC", "I-LOC", "B-ORG", "I-ORG", "B-PER", "I-PER")
HUB_NAMES = MappingProxyType(
    {
        "btc_ner": ("GateNLP/broad_twitter_corpus", "Broad Twitter Corpus"),
        "wnut17": ("leondz/wnut_17", "WNUT 2017, mapped to PER, LOC, ORG"),
        "wikigold": ("wikigold", "WikiGold, without MISC"),
    }
)
ABOUT = About(
    name="entities",
    task="token-classification",
    summary="People, places and organisations in English texts.",
    says="Labels: `PER`, `LOC` and `ORG`, as BIO tags of tokens.",
    limits=(
        "English only; what it marks in other languages and scripts means little.",
        "Capitals are ignored: the backbone lowercases every text, so that apple and Apple are one word.",
        "Three types: works, products, events, nationalities and dates are not marked.",
        "Trained on tweets and short web texts until 2017 and on Wikipedia; names that became known later, and other kinds of text, are "
        "missed more often.",
        "It misses about four of ten names in tweets: a list of what it found is no complete list.",
        "Probabilities are not calibrated.",
    ),
    more_limits=("Names of some groups, languages and regions are rarer in the training texts and are found less often.",),
    datasets=tuple(HUB_NAMES[name][0] for name in ("btc_ner", "wnut17")),
    metrics=("f1",),
    tags=("named-entity-recognition",),
    labels=LABELS,
)
TASK = {"type": "token-classification", "name": "Named entity recognition"}
USE = f"""\
    from peft import AutoPeftModelForTokenClassification

    model = AutoPeftModelForTokenClassification.from_pretrained("path/of/this/folder", num_labels={len(LABELS)})
"""


@dataclass(frozen=True)
class Measured:
    """Figures on some sentences.

    Args:
        figures: metric to value and 95 % interval: ``entity_f1``, ``entity_precision``, ``entity_recall``, ``entity_f1_macro``.
        kinds: type to precision, recall, F1 and how many there are.
    """

    rows: int
    figures: Mapping[str, Mapping[str, float]]
    kinds: Mapping[str, Mapping[str, float]]

    @classmethod
    def of(cls, rows: int, measured: Mapping[str, Any]) -> Measured:
        """From what the task measures."""
        return cls(rows, measured["metrics"], measured["per_class"])

    @property
    def f1(self) -> float:
        return self.figures["entity_f1"]["value"]

    def __str__(self) -> str:
        kinds = ", ".join(f"{kind} {figures['f1']:.4f}" for kind, figures in self.kinds.items())
        return f"entity F1 {Figure.of(self.figures['entity_f1'])}; {kinds}; {self.rows:,} sentences"


def write_card(path: Path, *, figures: Mapping[str, Measured], training: Mapping[str, Any]) -> None:
    """Writes the card.

    Args:
        path: README.md to write.
        figures: on the validation sentences of each data set, measured on the saved files.
        training: what `train` notes of the run.
    """
    results = [
        result(TASK, {"type": HUB_NAMES[name][0], "name": HUB_NAMES[name][1]}, {"Entity F1, strict": ("f1", found.f1)})
        for name, found in figures.items()
    ]
    write(path, ABOUT, results, figures=_figures(figures, training), middle={"Data": _data(training)}, recipe=_recipe(training), use=USE)


def _figures(figures: Mapping[str, Measured], training: Mapping[str, Any]) -> str:
    return f"""\
{_overall(figures)}

An entity counts as found where its words and its type are both right. In brackets 95 % intervals: 1,000 resamples of the sentences.
Measured on the files of this folder in fp32 by `python recipes/entities.py evaluate`, with the task's own options. The validation sentences
chose no dial and no checkpoint: the best checkpoint is that of the held-out training sentences, whose entity F1 was
{training["figures"]["entity_f1"]["value"]:.4f}. They were looked at once before, with an adapter that had learned the accounts of both sets
of tweets: 0.4287 on Broad Twitter Corpus, 0.6555 on WNUT 2017 and 0.7654 on WikiGold, which is how that contradiction was found.

{_by_kind(figures)}"""


def _data(training: Mapping[str, Any]) -> str:
    return f"""\
The training parts of three data sets, {training["sentences"]:,} sentences; {training["held_out"]:,} more were held out.

- Broad Twitter Corpus (Derczynski, Bontcheva and Roberts 2016, "Broad Twitter Corpus: a diverse named entity recognition resource",
  COLING), CC BY 4.0: tweets, with PER, LOC and ORG.
- WNUT 2017 (Derczynski, Nichols, van Erp and Limsopatham 2017, "Results of the WNUT2017 shared task on novel and emerging entity
  recognition", W-NUT), CC BY 4.0: person became PER, location LOC, corporation and group ORG; product and creative-work are not marked.
- WikiGold (Balasuriya, Ringland, Nothman, Murphy and Curran 2009, "Named entity recognition in Wikipedia", ACL-IJCNLP workshop),
  CC BY 4.0: sentences of Wikipedia; MISC is not marked.

Words such as @name that no tag marks were taken out of the training sentences: WNUT 2017 leaves accounts unmarked, Broad Twitter Corpus
marks nine of ten, and a model that learns both leaves them out. The validation sentences are as they are.

The adapter's own weights are under Apache-2.0, as is the backbone."""


def _recipe(training: Mapping[str, Any]) -> str:
    return f"""\
    python recipes/entities.py {training["command"]}

LoRA on every linear layer of the encoder, the classifier trained whole, all pieces of a word labelled, cross-entropy with label
smoothing, AdamW, cosine schedule, dropout 0.1, matrix products in bfloat16, sentences of like length in one batch; the best checkpoint
is that after {training["best"]["epoch"]:g} epochs. {training["minutes"]:.0f} minutes on one core of a machine shared with other work, no
accelerator. The weights are stored in half precision and merged in fp32."""


def _overall(figures: Mapping[str, Measured]) -> str:
    metrics = ("entity_f1", "entity_precision", "entity_recall")
    rows = [
        (HUB_NAMES[name][1], f"{found.rows:,}", *(Figure.of(found.figures[metric]) for metric in metrics))
        for name, found in figures.items()
    ]
    return table(("data, validation part", "sentences", "entity F1", "precision", "recall"), rows)


def _by_kind(figures: Mapping[str, Measured]) -> str:
    rows = [
        (HUB_NAMES[name][1], kind, f"{each['support']:,}", *(f"{each[metric] or 0:.2f}" for metric in ("precision", "recall", "f1")))
        for name, found in figures.items()
        for kind, each in found.kinds.items()
    ]
    return table(("data", "type", "entities", "precision", "recall", "F1"), rows)
