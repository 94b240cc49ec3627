"""The command that equals the spec of a fine-tune, or of a search over its dials."""

from __future__ import annotations

import shlex

from core.inference.command import flag, import_flags, option, option_flags, plain, positional
from core.schema import FinetuneSpec, Search, SearchSpec, Split
from core.training.choices.presets import DEFAULT, nearest, turned
from core.training.search.space import write_dimension

DEFAULT_METHOD = Search.model_fields["method"].default


def command_line(spec: FinetuneSpec | SearchSpec, file_name: str, validation_name: str | None = None) -> str:
    """``python -m core finetune ...`` with every choice of the spec, quoted for a POSIX shell.

    Args:
        file_name: what stands for the user's file; a page knows only its name.
        validation_name: likewise, where there is a validation table.
    """
    if isinstance(spec, SearchSpec):
        return f"{command_line(spec.base, file_name, validation_name)} {shlex.join(_search(spec.search))}"
    words = ["python", "-m", "core", "finetune", positional(file_name), "--task", spec.task, "--model", spec.model]
    words += import_flags(spec.table.choices)
    for role, column in spec.roles.items():
        words += option(flag(role), column)
    words += option_flags(spec.options)
    words += option("--name", spec.name)
    if validation_name is not None:
        words += option("--validation", validation_name)
    else:
        words += _split(spec.split)
    if spec.problem != "auto":
        words += ["--problem", spec.problem]
    if spec.separator:
        words += option("--separator", spec.separator)
    if spec.seed:
        words += ["--seed", str(spec.seed)]
    return shlex.join(words + _dials(spec))


def _split(split: Split) -> list[str]:
    words = [] if split.method == Split().method else ["--split", split.method]
    if split.column:
        words += option("--split-column", split.column)
    return words + ([] if split.share == Split().share else ["--share", f"{split.share:g}"])


def _dials(spec: FinetuneSpec) -> list[str]:
    """The preset from which the fewest dials differ, and these."""
    name = nearest(spec.dials)
    words = [] if name == DEFAULT else ["--preset", name]
    for dial, value in turned(spec.dials, name).items():
        words += ["--set", f"{dial}={plain(value)}"]
    return words


def _search(search: Search) -> list[str]:
    words = []
    for dial, dimension in search.space.items():
        words += ["--search", f"{dial}={write_dimension(dimension)}"]
    if search.method != DEFAULT_METHOD:
        words += ["--search-method", search.method]
    if search.method != "grid":
        words += ["--trials", str(search.trials)]
    return words + ([] if search.minutes is None else ["--minutes", f"{search.minutes:g}"])
