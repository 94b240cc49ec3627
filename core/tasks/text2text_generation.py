"""text2text-generation: from each text to another one, with a model of encoder and decoder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pydantic import Field

from core.models import params_in
from core.schema import Role
from core.tasks.base import Encoded, RoleUse, TaskModel
from core.tasks.encoding import encode_texts
from core.tasks.writing.decoding import Decoding
from core.tasks.writing.generation import WRITING_ROLES, GenerationOptions, WritingTask, decoding_of

AUTO = "auto"


class Text2TextOptions(GenerationOptions):
    """What a user may set for models of encoder and decoder."""

    prefix: str = Field(AUTO, description="Text put before each cell; auto takes the one that the model's config has for the task.")


class Text2TextGeneration(WritingTask):
    """Texts that a sequence-to-sequence model writes, as ``generate`` gives them row by row."""

    name = "text2text-generation"
    title = "Text to text"
    purpose = "Turn each text into another one: rewrite, correct, answer."
    roles = (RoleUse(Role.TEXT, True, "The text that the model reads."), *WRITING_ROLES)
    Options = Text2TextOptions
    auto_class = "AutoModelForSeq2SeqLM"

    def specific(self, model: TaskModel) -> Mapping[str, Any]:
        """What the model's config says for this task."""
        return params_of(model.network.config, self.name)

    def decoding(self, model: TaskModel) -> Decoding:
        return decoding_of(model, specific=self.specific(model), usual_new=self.usual_new)

    def prefix(self, model: TaskModel) -> str:
        """The text put before each cell."""
        chosen = model.options.prefix
        return str(self.specific(model).get("prefix") or "") if chosen == AUTO else chosen

    def encode(self, model: TaskModel, cells: Mapping[str, list[str]]) -> Encoded:
        prefix = self.prefix(model)
        texts = [prefix + text for text in cells[Role.TEXT]] if prefix else cells[Role.TEXT]
        encoded = encode_texts(model.tokenizer, texts, None, max_length=model.cut_at, accepted=model.accepted)
        return replace(encoded, **self.with_cost(model, encoded, cells.get(Role.TARGET)))


def params_of(config: Any, task: str) -> Mapping[str, Any]:
    """The entry of ``task_specific_params`` for a task, as T5's and BART's configs have it; empty where there is none."""
    found = params_in(config).get(task)
    return found if isinstance(found, dict) else {}
