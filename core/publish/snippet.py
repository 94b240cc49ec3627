"""Lines of Python that use what was pushed; tests run them against the files as they were pushed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from core.models.merge import adapter_json
from core.models.noted import temperature_of
from core.models.safety import ADAPTER_CONFIG, CONFIG, count_labels
from core.models.whole import CLASS_OF_ADAPTER
from core.schema.models import HUB_ID, REVISION

ONE_TEXT = 'inputs = tokenizer("The light is warm, and it works well.", return_tensors="pt")'
SINGLE = "single_label_classification"
SCORES = {
    SINGLE: "print({model.config.id2label[i]: round(p, 4) for i, p in enumerate(logits.softmax(-1).tolist())})",
    "multi_label_classification": "print({model.config.id2label[i]: round(p, 4) for i, p in enumerate(logits.sigmoid().tolist())})",
    "regression": "print(logits.item())",
}
FORWARD = ("with torch.no_grad():", "    outputs = model(**inputs)")
GENERATE = (
    ONE_TEXT,
    "outputs = model.generate(**inputs, max_new_tokens=40)",
    "print(tokenizer.decode(outputs[0], skip_special_tokens=True))",
)
ASKED: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "AutoModelForTokenClassification": (
            ONE_TEXT,
            *FORWARD,
            'pieces = tokenizer.convert_ids_to_tokens(inputs["input_ids"][0])',
            "for piece, label in zip(pieces, outputs.logits[0].argmax(-1).tolist()):",
            "    print(piece, model.config.id2label[label])",
        ),
        "AutoModelForQuestionAnswering": (
            'inputs = tokenizer("Who wrote it?", "Ada wrote it in 1843.", return_tensors="pt")',
            *FORWARD,
            "start, end = outputs.start_logits[0].argmax(), outputs.end_logits[0].argmax()",
            'print(tokenizer.decode(inputs["input_ids"][0][start : end + 1]))',
        ),
        "AutoModelForCausalLM": GENERATE,
        "AutoModelForSeq2SeqLM": GENERATE,
        "AutoModel": (ONE_TEXT, *FORWARD, "print(outputs.last_hidden_state.mean(dim=1))"),
    }
)
CLASSIFIER = "AutoModelForSequenceClassification"


def snippet(folder: Path, repository: str) -> str:
    """Python that loads a model of the Hub and asks it; empty where nobody else can load it.

    Args:
        folder: the files as they are pushed: an adapter's, or a whole model's.
    """
    lines = _adapter(folder, repository) if (folder / ADAPTER_CONFIG).is_file() else _whole(folder, repository)
    return "\n".join(lines)


def base_name(folder: Path) -> str:
    """The Hub's name of an adapter's base; empty where the base is on this machine alone."""
    name = str(adapter_json(folder, ADAPTER_CONFIG).get("base_model_name_or_path") or "")
    return name if HUB_ID.fullmatch(name) else ""


def _adapter(folder: Path, repository: str) -> list[str]:
    adapter, base = adapter_json(folder, ADAPTER_CONFIG), base_name(folder)
    auto_class = CLASS_OF_ADAPTER.get(str(adapter.get("task_type")))
    if auto_class is None or not base:
        return []
    has_config = (folder / CONFIG).is_file()
    revision = str(adapter.get("revision") or "")
    pin = f', revision="{revision}"' if REVISION.fullmatch(revision) else ""
    return [
        "import torch",
        "from peft import PeftModel",
        f"from transformers import {'AutoConfig, ' if has_config else ''}{auto_class}, AutoTokenizer",
        "",
        f'repository = "{repository}"',
        f'base = "{base}"',
        *(["config = AutoConfig.from_pretrained(repository)"] if has_config else []),
        f"model = {auto_class}.from_pretrained(base{pin}{', config=config' if has_config else ''})",
        "model = PeftModel.from_pretrained(model, repository).merge_and_unload().eval()",
        f"tokenizer = AutoTokenizer.from_pretrained(base{pin})",
        "",
        *_asked(auto_class, adapter_json(folder, CONFIG)),
    ]


def _whole(folder: Path, repository: str) -> list[str]:
    config = adapter_json(folder, CONFIG)
    auto_class = _class_of(config)
    if auto_class is None:
        return []
    return [
        "import torch",
        f"from transformers import {auto_class}, AutoTokenizer",
        "",
        f'repository = "{repository}"',
        f"model = {auto_class}.from_pretrained(repository).eval()",
        "tokenizer = AutoTokenizer.from_pretrained(repository)",
        "",
        *_asked(auto_class, config),
    ]


def _class_of(config: Mapping[str, Any]) -> str | None:
    """The auto class of a whole model, by the class that its config names."""
    named = config.get("architectures")
    built = str(named[0]) if isinstance(named, list) and named else ""
    ends = {auto_class.removeprefix("AutoModel"): auto_class for auto_class in CLASS_OF_ADAPTER.values()}
    ends |= {"LMHeadModel": "AutoModelForCausalLM", "ForConditionalGeneration": "AutoModelForSeq2SeqLM"}
    return next((auto_class for end, auto_class in ends.items() if end and built.endswith(end)), "AutoModel" if built else None)


def _asked(auto_class: str, config: Mapping[str, Any]) -> tuple[str, ...]:
    """One question to the model, and its answer."""
    if auto_class != CLASSIFIER:
        return ASKED[auto_class]
    declared = config.get("problem_type")
    problem = declared if isinstance(declared, str) and declared in SCORES else "regression" if count_labels(config) == 1 else SINGLE
    temperature = temperature_of(config) if problem == SINGLE else None  # as core.tasks.text_classification applies it
    divided = f" / {temperature!r}  # the temperature that its probabilities were calibrated with" if temperature else ""
    return (ONE_TEXT, *FORWARD, f"logits = outputs.logits[0]{divided}", SCORES[problem])
