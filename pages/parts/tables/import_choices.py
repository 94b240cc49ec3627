"""A control for each choice of an import, with the guess chosen."""

from __future__ import annotations

from typing import Any

import streamlit as st

from core.schema import ImportChoices, ImportReport
from pages.parts.text import option

GUESS = "guess"
ENCODINGS = (
    "utf-8",
    "utf-16",
    "cp1252",
    "latin-1",
    "cp1250",
    "cp1251",
    "koi8-r",
    "shift_jis",
    "cp932",
    "gb18030",
    "big5",
    "euc-kr",
    "cp437",
    "mac-roman",
)
DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar", " ": "space", ":": "colon"}
TEXT_FORMATS = ("csv", "tsv", "text", "txt")
SHEET_FORMATS = ("xlsx", "xls", "xlsb", "ods")


def choice_form(given: ImportChoices, report: ImportReport | None, *, key: str) -> ImportChoices | None:
    """Draws the controls; returns the choices when the user asks to read the file again.

    Args:
        given: what the user had chosen.
        report: what was found; ``None`` where the file could not be read, and every control is offered.
    """
    is_text = report is None or any(name in report.format.lower() for name in TEXT_FORMATS)
    is_sheet = report is not None and any(name in report.format.lower() for name in SHEET_FORMATS)
    chosen: dict[str, Any] = {}
    with st.form(f"choices-{key}", border=False):
        places = st.columns(3)
        if is_text:
            with places[0]:
                chosen["encoding"] = _one_of("Encoding", "encoding", ENCODINGS, given, report)
            with places[1]:
                chosen["delimiter"] = _one_of("Delimiter", "delimiter", tuple(DELIMITERS), given, report, DELIMITERS)
        if report is not None and len(report.sheets) > 1:
            with places[0]:
                chosen["sheet"] = _one_of("Sheet", "sheet", tuple(report.sheets), given, report)
        if report is not None and len(report.members) > 1:
            with places[1]:
                chosen["member"] = _one_of("File in the archive", "member", tuple(report.members), given, report)
        if is_text or is_sheet:
            with places[2]:
                chosen["header"] = _header(given, report)
            chosen |= _switches(given, is_text=is_text, is_sheet=is_sheet)
        if report is None:
            chosen["bad_lines"] = (
                "skip" if st.checkbox("Skip lines of a JSONL file that are not JSON", value=given.bad_lines == "skip") else given.bad_lines
            )
        if not st.form_submit_button("Read again", icon=":material/refresh:", key=f"read-again-{key}"):
            return None
    return given.model_copy(update=chosen)


def _one_of(
    label: str, name: str, options: tuple[str, ...], given: ImportChoices, report: ImportReport | None, words: dict[str, str] | None = None
) -> str | None:
    """A picker whose first entry leaves the choice to the guess and says what that was."""
    found = getattr(report, name, None)
    words = words or {}

    def word(choice: str) -> str:
        if choice == GUESS:
            return f"Guess ({words.get(found, option(found))})" if found else "Guess"
        return words.get(choice, option(choice))

    current = getattr(given, name)
    choices = [GUESS, *dict.fromkeys([*([current] if current else []), *options])]
    picked = st.selectbox(label, choices, index=choices.index(current) if current else 0, format_func=word)
    return None if picked == GUESS else picked


def _header(given: ImportChoices, report: ImportReport | None) -> int | None:
    found = report.header if report else None
    return st.number_input(
        "Header is on line",
        min_value=0,
        value=given.header,
        step=1,
        placeholder=f"Guess ({found})" if found is not None else "Guess",
        help="The line of the file that holds the column names; the first line is 1. 0 says that there is none.",
    )


def _switches(given: ImportChoices, *, is_text: bool, is_sheet: bool) -> dict[str, Any]:
    chosen: dict[str, Any] = {}
    with st.container(horizontal=True):
        chosen["merge_second_header"] = st.checkbox(
            "Join the line below the header to the names", value=given.merge_second_header, help="For files whose header is two lines."
        )
        if is_text:
            keep = st.checkbox("Keep cells beyond the header", value=given.extra_cells == "keep", help="In columns of their own.")
            chosen["extra_cells"] = "keep" if keep else (None if given.extra_cells == "keep" else given.extra_cells)
            refuse = st.checkbox(
                "Refuse the file where bytes are no text",
                value=given.broken_bytes == "refuse",
                help="Otherwise each such byte is shown as \N{REPLACEMENT CHARACTER} and listed among the things to know.",
            )
            chosen["broken_bytes"] = "refuse" if refuse else "replace"
        if is_sheet:
            chosen["fill_merged"] = st.checkbox("Repeat the value of merged cells", value=given.fill_merged)
    return chosen
