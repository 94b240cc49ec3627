"""translation: each text in another language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pydantic import Field

from core.schema import Role
from core.tasks.base import Encoded, RoleUse, TaskModel
from core.tasks.text2text_generation import AUTO, Text2TextGeneration, Text2TextOptions, params_of
from core.tasks.writing.decoding import Decoding
from core.tasks.writing.generation import WRITING_ROLES
from core.tasks.writing.languages import Languages, languages_of, speaking

LANGUAGES = ("source_language", "target_language")


class TranslationOptions(Text2TextOptions):
    """What a user may set for this task."""

    source_language: str = Field("", description="Code of the texts' language as the model's card has it, such as en, en_XX, eng_Latn.")
    target_language: str = Field("", description="Code of the language to translate into, such as de, de_DE, deu_Latn.")


class Translation(Text2TextGeneration):
    """T5 takes its prefix from the config, Marian a token before the text, mBART, NLLB and M2M100 a first token of the answer."""

    name = "translation"
    title = "Translation"
    purpose = "Translate each text."
    roles = (RoleUse(Role.TEXT, True, "The text to translate."), *WRITING_ROLES)
    Options = TranslationOptions

    def languages(self, model: TaskModel) -> Languages:
        """How the model is told its languages; a prefix of the user's own says it all."""
        source, target = self.codes(model)
        prefix = params_of(model.network.config, self.name).get("prefix") or model.options.prefix != AUTO
        if prefix and not source and not target:
            return Languages()
        return languages_of(model.tokenizer, model.network.config, source, target)

    def codes(self, model: TaskModel) -> tuple[str, str]:
        """Codes of both languages: the user's, else those that a model was tuned with; empty where nobody says."""
        noted = params_of(model.network.config, self.name)
        source, target = (getattr(model.options, name) or noted.get(name) or "" for name in LANGUAGES)
        return source, target

    def check(self, model: TaskModel) -> None:
        self.languages(model)

    def specific(self, model: TaskModel) -> Mapping[str, Any]:
        config = model.network.config
        return {**params_of(config, self.languages(model).task), **params_of(config, self.name)}

    def prefix(self, model: TaskModel) -> str:
        return self.languages(model).prefix + super().prefix(model)

    def decoding(self, model: TaskModel) -> Decoding:
        how = super().decoding(model)
        first = self.languages(model).first_token
        return how if first is None else replace(how, more={**how.more, "forced_bos_token_id": first})

    def encode(self, model: TaskModel, cells: Mapping[str, list[str]]) -> Encoded:
        with speaking(model.tokenizer, self.codes(model)[0]):
            return super().encode(model, cells)
