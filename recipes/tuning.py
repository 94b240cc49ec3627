"""A fine-tune as the page and the command line make it, for recipes: by the project's own service, in a data folder of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.runs import RunContext
from core.settings import Settings

if TYPE_CHECKING:
    import pandas as pd

    from core.runs import RunFolder

BASE = "embedded:minilm"
VALIDATION = "validation"


def tune(
    home: Path,
    table: pd.DataFrame,
    *,
    name: str,
    task: str,
    roles: Mapping[str, str],
    dials: Mapping[str, Any],
    seed: int,
    threads: int,
    held_out: pd.DataFrame | None = None,
    watch: Callable[[Settings, RunFolder], RunContext] = RunContext,
    **choices: Any,
) -> RunFolder:
    """Tunes an adapter on the embedded backbone; it is in the run's folder ``core.training.run.MADE``.

    Args:
        home: data folder of the training; made if need be.
        table: rows to learn from, and those held out where ``choices`` has a split.
        name: of the adapter.
        held_out: a table of its own that chooses the best checkpoint.
        watch: makes the run's context; another one may stop it early.
        choices: further ones of :func:`core.training.make_spec`.
    """
    from core import models, tables, training
    from core.runs import create_run
    from core.training.run import run
    from core.workspaces import LOCAL

    home.mkdir(parents=True, exist_ok=True)
    settings = Settings().model_copy(update={"home": home, "threads": threads})
    imported = {}
    for part, rows in ((name, table), (VALIDATION, held_out)):
        if rows is not None:
            rows.to_parquet(home / f"{part}.parquet", index=False)
            imported[part] = tables.import_file(settings, LOCAL, home / f"{part}.parquet")
    validation = imported.get(VALIDATION)
    spec = training.make_spec(
        settings,
        imported[name],
        owner=LOCAL,
        task=task,
        model=BASE,
        roles=dict(roles),
        name=models.free_name(settings, LOCAL, name),
        dials=dict(dials),
        validation=validation,
        seed=seed,
        **choices,
    )
    folder = create_run(
        settings, spec, owner=LOCAL, input_table=imported[name].path, validation_table=validation.path if validation else None
    )
    run(watch(settings, folder))
    return folder
