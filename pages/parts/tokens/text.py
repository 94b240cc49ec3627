"""One text, token by token: coloured, picked, explained; several tokenizers side by side."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from core.inspect.tokens import TextTokens
from core.inspect.tokens.command import command_of_text
from core.inspect.tokens.explain import KIND_NAMES, explain
from core.inspect.tokens.shapes import Token
from core.inspect.tokens.text import fragmentation
from pages.parts import address
from pages.parts.frames import grid
from pages.parts.text import count, message, plain
from pages.parts.tokens import beside, marks, source
from pages.parts.tokens.ask import Chosen, ask, save_button
from pages.parts.visit import Visit, errors_shown

PICKED = "token-picked"
SIDE_PIXELS, TILE_PIXELS = 270, 130  # three fit beside each other
TOKEN = "token"
LONG_LABEL = 80  # such a stretch may be wider than a narrow screen


def show(visit: Visit, chosen: Chosen) -> None:
    """The text, its tokens under each tokenizer, the one that is picked, and all of them as a table."""
    text = source.pick(visit)
    if text is None:
        return
    read = _read(visit, chosen, text)
    if not read:
        return
    take_picked()
    with st.grid(columns=len(read), min_column_width=SIDE_PIXELS) if len(read) > 1 else st.container():
        for number, found in enumerate(read):
            with st.container(border=len(read) > 1):
                picture(visit, found, number, named=len(read) > 1)
    explained(read)
    st.caption(marks.LEGEND)
    if len(read) > 1:
        beside.of_text(read)
    for number, found in enumerate(read):
        _table(found, number, named=len(read) > 1)
    with st.expander("The same from the command line", icon=":material/terminal:"):
        st.code("\n".join(command_of_text(text, model, chosen.kind) for model in chosen.models), language="bash", wrap_lines=True)


def _read(visit: Visit, chosen: Chosen, text: str) -> list[TextTokens]:
    """What each tokenizer says; one that cannot be asked says why."""
    read = []
    for model in chosen.models:
        with errors_shown():
            read.append(TextTokens.model_validate(ask(visit, chosen, model, "text", text=text)))
    return read


def facts(found: TextTokens) -> str:
    """``BertTokenizer, fast · WordPiece · 30,522 entries · reads 256 tokens``."""
    it = found.tokenizer
    words = [f"{plain(it.name)}, {'fast' if it.fast else 'in Python'}", plain(it.algorithm), count(it.vocabulary, "entry", "entries")]
    limit = f"its model reads {it.limit:,} tokens" if it.limit_known else f"its files name no limit; runs read {it.limit:,} tokens"
    return " · ".join([*words, limit])


def picture(visit: Visit, found: TextTokens, number: int = 0, *, named: bool = False) -> None:
    """The coloured text, which is clicked, under its figures."""
    if named:
        st.markdown(f"**{plain(found.tokenizer.reference.split('@')[0])}**")
    st.caption(facts(found))
    if not named:  # else they are in one table under all of them
        _tiles(found)
    for note in _notes(found):
        st.caption(f":material/info: {message(note)}")
    first, last = _page(visit, found, number)
    turn = 0
    with st.container(gap=None):
        for line_number, line in enumerate(marks.in_lines(found, first, last)):
            with st.container(horizontal=True, gap=None, key=f"token-line-{number}-{line_number}"):
                for item, after in line:
                    turn += 1
                    _button(found, item, after, number, turn)
    if marks.reads_from_right(found.text):
        _from_right(found, first, last)


def _button(found: TextTokens, item: object, after: str, number: int, turn: int) -> None:
    """One stretch as a button; blanks that no token stands for are not pressed."""
    if isinstance(item, Token):
        label, place = marks.added(item), item.place
    else:
        label, place = marks.piece(found, item, turn, after=after), item.tokens[0] if item.tokens else None
    if place is None:
        st.markdown(label, width="content")
        return
    picked = st.session_state.get(PICKED) == (number, place)
    st.button(
        label,
        key=f"token-{number}-{place}",
        type="secondary" if picked else "tertiary",
        on_click=_pick,
        args=(number, place),
        wrap=len(label) > LONG_LABEL,
    )


def _pick(number: int, place: int) -> None:
    st.session_state[PICKED] = (number, place)


def _from_right(found: TextTokens, first: int, last: int) -> None:
    st.caption("Above, tokens stand in the order in which the model reads them, from left to right. As people read it:")
    turn, lines = 0, []
    for line in marks.in_lines(found, first, last):
        pieces = []
        for item, after in line:
            turn += 1
            pieces.append(marks.added(item) if isinstance(item, Token) else marks.piece(found, item, turn, after=after))
        lines.append("".join(pieces))
    st.markdown("  \n".join(lines))


def _tiles(found: TextTokens) -> None:
    figures = fragmentation(found)
    with st.grid(columns=4, min_column_width=TILE_PIXELS):
        st.metric("Tokens", f"{len(found.tokens):,}", help=f"With {found.tokenizer.added} that the tokenizer adds.", border=True)
        st.metric("Pieces per word", _number(figures["pieces_per_word"]), help="Words are what stands between blanks.", border=True)
        st.metric("Unknown", _share(figures["unknown_share"]), help="Tokens for what the vocabulary lacks.", border=True)
        st.metric("Not read", f"{found.lost:,}", help="Tokens beyond the longest input that the model reads.", border=True)


def _notes(found: TextTokens) -> list[str]:
    notes = list(found.notes)
    if found.typed_special:
        those = count(found.typed_special, "control token")
        notes.append(f"The text itself spells {those}: for the model that is control, no words.")
    if found.dropped:
        what = count(found.dropped, "character")
        notes.append(
            f"{what} besides blanks {'has' if found.dropped == 1 else 'have'} no token: the tokenizer removes them before reading."
        )
    unsure = sum(not token.sure for token in found.tokens)
    if not found.tokenizer.fast:
        doubt = f"; {count(unsure, 'place')}, with a question mark, may be wrong" if unsure else "; no place is in doubt"
        notes.append(f"This tokenizer does not say where its tokens are: they were found by alignment{doubt}.")
    return notes


def _page(visit: Visit, found: TextTokens, number: int) -> tuple[int, int]:
    """The tokens on screen, first and behind the last."""
    size, total = visit.settings.page_tokens, len(found.tokens)
    if total <= size:
        return 0, total
    page = st.pagination(-(-total // size), key=f"token-page-{number}")
    first = (page - 1) * size
    st.caption(f"Tokens {first + 1:,} to {min(first + size, total):,} of {total:,}.")
    return first, min(first + size, total)


def take_picked() -> None:
    """The token that the address names is picked; called before any is drawn."""
    address.take(PICKED, TOKEN, _picked_of_address)


def _picked_of_address(word: str) -> tuple[int, int]:
    number, _, place = word.rpartition(".")
    return int(number or 0), int(place)


def explained(read: Sequence[TextTokens]) -> None:
    """The picked token in sentences, and those that share its characters."""
    number, place = st.session_state.get(PICKED) or (0, -1)
    if not (number < len(read) and 0 <= place < len(read[number].tokens)):
        address.put(TOKEN)
        st.caption("Press a token to have it explained.")
        return
    address.put(TOKEN, f"{number}.{place}" if number else str(place))
    found = read[number]
    token = found.tokens[place]
    shared = [each for each in found.tokens if each.start is not None and (each.start, each.end) == (token.start, token.end)] or [token]
    with st.container(border=True, key="token-explained"):
        for each in shared:
            st.markdown(f"**{plain(each.token, 60)}** · id {each.id} · {KIND_NAMES[each.kind]} · {_where(each)}")
        st.markdown(" ".join(message(sentence) for sentence in explain(token, found)))


def _where(token: Token) -> str:
    place = "no place in the text" if token.start is None else f"characters {token.start} to {token.end - 1}"
    return f"token {token.place}, {place}" + ("" if token.word is None else f", word {token.word}")


def _table(found: TextTokens, number: int, *, named: bool) -> None:
    frame = frame_of(found)
    shown = frame.assign(text=[marks.cell(text) for text in frame["text"]], kind=frame["kind"].map(KIND_NAMES))
    with st.expander(f"All tokens as a table{f': {plain(found.tokenizer.reference, 60)}' if named else ''}", icon=":material/table_rows:"):
        grid(shown, alt=f"{count(len(frame), 'token')} with ids, places and words.", limit=200, key=f"token-grid-{number}")
        st.caption("Places and words count from 0; end is the first character behind the token.")
        save_button(frame, "tokens", key=f"token-csv-{number}")


def frame_of(found: TextTokens) -> pd.DataFrame:
    """A row for each token; the text's own characters untouched."""
    columns = ["place", "id", "token", "text", "start", "end", "word", "kind", "added", "sure", "cut", "reads"]
    frame = pd.DataFrame([token.model_dump() for token in found.tokens], columns=columns)
    return frame.astype(dict.fromkeys(("start", "end", "word"), "Int64"))


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.1%}"
