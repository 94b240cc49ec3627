"""What a run still lacks, in one sentence: a page that has just been opened shows no error."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from core import tables, tasks
from core.refusal import first_refusal
from core.schema import Role
from pages.parts.choices import prompt_template

NEEDS = {
    Role.TEXT: "the column of texts",
    Role.QUESTION: "the column of questions",
    Role.CONTEXT: "the column of texts to find the answers in",
    Role.TOKENS: "the column of word lists",
    Role.PROMPT: "the column of prompts",
    Role.LABEL: "the column of labels",
    Role.TAGS: "the column of tags",
    Role.ANSWER: "the column of answers",
    Role.TARGET: "the column of texts to write",
}
OTHERWISE = {
    "question_text": "write one question for every row",
    "prompt_template": "write a prompt template",
    Role.TOKENS: "the column of word lists",
}


def sentence(table: tables.Table, task: tasks.Task, roles: Mapping[Role, str], options: Mapping[str, Any]) -> str | None:
    """The first thing that is missing or cannot be; ``None`` where the run can start."""
    if {Role.TEXT, Role.TOKENS} <= roles.keys():
        return "Choose texts or word lists, not both."
    checked: BaseModel = task.Options.model_construct(**options)
    for use in task.roles:
        if use.needed(checked) and use.role not in roles and use.instead not in roles:
            other = OTHERWISE.get(use.unless or use.instead or "")
            return f"Choose {NEEDS.get(use.role, f'a column for {use.role}')}" + (f", or {other}." if other else ".")
    if options.get("prompt_template") and (problem := prompt_template.problem(table, options["prompt_template"])):
        return problem
    return _options(task, options)


def _options(task: tasks.Task, options: Mapping[str, Any]) -> str | None:
    try:
        task.Options.model_validate(dict(options))
    except ValidationError as error:
        refusal = first_refusal(error)
        if refusal.ours:
            return f"{refusal.why[:1].upper()}{refusal.why[1:]}."
        return f"{refusal.field.replace('_', ' ').capitalize()}: {refusal.why[:1].lower()}{refusal.why[1:]}."
    return None
