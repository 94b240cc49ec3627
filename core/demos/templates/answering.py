"""Loads the model that demo.json names and answers. Nothing of a page in here: app.py asks these functions."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers
from safetensors.torch import load_file

HERE = Path(__file__).resolve().parent
DEMO = json.loads((HERE / "demo.json").read_text(encoding="utf-8"))
"""What decides the demo: task, model, labels, limits, examples. Plain data: nothing in it is ever run."""

SCALE = 20.0  # of cosines before a softmax: that of the loss which sentence embeddings are mostly trained with
SHARED_TOKENS = 128  # of two neighbouring windows of a long text
WINDOW_TOKENS = 384  # of a question with its text
BEST_ANSWERS = 3
BEST_WORDS = 5


@lru_cache(maxsize=1)
def loaded() -> tuple[Any, Any]:
    """Tokenizer and network in evaluation mode, an adapter merged into its base."""
    name, revision = _place(DEMO["base"]), DEMO["base_revision"]
    transformers.logging.set_verbosity_error()  # a head that the adapter brings counts as missing there
    tokenizer = transformers.AutoTokenizer.from_pretrained(name, revision=revision, trust_remote_code=False)
    config = transformers.AutoConfig.from_pretrained(name, revision=revision, trust_remote_code=False)
    if DEMO["adapter"] and DEMO["labels"]:
        config.id2label = dict(enumerate(DEMO["labels"]))
        config.label2id = {label: index for index, label in enumerate(DEMO["labels"])}
    if DEMO["problem_type"]:
        config.problem_type = DEMO["problem_type"]
    network = getattr(transformers, DEMO["auto_class"]).from_pretrained(
        name,
        revision=revision,
        config=config,
        dtype=torch.float32,
        use_safetensors=True,
        trust_remote_code=False,
        ignore_mismatched_sizes=bool(DEMO["adapter"]),  # the adapter brings a head of its own
    )
    if DEMO["adapter"]:
        network = _with_adapter(network, HERE / DEMO["adapter"])
    tokenizer.model_max_length = DEMO["max_length"] or min(tokenizer.model_max_length, 512)
    return tokenizer, network.eval()


def classify(text: str, second: str = "") -> dict[str, float]:
    """Label to score: softmax of logits over the temperature where exactly one label fits, sigmoid where any may; a number as it is."""
    tokenizer, network = loaded()
    texts = (text, second) if second.strip() else (text,)
    with torch.inference_mode():
        logits = network(**tokenizer(*texts, truncation=True, return_tensors="pt")).logits[0].double()
    kind = network.config.problem_type
    if kind == "regression":
        scores = logits
    elif kind == "multi_label_classification" or len(logits) == 1:
        scores = logits.sigmoid()
    else:
        scores = (logits / DEMO["temperature"]).softmax(-1)
    names = [network.config.id2label[index] for index in range(len(logits))]
    return dict(zip(names, scores.tolist(), strict=True))


def chosen_labels(scores: dict[str, float]) -> list[str]:
    """What the model predicts: of several labels those from their thresholds on, else the likeliest."""
    thresholds = DEMO["thresholds"]
    if loaded()[1].config.problem_type == "multi_label_classification":
        return [label for label, score in scores.items() if score >= thresholds.get(label, 0.5)]
    return [max(scores, key=lambda label: scores[label])]


def is_number() -> bool:
    """Whether the model answers with a number and not with labels."""
    return loaded()[1].config.problem_type == "regression"


def entities(text: str) -> list[dict[str, Any]]:
    """Entities with ``entity``, ``score``, ``start`` and ``end`` (characters); a long text is read in windows that overlap."""
    tokenizer, network = loaded()
    stride = tokenizer.model_max_length // 4
    find = transformers.pipeline(
        "token-classification",
        model=network,
        tokenizer=tokenizer,
        aggregation_strategy=DEMO["aggregation"],
        **({"stride": stride} if tokenizer.is_fast else {}),
    )
    found = find(text) if text.strip() else []
    return [{"entity": one["entity_group"], "score": float(one["score"]), "start": one["start"], "end": one["end"]} for one in found]


def answers(question: str, context: str) -> list[dict[str, Any]]:
    """The likeliest stretches of a text with ``text``, ``score``, ``start`` and ``end``.

    A score is the product of the softmaxes of start and end over all tokens of the text and the place that stands for "no answer", as in
    the pipeline that transformers had; tokens that two windows share count in both.
    """
    if not question.strip() or not context.strip():
        return []
    tokenizer, network = loaded()
    width = min(WINDOW_TOKENS, tokenizer.model_max_length)
    cut = tokenizer(question, add_special_tokens=False, truncation=True, max_length=width // 2, return_offsets_mapping=True)
    question = question[: cut["offset_mapping"][-1][1]]
    encoded = tokenizer(
        question,
        context,
        truncation="only_second",
        max_length=width,
        stride=min(SHARED_TOKENS, width // 8),
        padding=True,
        return_overflowing_tokens=True,
        return_offsets_mapping=True,
        return_tensors="pt",
    )
    accepted = {name: values for name, values in encoded.items() if name in tokenizer.model_input_names}
    with torch.inference_mode():
        found = network(**accepted)
    start, end = found.start_logits.double().numpy(), found.end_logits.double().numpy()
    inside = np.array([[number == 1 for number in encoded.sequence_ids(row)] for row in range(len(start))])
    sums = [np.logaddexp.reduce(np.append(side[inside], side[:, 0].min())) for side in (start, end)]
    spans = _spans(start, end, inside, encoded["offset_mapping"].numpy(), context)
    return [{**span, "score": float(np.exp(span.pop("sum") - sum(sums)))} for span in spans]


def write(text: str, *, prefix: str = "", words: int = 0, draw: bool = False) -> str:
    """What the model writes: an answer, a summary, a translation, or the continuation of a prompt.

    Args:
        prefix: set before the text, as T5 wants it.
        words: most new tokens; the demo's own number where 0.
        draw: draw the tokens by chance instead of taking the likeliest.
    """
    tokenizer, network = loaded()
    settings = {**DEMO["writing"], "max_new_tokens": words or DEMO["new_tokens"], "do_sample": draw}
    if DEMO["source_language"] and hasattr(tokenizer, "src_lang"):
        tokenizer.src_lang = DEMO["source_language"]
    if DEMO["target_language"] and hasattr(tokenizer, "src_lang"):
        settings["forced_bos_token_id"] = tokenizer.convert_tokens_to_ids(DEMO["target_language"])
    prompt, special = prefix + text, True
    if DEMO["task"] == "text-generation" and DEMO["chat"] and tokenizer.chat_template:
        system = [{"role": "system", "content": DEMO["system_prompt"]}] if DEMO["system_prompt"] else []
        messages = [*system, {"role": "user", "content": prompt}]
        prompt, special = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True), False
    if not network.config.is_encoder_decoder:
        tokenizer.truncation_side = "left"  # a prompt is cut at its beginning
    encoded = tokenizer(
        prompt, add_special_tokens=special, truncation=True, max_length=_room(settings["max_new_tokens"]), return_tensors="pt"
    )
    if network.config.is_encoder_decoder:
        encoded.pop("token_type_ids", None)
    else:
        encoded = {name: values for name, values in encoded.items() if name in ("input_ids", "attention_mask")}
    if not encoded["input_ids"].shape[1]:
        return ""
    with torch.inference_mode():
        ids = network.generate(**encoded, pad_token_id=_padding(), **settings)[0]
    if network.config.is_encoder_decoder:
        return tokenizer.decode(ids, skip_special_tokens=True)
    before = tokenizer.decode(encoded["input_ids"][0], skip_special_tokens=True)
    return tokenizer.decode(ids, skip_special_tokens=True)[len(before) :]  # by itself an answer would lose its leading space


def prompt_of(values: list[str]) -> str:
    """The demo's prompt template with its columns filled in; braces in a value mean nothing."""
    named = dict(zip(DEMO["columns"], values, strict=True))
    pieces = [piece for text, column in zip(DEMO["template"], DEMO["places"], strict=False) for piece in (text, named[column])]
    return "".join([*pieces, DEMO["template"][-1]])


