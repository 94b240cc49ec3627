"""text-generation: the answer to each prompt, or texts as they are."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from core import tasks
from core.errors import BadInput
from core.schema import Role
from core.tables.problems import number_of
from core.tasks import Encoded, Ragged, Task, TaskModel
from core.tasks.encoding import encode_texts, slices
from core.tasks.text_generation import as_chat, prompts_of, uses_chat
from core.tasks.writing.templates import Template
from core.training.checks import Finding, finding
from core.training.loop.examples import IGNORED, Examples
from core.training.objectives.base import Objective
from core.training.objectives.writing import Writing, ending_token, most_tokens

PROBES = 4  # tokens by which is tried whether a model sees what comes


@dataclass(frozen=True, eq=False)
class Causal(Writing):
    """Behind each prompt the target's tokens and the ending one. Without a target column the texts themselves, in windows."""

    peft_task = "CAUSAL_LM"
    head = "text-generation"
    reads_targets = True

    @classmethod
    def lacks(cls, task: Task, roles: Collection[Role]) -> Role | None:
        return None

    @property
    def summary(self) -> str:
        return "answers to prompts" if self.has_targets else "texts as they are"

    def sources(self) -> list[str]:
        template, cells = self.options.prompt_template, self._columns()
        if not template:
            return cells[0]
        parsed = Template.parse(template)
        filled = (dict(zip(parsed.distinct, row, strict=True)) for row in zip(*cells, strict=True))
        return [parsed.fill(row) if any(cell.strip() for cell in row.values()) else "" for row in filled]

    def findings(self, train: np.ndarray, validation: np.ndarray) -> list[Finding]:
        found = super().findings(train, validation)
        return [*found, *self._grown_together(np.concatenate([train, validation]))] if self.has_targets else found

    def _grown_together(self, usable: np.ndarray) -> list[Finding]:
        """Prompts that end in a word which the target goes on with. A chat keeps them apart by itself."""
        if self.options.chat == "on":
            return []
        texts, targets = self.sources(), self.rows.cells[Role.TARGET]
        rows = [row for row in np.sort(usable).tolist() if texts[row][-1:].isalnum() and targets[row][:1].isalnum()]
        if not rows:
            return []
        said = "neither the prompt ends nor the target begins with a space or a mark: the model learns to go on within the word"
        return [finding(f"In {number_of(len(rows), 'row')} {said}. A prompt template can end with one.", rows)]

    def noted(self) -> dict[str, Any]:
        options = self.options
        words = {name: value for name in ("prompt_template", "system_prompt") if (value := getattr(options, name))}
        if not self.has_targets:
            return {**words, "chat": "off"}
        chat = {} if options.chat == "auto" else {"chat": options.chat}
        return {**words, **chat, "max_new_tokens": options.max_new_tokens or self.max_target_length}

    def begin(self, network: Any, train: np.ndarray) -> Objective:
        if sees_ahead(network):
            raise BadInput(
                "a model that reads from left to right",
                f"one that sees the tokens to come ({network.config.model_type})",
                "Choose another model to tune.",
            )
        return super().begin(network, train)

    def examples(self, model: TaskModel, places: np.ndarray) -> Examples:
        encoded, labels, lost = (
            self._answers(model, places) if self.has_targets else windows(model, [self.sources()[place] for place in places])
        )
        # Padding on the right comes after all that is learned, and a model that reads from left to right does not see it there.
        return Examples(
            encoded,
            labels,
            accepted=model.accepted,
            extra={"lost": lost},
            most_tokens=most_tokens(model.network),
        )

    def aligned(self, logits: Any, labels: Any) -> tuple[Any, Any]:
        """What is said at a place is the next place's token."""
        return logits[:, :-1], labels[:, 1:]

    def _answers(self, model: TaskModel, places: np.ndarray) -> tuple[Encoded, Ragged, dict[str, np.ndarray]]:
        """Prompt and target of each row: a prompt is cut from its beginning, so that the target stays."""
        cells = self.rows.some(places)
        whole = replace(model, options=model.options.model_copy(update={"max_new_tokens": 1}))
        encoded = tasks.get(self.task).encode(whole, cells)
        lead, end = leading_tokens(model), ending_token(model)
        targets, lost = cut_targets(answer_tokens(model, cells), end, min(self.max_target_length, model.max_length - lead - 1))
        room = model.max_length - targets.lengths
        kept = {
            name: Ragged.of([cut_prompt(ids[row], lead, int(room[row])) for row in range(len(ids))]) for name, ids in encoded.inputs.items()
        }
        prompts = kept["input_ids"].lengths
        joined = {name: Ragged.of([following(ids[row], targets[row], name) for row in range(len(ids))]) for name, ids in kept.items()}
        labels = Ragged.of([[IGNORED] * int(prompts[row]) + targets[row].tolist() for row in range(len(targets))])
        short = encoded.lost + encoded.lengths - prompts
        return replace(encoded, inputs=joined, cost=None), labels, {"prompt": short, "target": lost}


