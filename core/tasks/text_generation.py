"""text-generation: the continuation of each prompt, by a causal language model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import pairwise
from typing import Any, Literal

import numpy as np
import pyarrow as pa
from pydantic import BaseModel, Field, ValidationInfo, field_validator

from core.errors import BadInput
from core.schema import Role
from core.tasks.base import Content, Encoded, Outputs, Ragged, RoleUse, TaskModel
from core.tasks.encoding import encode_texts
from core.tasks.text2text_generation import params_of
from core.tasks.writing.decoding import Decoding, Written
from core.tasks.writing.generation import WRITING_ROLES, GenerationOptions, WritingTask, decoding_of
from core.tasks.writing.templates import Template

LENGTHS_APART = frozenset({"xlnet"})
"""Model types whose ``generate`` forgets the padding: tried with transformers 5.23, their batches hold prompts of one length only."""

TOKENS = pa.list_(pa.struct([("text", pa.string()), ("logprob", pa.float32())]))


class TextGenerationOptions(GenerationOptions):
    """What a user may set for this task."""

    prompt_template: str = Field("", description=r"The prompt, with columns as {{column}}; \{{ is a pair of literal braces.")
    chat: Literal["auto", "on", "off"] = Field("auto", description="Send the prompt as a chat message; auto: where the model has a chat.")
    system_prompt: str = Field("", description="In a chat: what the model is told before each prompt.")
    stop: tuple[str, ...] = Field((), description="Texts at which an answer ends; they are left out of it.")
    token_logprobs: bool = Field(False, description="Add a column with each token and its log-probability.")

    @field_validator("prompt_template")
    @classmethod
    def _readable(cls, template: str) -> str:
        if template:
            Template.parse(template)
        return template

    @field_validator("stop", mode="before")
    @classmethod
    def _one_or_more(cls, stop: Any) -> Any:
        return (stop,) if isinstance(stop, str) and stop else stop or ()

    @field_validator("stop")
    @classmethod
    def _no_beams(cls, stop: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        drawn, beams = info.data.get("do_sample"), info.data.get("num_beams")
        if stop and ((beams or 1) > 1 or (not drawn and info.data.get("num_return_sequences", 1) > 1)):
            raise ValueError("stop texts work without beams")
        if any(not text for text in stop):
            raise ValueError("a stop text has at least one character")
        return stop


class TextGeneration(WritingTask):
    """Continues prompts, as ``generate`` does row by row. Sampling belongs to the row: see :class:`core.tasks.writing.noise.RowNoise`.

    The answer is what decoding the whole text gives behind what decoding the prompt gives: leading spaces stay.
    A prompt longer than the model is cut from its beginning; at most half of the model's length is kept free for the answer.
    """

    name = "text-generation"
    title = "Text generation"
    purpose = "Continue each text, or answer a prompt made of columns."
    roles = (RoleUse(Role.PROMPT, True, "The prompt that the model continues.", unless="prompt_template"), *WRITING_ROLES)
    Options = TextGenerationOptions
    auto_class = "AutoModelForCausalLM"
    pads_left = True
    usual_new = 64

    def content(self, roles: Mapping[Role, str], options: BaseModel) -> tuple[Content, ...]:
        """The template's columns, none of them required, where there is a template; else the prompt."""
        contents = super().content(roles, options)
        if not options.prompt_template:
            return contents
        columns = Template.parse(options.prompt_template).distinct
        named = tuple(Content(template_place(column), column, required=False) for column in columns)
        return (*named, *(content for content in contents if content.name != Role.PROMPT))

    def check(self, model: TaskModel) -> None:
        uses_chat(model)

    def decoding(self, model: TaskModel) -> Decoding:
        noted = params_of(model.network.config, self.name).get("max_new_tokens")
        return decoding_of(model, specific={"max_new_tokens": noted}, usual_new=self.usual_new)

    def ends(self, model: TaskModel) -> Callable[[list[int]], bool] | None:
        stop = model.options.stop
        if not stop:
            return None
        return lambda ids: any(text in model.tokenizer.decode(ids, skip_special_tokens=True) for text in stop)

    def encode(self, model: TaskModel, cells: Mapping[str, list[str]]) -> Encoded:
        prompts, chat = prompts_of(model, cells), uses_chat(model)
        room = max(1, model.max_length - self.decoding(model).max_new)
        limit = min(room, model.options.max_length or room)
        if chat:
            prompts = [as_chat(model, prompt) for prompt in prompts]
        encoded = encode_texts(
            model.tokenizer, prompts, None, max_length=limit, accepted=model.accepted, cut="left", special_tokens=not chat
        )
        encoded = with_start(encoded, model)
        # Left padding is masked and has no position: any token does, also for tokenizers without a padding token.
        together = model.network.config.model_type not in LENGTHS_APART
        return replace(encoded, has_padding=together, **self.with_cost(model, encoded, cells.get(Role.TARGET)))

    def text(self, model: TaskModel, encoded: Encoded, row: int, written: Written) -> str:
        answer = continuation(model.tokenizer, encoded.inputs["input_ids"][row], written.ids)
        ends = [place for text in model.options.stop if (place := answer.find(text)) >= 0]
        return answer[: min(ends)] if ends else answer

    def decode(self, model: TaskModel, outputs: list[Outputs], rows: np.ndarray, encoded: Encoded) -> dict[str, pa.Array]:
        columns = super().decode(model, outputs, rows, encoded)
        if model.options.token_logprobs:
            prompts = encoded.inputs["input_ids"]
            found = [tokens_of(model.tokenizer, prompts[row], items[0][0]) for row, items in zip(rows, outputs, strict=True)]
            columns["tokens"] = pa.array(found, TOKENS)
        return columns

    def output_columns(self, model: TaskModel) -> pa.Schema:
        schema = super().output_columns(model)
        return schema.append(pa.field("tokens", TOKENS)) if model.options.token_logprobs else schema