def fill(text: str) -> dict[str, float]:
    """Words for the first gap, written as three underscores or as the model's own mask, with their probabilities."""
    tokenizer, network = loaded()
    text = text.replace("___", tokenizer.mask_token)
    encoded = tokenizer(text, truncation=True, return_tensors="pt")
    places = (encoded["input_ids"][0] == tokenizer.mask_token_id).nonzero()
    if not len(places):
        return {}
    with torch.inference_mode():
        likely = network(**encoded).logits[0, int(places[0])].double().softmax(-1).topk(BEST_WORDS)
    return {
        tokenizer.decode([number]).strip(): score for score, number in zip(likely.values.tolist(), likely.indices.tolist(), strict=True)
    }


def sort_by_labels(text: str, labels: list[str], *, several: bool = False) -> dict[str, float]:
    """Scores of labels of your own: by entailment where the model knows it, else by the cosines of embeddings."""
    tokenizer, network = loaded()
    if not labels or not text.strip():
        return {}
    if DEMO["auto_class"] == "AutoModel":
        cosines = vectors(labels) @ vectors([text])[0]
        weights = np.exp(SCALE * (cosines - cosines.max()))
        scores = np.clip(cosines, 0, 1) if several else weights / weights.sum()
        return dict(zip(labels, scores.tolist(), strict=True))
    ask = transformers.pipeline("zero-shot-classification", model=network, tokenizer=tokenizer)
    found = ask(text, labels, multi_label=several)
    return dict(zip(found["labels"], found["scores"], strict=True))


