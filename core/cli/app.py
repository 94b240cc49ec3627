"""The commands put together, and how errors leave."""

from __future__ import annotations

import sys

import typer
from pydantic import ValidationError

from core.cli import compare, demos, evaluate, finetune, hub, jobs, logits, merge, models, place, predict, publish, results, tables, tokens
from core.errors import SheetformerError, printable
from core.refusal import first_refusal

app = typer.Typer(
    help="Score spreadsheets with Hugging Face models.", no_args_is_help=True, pretty_exceptions_enable=False, add_completion=False
)
app.add_typer(tables.app, name="tables")
app.add_typer(models.app, name="models")
app.command("predict", epilog=predict.options_help())(predict.predict)
app.command("finetune", epilog=finetune.dials_help())(finetune.finetune)
app.command("evaluate")(evaluate.evaluate)
app.command("compare")(compare.compare)
app.command("logits")(logits.logits)
app.command("tokens")(tokens.tokens)
app.command("results")(results.results)
app.command("merge")(merge.merge)
app.command("place")(place.place)
app.add_typer(jobs.app, name="jobs")
for command in (publish.push, publish.card, publish.upload, publish.delete, publish.versions):
    hub.app.command()(command)
app.add_typer(hub.app, name="hub")
hub.app.command("demo")(demos.demo)
hub.app.command("space")(demos.space)


def main() -> None:
    """Runs one command. Errors of ours are one line on standard error and an exit code, never a traceback."""
    try:
        app()
    except SheetformerError as error:
        typer.echo(error.one_line(), err=True)
        sys.exit(error.exit_code)
    except ValidationError as error:
        refusal, found = first_refusal(error), error.errors()[0].get("input")
        typer.echo(printable(f"Expected a valid {refusal.place}; found {found!r}. {refusal.why}."), err=True)
        sys.exit(2)
