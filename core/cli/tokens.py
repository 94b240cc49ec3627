"""``tokens``: what a tokenizer makes of a text, or of a column."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from core import models
from core.cli.files import read_table
from core.cli.output import AsJson, print_json, print_line, print_note
from core.cli.parameters import with_import_choices
from core.inspect.tokens import AUTO, ColumnTokens, Reader, TextTokens, open_reader
from core.inspect.tokens.column import quantile, read_column
from core.inspect.tokens.explain import KIND_NAMES
from core.inspect.tokens.text import read_text
from core.schema import ImportChoices
from core.settings import Settings
from core.tables.problems import number_of
from core.workspaces import LOCAL

SHOWN = 10


@with_import_choices
def tokens(
    what: Annotated[str, typer.Argument(metavar="TEXT | FILE", help="A text; with --text a spreadsheet.")],
    model: Annotated[str, typer.Option(help="embedded:NAME, adapter:NAME, local:NAME or owner/name@revision; no weights are loaded.")],
    choices: ImportChoices,
    text: Annotated[str | None, typer.Option(help="Column of the spreadsheet.")] = None,
    tokenizer_class: Annotated[str, typer.Option(help="Class of transformers that reads the files, such as BertTokenizer.")] = AUTO,
    every_row: Annotated[bool, typer.Option("--every-row", help="Count all rows of the column, however many, not a sample.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show the tokens of TEXT, or count those of a column of FILE."""
    settings = Settings()
    if text is None:
        reader = open_reader(models.resolve_tokenizer(settings, model, LOCAL), tokenizer_class)
        _tell_text(read_text(settings, reader, what), as_json)
        return
    table = read_table(settings, what, choices)
    for problem in table.report.problems[:5]:
        print_note(f"{table.name}: {f'row {problem.row} of the file: ' if problem.row else ''}{problem.what}")
    reader = open_reader(models.resolve_tokenizer(settings, model, LOCAL), tokenizer_class)
    _tell_column(settings, reader, table.path, text, every=every_row, as_json=as_json)


def _tell_text(found: TextTokens, as_json: bool) -> None:
    if as_json:
        print_json(public_text(found))
        return
    for token in found.tokens:
        place = "" if token.start is None else f"{token.start}-{token.end}{'' if token.sure else '?'}"
        print_line(f"{token.place:5} {token.id:7} {token.token:20} {place:>12}  {KIND_NAMES[token.kind]}{', cut' if token.cut else ''}")
    beyond = f", {number_of(found.lost, 'token')} beyond the limit" if found.lost else ""
    print_line(f"{number_of(len(found.tokens), 'token')} of at most {found.tokenizer.limit:,}{beyond}")
    for note in found.notes:
        print_note(note)


def public_text(found: TextTokens) -> dict[str, Any]:
    """The keys that scripts may rely on. ``text`` is the text's own characters, or the token's name where it stands for none of them."""
    keys = {"id", "start", "end", "word", "kind", "sure", "cut"}
    return {
        "tokens": [
            {"text": token.text or token.token, "token": token.token, "special": token.kind == "special", **token.model_dump(include=keys)}
            for token in found.tokens
        ],
        "count": len(found.tokens),
        "limit": found.tokenizer.limit,
        "tokenizer": found.tokenizer.name,
    }


def _tell_column(settings: Settings, reader: Reader, path: Path, column: str, *, every: bool, as_json: bool) -> None:
    found = read_column(settings, reader, path, column, every=every, tell=_tell_progress)
    if as_json:
        print_json(public_column(found))
        return
    if found.sampled:
        print_note(f"Counted over {found.sampled}.")
    print_line(f"{number_of(found.looked, 'row')}, {number_of(found.total, 'token')}, {number_of(found.unknown, 'unknown one')}")
    print_line(f"median {quantile(found.lengths, 0.5)}, 95 % have at most {quantile(found.lengths, 0.95)}, limit {found.tokenizer.limit:,}")
    print_line(f"{number_of(found.cut, 'row')} cut, {number_of(found.lost, 'token')} lost")
    for row in found.longest[:SHOWN]:
        print_line(f"  row {row.row + 1:,}: {number_of(row.tokens, 'token')}  {row.text[:60]}")


def _tell_progress(done: int, rows: int, seconds: float) -> None:
    print_note(f"{done:,} of {number_of(rows, 'row')}, {done / seconds:,.0f} rows per second, {(rows - done) * seconds / done:,.0f} s left")


def public_column(found: ColumnTokens) -> dict[str, Any]:
    """The keys that scripts may rely on; ``truncated`` counts rows, ``lengths`` has pairs of tokens and rows."""
    return {
        "rows": found.looked,
        "lengths": found.lengths,
        "truncated": found.cut,
        "lost": found.lost,
        "blank": found.blank,
        "sampled": found.sampled,
        "limit": found.tokenizer.limit,
        "total": found.total,
        "unknown": found.unknown,
        "tokenizer": found.tokenizer.name,
        "longest": [row.model_dump() for row in found.longest],
        "rarest": [token.model_dump() for token in found.rarest],
    }