def similar(text: str, others: list[str]) -> list[tuple[str, float]]:
    """Other texts with the cosines of their embeddings, the most similar first."""
    if not text.strip() or not others:
        return []
    cosines = vectors(others) @ vectors([text])[0]
    return [(others[place], float(cosines[place])) for place in np.argsort(-cosines, kind="stable")]


def central(text: str, count: int = 3) -> str:
    """A summary of sentences of the text itself: those that the others resemble most, in the order of the text."""
    sentences = [sentence.strip() for sentence in re.split(r"(?<=[.!?])\s+", text) if sentence.strip()]
    if len(sentences) <= count:
        return " ".join(sentences)
    near = np.maximum(vectors(sentences) @ vectors(sentences).T, 0)
    best = np.argsort(-near.sum(axis=1), kind="stable")[:count]
    return " ".join(sentences[place] for place in sorted(best))


def vectors(texts: list[str]) -> np.ndarray:
    """The mean of the last hidden states of each text, scaled to length 1: float64 ``[texts, width]``."""
    tokenizer, network = loaded()
    network = network.get_encoder() if network.config.is_encoder_decoder else network
    found = []
    for text in texts:  # one by one: no padding that a model might read
        with torch.inference_mode():
            states = network(**tokenizer(text, truncation=True, return_tensors="pt")).last_hidden_state[0]
        found.append(torch.nn.functional.normalize(states.double().mean(dim=0), dim=0).numpy())
    return np.stack(found)


def _place(name: str) -> str:
    """A folder beside this file, or a name on the Hub."""
    return str(HERE / name) if name == "base" else name


def _with_adapter(network: Any, folder: Path) -> Any:
    from peft import PeftConfig, get_peft_model, set_peft_model_state_dict

    config = json.loads((folder / "adapter_config.json").read_text(encoding="utf-8"))
    wrapped = get_peft_model(
        network, PeftConfig.from_peft_type(**config | {"inference_mode": True, "base_model_name_or_path": network.config._name_or_path})
    )
    found = set_peft_model_state_dict(wrapped, load_file(folder / "adapter_model.safetensors"))
    if found.unexpected_keys:
        raise ValueError(f"The adapter does not fit its base: {', '.join(found.unexpected_keys[:3])}")
    return wrapped.merge_and_unload()


def _spans(start: np.ndarray, end: np.ndarray, inside: np.ndarray, offsets: np.ndarray, context: str) -> list[dict[str, Any]]:
    """The best stretches of all windows, each once, with the ``sum`` of their logits."""
    candidates = []
    for row in range(len(start)):
        places = np.flatnonzero(inside[row])
        for first in places:
            last = places[(places >= first) & (places < first + DEMO["longest_answer"])]
            candidates += [(start[row, first] + end[row, place], row, first, place) for place in last]
    found: dict[tuple[int, int], dict[str, Any]] = {}
    for total, row, first, last in sorted(candidates, key=lambda candidate: -candidate[0]):
        begin, stop = int(offsets[row, first, 0]), int(offsets[row, last, 1])
        text = context[begin:stop]
        begin, stop = begin + len(text) - len(text.lstrip()), stop - len(text) + len(text.rstrip())
        if begin < stop and (begin, stop) not in found:
            found[begin, stop] = {"text": context[begin:stop], "sum": float(total), "start": begin, "end": stop}
        if len(found) == BEST_ANSWERS:
            break
    return list(found.values())


def _room(new: int) -> int:
    """Tokens of a prompt: a decoder shares its length with what it writes."""
    tokenizer, network = loaded()
    limit = tokenizer.model_max_length
    return limit if network.config.is_encoder_decoder else max(1, limit - min(new, limit // 2))


def _padding() -> int | None:
    tokenizer, network = loaded()
    ending = network.generation_config.eos_token_id
    return tokenizer.pad_token_id if tokenizer.pad_token_id is not None else ending[0] if isinstance(ending, list) else ending
