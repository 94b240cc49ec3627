"""The card of an adapter, in the Hub's format, from its spec and its figures; no file name and no path is in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml

from core import tasks
from core.metrics import DEFINITIONS
from core.models import ModelFiles
from core.schema import FinetuneSpec
from core.training.objectives import Objective
from core.training.outcome.saving import base_of

CARD = "README.md"
MADE = MappingProxyType({"lora": "A LoRA adapter on", "full": "All weights trained, from"})
MOST_LABELS = 100  # named in the card
LABELS_NAMED = 5  # in its one sentence
EVERY_LAYER = "every linear layer"  # what no names of layers mean, the one dial that is a list
DATA = {"type": "tabular", "name": "a table of the author's own"}
FOLDER = 'folder = "path/of/this/folder"'
FORWARD = (
    'inputs = tokenizer("The light is warm, and it works well.", return_tensors="pt")',
    "with torch.no_grad():",
    "    logits = model(**inputs).logits[0]",
)
ANSWERS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "single_label_classification": (*FORWARD, "print(model.config.id2label[logits.argmax().item()])"),
        "multi_label_classification": (*FORWARD, "print([model.config.id2label[i] for i, p in enumerate(logits.sigmoid()) if p >= 0.5])"),
        "token-classification": (
            *FORWARD,
            "for piece, label in zip(inputs.tokens(), logits.argmax(-1).tolist()):",
            "    print(piece, model.config.id2label[label])",
        ),
    }
)
"""How a text is answered by names, by the problem or the task."""


def write_card(folder: Path, spec: FinetuneSpec, base: ModelFiles, objective: Objective, summary: dict[str, Any]) -> None:
    """Writes ``README.md`` into an adapter's folder.

    Args:
        base: what the adapter was tuned on; languages, scripts and licence come from its card.
        objective: what was learned.
        summary: of the run, with its ``metrics``.
    """
    head = yaml.safe_dump(front_matter(spec, base, objective, summary), sort_keys=False, allow_unicode=True, width=120)
    (folder / CARD).write_text(f"---\n{head}---\n\n{_body(spec, base, objective, summary)}", encoding="utf-8")


def front_matter(spec: FinetuneSpec, base: ModelFiles, objective: Objective, summary: dict[str, Any]) -> dict[str, Any]:
    """The card's metadata (https://huggingface.co/docs/hub/model-cards), what the base's card says included."""
    figures = [_measured(name, figure) for name, figure in _figures(summary).items()]
    result = {"task": {"type": spec.task}, "dataset": DATA, "metrics": figures}
    labels = objective.names
    ours = {
        "summary": f"Tuned for {objective.summary}{': ' + _named(labels) if labels else ''}.",
        "labels": list(labels[:MOST_LABELS]),
        "scripts": list(base.card.scripts or ()) or None,
        "lowercases": base.card.lowercases,
    }
    head = {
        "license": base.card.license,
        "base_model": _base_name(base),
        "language": list(base.card.languages or ()) or None,
        "library_name": "peft" if spec.dials.method == "lora" else "transformers",
        "pipeline_tag": spec.task,
        "tags": ["lora"] if spec.dials.method == "lora" else None,
        "model-index": [{"name": spec.name, "results": [result]}] if figures else None,
        "sheetformer": {name: value for name, value in ours.items() if value is not None},
    }
    return {name: value for name, value in head.items() if value is not None}


def _named(labels: Sequence[str]) -> str:
    more = f" and {len(labels) - LABELS_NAMED:,} more" if len(labels) > LABELS_NAMED else ""
    return ", ".join(labels[:LABELS_NAMED]) + more


def _measured(name: str, figure: dict[str, Any]) -> dict[str, Any]:
    """A figure of ``model-index``; the interval stands under ``args``, the field's place for what a metric was computed with."""
    entry: dict[str, Any] = {"type": name, "name": _title(name), "value": round(figure["value"], 4)}
    if figure.get("low") is not None:
        entry["args"] = {"confidence_interval": [round(figure["low"], 4), round(figure["high"], 4)], "confidence_level": 0.95}
        entry["args"] |= {"rows": figure["n"]} if figure.get("n") else {}
    return entry


