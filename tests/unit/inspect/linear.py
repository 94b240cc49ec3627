"""Classifiers whose attributions are known by hand: their logit is a function of how often words of a list occur."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from core import tasks
from core.inference.loading import Loaded, ready
from core.inspect.attribution.asking import Asker
from core.inspect.attribution.reading import Level
from core.inspect.attribution.subjects import subject_of
from core.schema import LookSpec
from core.settings import Settings
from tests.tiny_models import wordpiece

SCORES = {"good": 2.0, "bad": -1.5, "very": 0.5, "fine": 1.0, "film": 0.25}


def counting(folder: Path, of: Callable[[Any], Any] = lambda total: total, **settings: Any) -> Loaded:
    """A text classifier whose first logit is ``of`` the sum of :data:`SCORES` over the tokens, and whose second one is 0.

    Every other embedding is 0, that of the mask too.
    """
    tokenizer = wordpiece(folder, pairs=False)
    task = tasks.get("text-classification")
    files = SimpleNamespace(max_length=None)
    model = ready(task, task.Options(), files, tokenizer, _network(tokenizer, of))
    return Loaded(task, None, model, "fp32")


def _network(tokenizer: Any, of: Callable[[Any], Any]) -> Any:
    import torch
    from transformers import PretrainedConfig

    class Counting(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.config = PretrainedConfig(id2label={0: "counted", 1: "nothing"}, pad_token_id=0)
            self.embeddings = torch.nn.Embedding(len(tokenizer), 3)
            self.embeddings.weight.data.zero_()
            for word, score in SCORES.items():
                self.embeddings.weight.data[tokenizer.get_vocab()[word], 1] = score / 4
            self.device = torch.device("cpu")

        def get_input_embeddings(self) -> Any:
            return self.embeddings

        def forward(self, input_ids: Any = None, attention_mask: Any = None, inputs_embeds: Any = None) -> Any:
            points = self.embeddings(input_ids) if inputs_embeds is None else inputs_embeds
            logit = of((4 * points[..., 1] * attention_mask).sum(dim=1))
            return SimpleNamespace(logits=torch.stack([logit, torch.zeros_like(logit)], dim=1))

    return Counting().eval()


def look_at(text: str, task: str = "text-classification", seed: int = 0, **cells: str) -> LookSpec:
    """A spec of one row; nothing in it is looked up."""
    return LookSpec(task=task, model="embedded:sentiment", revision="0" * 40, cells={"text": text, **cells}, seed=seed)


def asker_of(loaded: Loaded, look: LookSpec, level: Level = "word", settings: Settings | None = None, **how: Any) -> Asker:
    """Between a method and a model, for the model's own answer."""
    subject = subject_of(loaded, look)
    target = next(target for target in subject.targets() if target.id == "0")
    asked = subject.ask(target, target.scalars[0])
    return Asker(settings or Settings(), loaded, asked.reading, asked.scalar, asked.reading.units(level, loaded.model.tokenizer), **how)
