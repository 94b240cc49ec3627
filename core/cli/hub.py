"""``hub``: find models and data sets, and know them before anything is downloaded."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, get_args

import typer

from core import hub, models
from core.cli.fetching import fetch_here
from core.cli.files import brought
from core.cli.output import AsJson, print_json, print_line, print_note
from core.hub.fetching import cache_folder
from core.hub.repositories import Sort
from core.schema import parse_hub_address
from core.schema.hub import SCHEME
from core.settings import MEGABYTE, Settings
from core.tables import hub as hub_tables
from core.workspaces import LOCAL

app = typer.Typer(help="Find, fetch and publish on the Hugging Face Hub.", no_args_is_help=True)
Order = StrEnum("Order", {name: name for name in get_args(Sort)})
IsDataset = Annotated[bool, typer.Option("--dataset", help="A data set, not a model.")]


@app.command()
def search(
    words: Annotated[str, typer.Argument(help="Parts of the name.")] = "",
    dataset: IsDataset = False,
    task: Annotated[str | None, typer.Option(help="Only for this task, by its Hub name.")] = None,
    author: Annotated[str | None, typer.Option(help="Only of this user or organisation.")] = None,
    library: Annotated[str | None, typer.Option(help="Only for this library; models.")] = None,
    licence: Annotated[str | None, typer.Option(help="Only under this licence, by its Hub name.")] = None,
    size: Annotated[str | None, typer.Option(help="At most so many parameters, as 500M or 1B; models.")] = None,
    sort: Annotated[Order, typer.Option(help="What comes first.")] = Order["downloads"],
    limit: Annotated[int, typer.Option(min=1, help="At most so many; max_hub_results is the limit.")] = 20,
    as_json: AsJson = False,
) -> None:
    """Search models, or data sets."""
    settings, token = Settings(), hub.from_environment()
    shared = {"task": task, "author": author, "licence": licence, "sort": sort.value, "limit": limit, "token": token}
    if dataset:
        found = hub.search_datasets(settings, words, **shared)
    else:
        found = hub.search_models(settings, words, **shared, library=library, most_parameters=size)
    if as_json:
        print_json([one.model_dump(mode="json", exclude={"files", "file_bytes", "card"}) for one in found])
        return
    for one in found:
        print_line(f"{one.id}  {describe(one)}")


@app.command()
def info(
    repository: Annotated[str, typer.Argument(metavar="OWNER/NAME[@REVISION]", help="As the Hub names it.")],
    dataset: IsDataset = False,
    as_json: AsJson = False,
) -> None:
    """What a repository holds, whether it can be used here, and why not."""
    settings, token = Settings(), hub.from_environment()
    name, _, revision = repository.partition("@")
    facts = hub.dataset_facts if dataset else hub.model_facts
    found = facts(settings, name, revision=revision or None, token=token)
    why_not = [] if dataset else hub.unfit(found, cache_folder())
    cautions = hub.cautions(found, () if dataset else models.known_repositories())
    if as_json:
        print_json(
            found.model_dump(mode="json", exclude={"card", "file_bytes"})
            | _laid_out(found, dataset)
            | {"unfit": why_not, "cautions": cautions}
        )
        return
    print_line(f"{found.id}@{found.commit}  {describe(found)}")
    for config in hub.layout(found).configs if dataset else ():
        splits = ", ".join(f"{split.name} ({split.rows:,} rows)" if split.rows else split.name for split in config.splits)
        print_line(f"  config {config.name}: {splits}")
    for line in [*why_not, *cautions] or ["It can be used here."]:
        print_line(line)


def _laid_out(found: hub.Repository, dataset: bool) -> dict[str, Any]:
    """Configs, their splits and their rows."""
    if not dataset:
        return {}
    return {"configs": {config.name: {split.name: split.rows for split in config.splits} for config in hub.layout(found).configs}}


@app.command()
def pull(
    repository: Annotated[str, typer.Argument(metavar="OWNER/NAME[@REVISION]", help="A model, as the Hub names it.")],
    dataset: IsDataset = False,
    config: Annotated[str | None, typer.Option(help="Config of the data set, where it has several.")] = None,
    split: Annotated[str | None, typer.Option(help="Split of the data set; train where it has one.")] = None,
    column: Annotated[list[str], typer.Option(help="Only this column of the data set; may be repeated.")] = [],  # noqa: B006
    rows: Annotated[int | None, typer.Option(min=1, help="Only the first rows of the data set.")] = None,
    as_json: AsJson = False,
) -> None:
    """Fetch a model, so that it can be used without a network, or a data set as a table. What broke off goes on."""
    settings, token = Settings(), hub.from_environment()
    if dataset:
        _pull_dataset(settings, repository, token, config=config, split=split, columns=tuple(column), rows=rows, as_json=as_json)
        return
    name, _, revision = repository.partition("@")
    found = hub.model_facts(settings, name, revision=revision or None, token=token)
    arrived = fetch_here(settings, found, revision or hub.MAIN, token)
    reference = f"{found.id}@{found.commit}"
    if as_json:
        print_json({"model": reference, "bytes": arrived.bytes_done})
    else:
        print_line(f"{reference} is on this machine, {arrived.bytes_done / MEGABYTE:,.1f} MB")


def _pull_dataset(settings: Settings, repository: str, token: str | None, *, as_json: bool, **chosen: Any) -> None:
    """Makes a table of the rows."""
    source = parse_hub_address(f"{SCHEME}{repository}").model_copy(update=chosen)
    _, wanted = hub_tables.find(settings, source, token)
    hub_tables.check_access(settings, wanted, token)
    table = brought(settings, hub_tables.Bring(settings, LOCAL, wanted, token=token))
    for problem in table.report.problems[:5]:
        print_note(f"{table.name}: {problem.what}")
    if as_json:
        print_json({"table": table.id, "name": table.name, "rows": table.rows, "columns": table.columns, "address": table.source.shown})
    else:
        print_line(f"{table.source.shown} is on this machine, {table.rows:,} rows, as the table {table.name}")


def describe(found: hub.Repository) -> str:
    """``text-classification, 66 M parameters, mit, 70 downloads, 3 likes, changed 2026-01-01``."""
    facts = [found.task, found.library]
    facts.append(f"{found.parameters / 1e6:,.0f} M parameters" if found.parameters else "")
    facts.append(f"{found.size_bytes / MEGABYTE:,.1f} MB" if found.size_bytes else "")
    facts += [found.licence or "no licence", f"{found.downloads:,} downloads", f"{found.likes:,} likes"]
    facts.append(f"changed {found.changed:%Y-%m-%d}" if found.changed else "")
    facts += ["gated" if found.gated else "", "private" if found.private else ""]
    return ", ".join(fact for fact in facts if fact)