def _body(spec: FinetuneSpec, base: ModelFiles, objective: Objective, summary: dict[str, Any]) -> str:
    rows = "\n".join(
        f"| {_title(name)} | {figure['value']:.4f} | {_interval(figure)} | {_rows(figure)} |" for name, figure in _figures(summary).items()
    )
    figures = (
        f"| metric | value | 95 % interval | rows |\n|---|---|---|---|\n{rows}"
        if rows
        else "This problem has no figures with intervals yet."
    )
    dials = "\n".join(f"- `{name}`: {_said(value)}" for name, value in spec.dials.model_dump(mode="json", exclude_none=True).items())
    labels = objective.names
    named = ", ".join(f"`{label}`" for label in labels[:MOST_LABELS])
    more = f" and {len(labels) - MOST_LABELS:,} more" if len(labels) > MOST_LABELS else ""
    return f"""# {spec.name}

{MADE[spec.dials.method]} {_base_name(base)} for {spec.task}: {objective.summary}.{f" Labels: {named}{more}." if labels else ""}
{_inputs(objective)}
## Figures

Measured in fp32 on {summary["validation_rows"]:,} rows that no step learned from; they chose {_chosen(summary)}, which flatters a little.

{figures}

## Data

{summary["train_rows"]:,} rows of the author's own table, split off by the method `{"own table" if spec.validation else spec.split.method}`.

## Procedure

transformers' Trainer{" with peft" if spec.dials.method == "lora" else ""}, matrix products in {summary["precision"]},
{summary["trainable_parameters"]:,} trained parameters,
seed {spec.seed}.

{dials}

## Limits

- What the table does not show, the adapter does not know: other subjects, other languages, labels that came up rarely.
- Probabilities are not calibrated.

## Use

{_use(spec, objective)}
"""


def _chosen(summary: dict[str, Any]) -> str:
    """What the validation rows decided: the more trials they choose among, the more the figures flatter."""
    return f"the best checkpoint and the best of {len(summary['trials'])} trials" if "trials" in summary else "the best checkpoint"


def _said(value: Any) -> str:
    """A dial's value in words."""
    return (", ".join(value) or EVERY_LAYER) if isinstance(value, list) else str(value)


def _use(spec: FinetuneSpec, objective: Objective) -> str:
    """Lines of Python that load what was made and, where its outputs have names, answer a text by them."""
    auto_class = tasks.get(spec.task).auto_class
    answer = ANSWERS.get(objective.problem or spec.task, ()) if objective.names else ()
    imports, pieces = (["import torch"], ", AutoTokenizer") if answer else ([], "")
    if spec.dials.method == "full":
        lines = [
            *imports,
            f"from transformers import {auto_class}{pieces}",
            "",
            FOLDER,
            f"model = {auto_class}.from_pretrained(folder).eval()",
        ]
    else:
        lines = [
            *imports,
            "from peft import PeftConfig, PeftModel",
            f"from transformers import AutoConfig, {auto_class}{pieces}",
            "",
            FOLDER,
            "name = PeftConfig.from_pretrained(folder).base_model_name_or_path",
            "config = AutoConfig.from_pretrained(folder)  # of the base, with the names of the labels where it has some",
            f"base = {auto_class}.from_pretrained(name, config=config)",
            "model = PeftModel.from_pretrained(base, folder).merge_and_unload().eval()",
        ]
    if answer:
        source = "folder" if spec.dials.method == "full" else "name"
        lines += [f"tokenizer = AutoTokenizer.from_pretrained({source})", "", *answer]
    return "\n".join(f"    {line}".rstrip() for line in lines)


def _inputs(objective: Objective) -> str:
    said = "".join(f"\n    {line}" for line in objective.says())
    return f"\n## Inputs\n\nScored with other inputs than these, it answers worse:\n{said}\n" if said else ""


def _rows(figure: dict[str, Any]) -> str:
    return f"{figure['n']:,}" if figure.get("n") else ""


def _figures(summary: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {name: figure for name, figure in summary.get("metrics", {}).items() if figure.get("value") is not None}


def _title(name: str) -> str:
    return DEFINITIONS[name].title if name in DEFINITIONS else name


def _interval(figure: dict[str, Any]) -> str:
    return f"{figure['low']:.4f} to {figure['high']:.4f}" if figure.get("low") is not None else ""


def _base_name(base: ModelFiles) -> str:
    """As the adapter's config has it; a local base is given by its name alone."""
    return str(base_of(base)["base_model_name_or_path"])
