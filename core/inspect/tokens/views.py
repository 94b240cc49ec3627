"""The views of tokenizers by name. Each is asked with a model's reference and arguments of its own, and gives JSON values."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import MappingProxyType
from typing import Any

from core.errors import BadInput
from core.inspect.tokens.chat import render
from core.inspect.tokens.column import end_column, plan_column, read_part
from core.inspect.tokens.reader import AUTO, Reader, Shelf
from core.inspect.tokens.shapes import ColumnPlan, Shape
from core.inspect.tokens.text import read_text
from core.inspect.tokens.vocabulary import search
from core.settings import Settings
from core.workspaces import LOCAL


def _plan(settings: Settings, reader: Reader, path: str, column: str, every: bool = False) -> Shape:
    return plan_column(settings, reader, Path(path), column, every=every)


def _part(settings: Settings, reader: Reader, path: str, column: str, plan: dict, at: int) -> Shape:
    chosen = ColumnPlan.model_validate(plan)
    return read_part(settings, reader, Path(path), column, plan=chosen, at=at, seconds=settings.token_part_seconds)


def _end(settings: Settings, reader: Reader, path: str, column: str, plan: dict, tally: dict, done: int) -> Shape:
    return end_column(settings, reader, Path(path), column, plan=ColumnPlan.model_validate(plan), tally=tally, done=done)


VIEWS: MappingProxyType[str, Callable[..., Shape]] = MappingProxyType(
    {"text": read_text, "column_plan": _plan, "column_part": _part, "column_end": _end, "vocabulary": search, "chat": render}
)
"""View to function ``(settings, reader, **arguments)``."""


def show(
    settings: Settings,
    shelf: Shelf,
    view: str,
    model: str,
    *,
    tokenizer_class: str = AUTO,
    owner: str = LOCAL,
    arguments: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """The numbers of a view.

    Raises:
        BadInput: there is no such view.
        SheetformerError: as the view, and as :meth:`core.inspect.tokens.reader.Shelf.get`.
    """
    if view not in VIEWS:
        raise BadInput(f"one of the views {', '.join(VIEWS)}", repr(view[:60]), "Report this: it is a mistake of the page.")
    return VIEWS[view](settings, shelf.get(model, tokenizer_class, owner), **(arguments or {})).model_dump(mode="json")