def template_place(column: str) -> str:
    """The name by which a template's column is asked for; it stands in the error where the table has no such column."""
    return f"prompt_template ({{{{{column}}}}})"


def prompts_of(model: TaskModel, cells: Mapping[str, list[str]]) -> list[str]:
    """The prompt of each row."""
    if not model.options.prompt_template:
        return cells[Role.PROMPT]
    template = Template.parse(model.options.prompt_template)
    columns = [cells[template_place(column)] for column in template.distinct]
    return [template.fill(dict(zip(template.distinct, row, strict=True))) for row in zip(*columns, strict=True)]


def uses_chat(model: TaskModel) -> bool:
    """Whether prompts are sent as chat messages.

    Raises:
        BadInput: they should be, and the model has no chat template.
    """
    has = bool(getattr(model.tokenizer, "chat_template", None))
    if model.options.chat == "on" and not has:
        raise BadInput("a model with a chat template", "none in its tokenizer", "Set chat=off, or choose a chat model.")
    return has and model.options.chat != "off"


def as_chat(model: TaskModel, prompt: str) -> str:
    """The prompt in the model's chat template, ready for the answer; transformers renders it in Jinja's sandbox."""
    messages = [{"role": "system", "content": model.options.system_prompt}] if model.options.system_prompt else []
    return model.tokenizer.apply_chat_template([*messages, {"role": "user", "content": prompt}], tokenize=False, add_generation_prompt=True)


def with_start(encoded: Encoded, model: TaskModel) -> Encoded:
    """Prompts without any token begin with the model's first or last token, as ``generate`` without a prompt does."""
    ids = encoded.inputs["input_ids"]
    if not len(ids) or ids.lengths.min() > 0:
        return encoded
    config = model.network.generation_config
    ending = config.eos_token_id[0] if isinstance(config.eos_token_id, list) else config.eos_token_id
    start = next((token for token in (config.bos_token_id, ending) if token is not None), 0)
    lists = [ids[item] if len(ids[item]) else [start] for item in range(len(ids))]
    return replace(encoded, inputs={"input_ids": Ragged.of(lists)})


def continuation(tokenizer: Any, prompt: np.ndarray, written: np.ndarray) -> str:
    """What decoding prompt and answer together gives behind the prompt: alone an answer would lose its leading space.

    Where the prompt ends within a character, the answer begins with that character.
    """
    before = tokenizer.decode(prompt.tolist(), skip_special_tokens=True)
    whole = tokenizer.decode([*prompt.tolist(), *written.tolist()], skip_special_tokens=True)
    shared = len(before)
    while not whole.startswith(before[:shared]):
        shared -= 1
    return whole[shared:]


def tokens_of(tokenizer: Any, prompt: np.ndarray, written: Written) -> list[dict[str, Any]]:
    """Each token as the text that it adds, with its log-probability; special tokens by their names."""
    ids = [int(prompt[-1]), *written.ids.tolist()]
    special = set(tokenizer.all_special_ids)
    texts = [
        tokenizer.decode([token]) if token in special else continuation(tokenizer, np.array([before]), np.array([token]))
        for before, token in pairwise(ids)
    ]
    return [{"text": text, "logprob": value} for text, value in zip(texts, written.logprobs.tolist(), strict=True)]