def answer_tokens(model: TaskModel, cells: dict[str, list[str]]) -> Ragged:
    """The targets as they stand behind their prompts: alone some tokenizers would put a space before them."""
    prompts = prompts_of(model, cells)
    if uses_chat(model):
        prompts = [as_chat(model, prompt) for prompt in prompts]
    targets = cells[Role.TARGET]
    found: list[Sequence[int]] = [()] * len(targets)
    waiting = list(range(len(targets)))
    for before in (prompts, ["\n"] * len(targets)):
        first = token_lists(model.tokenizer, [before[row] for row in waiting])
        both = token_lists(model.tokenizer, [before[row] + targets[row] for row in waiting])
        apart = []
        for row, one, all_of_it in zip(waiting, first, both, strict=True):
            if all_of_it[: len(one)] == one:
                found[row] = all_of_it[len(one) :]
            else:
                apart.append(row)
        waiting = apart
    for row, ids in zip(waiting, token_lists(model.tokenizer, [targets[row] for row in waiting]), strict=True):
        found[row] = ids
    return Ragged.of(found)


def token_lists(tokenizer: Any, texts: list[str]) -> list[list[int]]:
    """The tokens of texts, without special ones."""
    how = {"add_special_tokens": False, "return_attention_mask": False, "verbose": False}
    return [ids for start, stop in slices(texts, None) for ids in tokenizer(texts[start:stop], **how)["input_ids"]]


def leading_tokens(model: TaskModel) -> int:
    """Special tokens that the tokenizer puts before a prompt."""
    if uses_chat(model):
        return 0
    mask = model.tokenizer("a", return_special_tokens_mask=True)["special_tokens_mask"]
    return mask.index(0) if 0 in mask else 0


def cut_targets(targets: Ragged, end: int | None, limit: int) -> tuple[Ragged, np.ndarray]:
    """Targets with their ending token in at most ``limit`` tokens, and how many tokens of each are lost."""
    ends = [] if end is None else [end]
    room = max(limit - len(ends), 0)
    lost = np.maximum(targets.lengths - room, 0)
    return Ragged.of([[*targets[row][:room].tolist(), *ends] for row in range(len(targets))]), lost


def cut_prompt(ids: np.ndarray, lead: int, room: int) -> np.ndarray:
    """A prompt that fits: its special tokens at the beginning, and its end."""
    return ids if len(ids) <= room else np.concatenate([ids[:lead], ids[len(ids) - (room - lead) :]])


def following(ids: np.ndarray, target: np.ndarray, name: str) -> np.ndarray:
    """An argument of the model for prompt and target: of others than the tokens the last value goes on."""
    return np.concatenate([ids, target if name == "input_ids" else np.full(len(target), ids[-1])])


def windows(model: TaskModel, texts: list[str]) -> tuple[Encoded, Ragged, dict[str, np.ndarray]]:
    """Each text with its ending token, cut into windows of the model's length; no token is lost.

    A window begins with the last token of the one before, so that each token but the text's first is learned once.
    """
    whole = encode_texts(model.tokenizer, texts, None, max_length=2**31 - 1, accepted=frozenset({"input_ids"}), truncation=False)
    ids, end = whole.inputs["input_ids"], ending_token(model)
    row: list[int] = []
    cut: list[np.ndarray] = []
    for place in range(len(ids)):
        tokens = ids[place] if end is None or ids[place][-1:] == [end] else np.append(ids[place], end)
        for begin in range(0, max(len(tokens) - 1, 1), model.max_length - 1):
            cut.append(tokens[begin : begin + model.max_length])
            row.append(place)
    tokens = Ragged.of(cut)
    labels = Ragged.of([[IGNORED, *window[1:].tolist()] for window in cut])
    return replace(whole, inputs={"input_ids": tokens}, row=np.array(row, np.int64)), labels, {}


def sees_ahead(network: Any) -> bool:
    """Whether what a model says at a place depends on later tokens: it could copy what it should learn to say."""
    import torch

    training = network.training
    network.eval()
    one = torch.arange(1, 1 + PROBES)[None]
    other = one.clone()
    other[0, -1] += 1
    with torch.inference_mode():
        first, second = (network(input_ids=ids.to(network.device)).logits[0, :-1].float() for ids in (one, other))
    network.train(training)
    return not torch.allclose(first, second, rtol=1e-3, atol=1e-4)
