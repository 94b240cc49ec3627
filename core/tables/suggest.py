"""Which column is for what: judged by what the cells hold. Names only break ties."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.schema import ColumnInfo, Role

if TYPE_CHECKING:
    from core.tables.store import Table

SAMPLE_ROWS = 200
LOOKED_AT = 2_000  # characters of a cell
FEW_VALUES = 30
FEW_ROWS = 10  # of so few, two distinct texts prove nothing
MANY_GROUPS = 100
LONG_TEXTS = (Role.TEXT, Role.CONTEXT, Role.TEXT_PAIR, Role.PROMPT, Role.TARGET)
# A tie between columns that fit alike goes to the one whose name says so.
NAMES: dict[Role, str] = {
    Role.TEXT: "text review comment message body tweet content sentence description feedback "
    "kommentar rezension nachricht meinung beschreibung freitext texte commentaire avis texto comentario resena opinion mensaje",
    Role.TEXT_PAIR: "text_pair text2 sentence2 hypothesis pair",
    Role.QUESTION: "question query frage pregunta",
    Role.CONTEXT: "context passage paragraph document",
    Role.ANSWER: "answer answers antwort reponse respuesta",
    Role.TOKENS: "tokens words",
    Role.TAGS: "tags ner_tags labels",
    Role.PROMPT: "prompt instruction input",
    Role.TARGET: "target summary highlights translation output completion reference",
    Role.LABEL: "label sentiment class category target truth stars polarity emotion intent rating "
    "bewertung note sterne stimmung klasse kategorie etikett urteil etiquette classe categorie etoiles evaluation "
    "etiqueta sentimiento clase categoria estrellas valoracion calificacion",
    Role.GROUP: "group region product category country department segment source produkt land abteilung filiale produit pays producto pais",
    Role.TIME: "date time created_at timestamp day created datum zeit jour fecha",
    Role.ID: "id uuid key number identifier",
}
WORD = re.compile(r"[^\W\d_]{2,}")
# Cells that are somebody's judgement, whatever their column is called; and sizes, which never are one.
OPINIONS = (
    "positive negative neutral mixed pos neg good bad spam ham positiv negativ gut schlecht mittel "
    "positif negatif neutre bon mauvais positivo negativo neutro bueno malo"
)
SIZES = "xxs xs s m l xl xxl xxxl 3xl 4xl small medium large klein gross petit moyen grand"
TICKED = 0.01  # the fit of a column of ticked boxes as text: less than any name is worth, more than nothing
LONG_NAME = 6  # letters from which a name is found at the end of a longer one, as in Kundenbewertung
LINK = re.compile(r"\s*(?:https?://|www\.)\S+\s*")
QUESTION_MARKS = ("?", "？", "؟", "⸮")
TAG = re.compile(r"(?:O|[BIESLU]-[^\s,]+)")  # of a word, in the schemes that mark where an entity begins


@dataclass(frozen=True)
class Look:
    """What a sample of a column shows. Shares are of the filled cells."""

    column: ColumnInfo
    filled: int
    characters: float = 0.0
    words: float = 0.0
    links: float = 0.0
    sentences: float = 0.0
    distinct: int = 0
    opinions: float = 0.0
    sizes: float = 0.0
    questions: float = 0.0
    lists: float = 0.0
    tags: float = 0.0

    @property
    def repeated(self) -> bool:
        """Whether values come back, as labels and groups do."""
        return 1 < self.distinct <= max(2, self.filled // 3)


def suggest_roles(table: Table, needs: Sequence[Role]) -> dict[Role, str]:
    """A column for each role that some column fits; no column twice.

    Args:
        table: an imported table.
        needs: the roles of a task, the most important first.
    """
    return suggest(table.report.columns, table.head(SAMPLE_ROWS).to_dict("list"), table.rows, needs)


def suggest(columns: Sequence[ColumnInfo], sample: dict[str, list], rows: int, needs: Sequence[Role]) -> dict[Role, str]:
    """The same over a sample of the rows, by column."""
    looks = [look_at(column, sample.get(column.name, [])) for column in columns]
    chosen: dict[Role, str] = {}
    for role in needs:
        free = [look for look in looks if look.column.name not in chosen.values()]
        scored = [(score, -place, look.column.name) for place, look in enumerate(free) if (score := _score(role, look, rows)) > 0]
        if scored:
            chosen[role] = max(scored)[2]
    return chosen


def look_at(column: ColumnInfo, cells: list) -> Look:
    """Looks at a sample of a column's cells."""
    values = [cell[:LOOKED_AT] for cell in cells if isinstance(cell, str) and cell.strip()]
    if not values:
        filled = sum(cell is not None and cell == cell and cell != "" for cell in cells if not hasattr(cell, "__len__"))
        return Look(column, filled, distinct=column.distinct or 0, tags=_share_of_tags(cells))
    count = len(values)
    return Look(
        column,
        count,
        characters=sum(map(len, values)) / count,
        words=sum(len(WORD.findall(value)) if value.isascii() or " " in value else len(value) / 3 for value in values) / count,
        links=sum(LINK.fullmatch(value) is not None for value in values) / count,
        sentences=sum(len(WORD.findall(value)) >= 4 for value in values) / count,
        distinct=column.distinct if column.distinct is not None else len(set(values)),
        opinions=_share_among(values, OPINIONS),
        sizes=_share_among(values, SIZES),
        questions=sum(value.rstrip().endswith(QUESTION_MARKS) for value in values) / count,
        lists=sum(value.lstrip().startswith("[") and value.rstrip().endswith("]") for value in values) / count,
        tags=_share_of_tags(values),
    )


def _share_of_tags(cells: list) -> float:
    """Cells, lists or texts, that hold nothing but tags of words; a text that was cut may end within one."""
    held = [cell for cell in cells if hasattr(cell, "__len__") and len(cell)]
    words = [re.findall(r"[^\s,'\"\[\]]+", cell[:LOOKED_AT]) if isinstance(cell, str) else [str(word) for word in cell] for cell in held]
    return sum(bool(found) and all(TAG.fullmatch(word) for word in found[:-1] or found) for found in words) / max(1, len(held))


def _share_among(values: list[str], words: str) -> float:
    known = words.split()
    return sum(plain_word(value[:40]) in known for value in values) / len(values)


def plain_word(text: str) -> str:
    """Lower case, without accents and whatever is no letter or digit at the ends; other runs of these become ``_``."""
    letters = unicodedata.normalize("NFKD", text.casefold())
    return re.sub(r"[^a-z0-9]+", "_", "".join(c for c in letters if not unicodedata.combining(c))).strip("_")


def _score(role: Role, look: Look, rows: int) -> float:
    """0 where the column cannot have the role."""
    if not look.filled and look.column.kind != "list":
        return 0.0
    fit = FITS[role](look, rows)
    return fit + _named(role, look.column) if fit > TICKED else max(0.0, fit)


def _named(role: Role, column: ColumnInfo) -> float:
    """Less than the difference between contents that clearly differ: 0.3 for the very name, 0.15 for a part of it."""
    name, names = plain_word(column.name[:LOOKED_AT]), NAMES[role].split()
    if name in names:
        return 0.3
    parts = name.split("_")
    compound = any(part.endswith(word) for part in parts for word in names if len(word) >= LONG_NAME)
    return 0.15 if compound or set(parts) & set(names) else 0.0


def _text(look: Look, rows: int) -> float:
    if look.column.kind != "text" or look.links > 0.5:
        return 0.0
    blank = 1 - look.filled / max(1, min(rows, SAMPLE_ROWS))
    varied = min(1.0, look.distinct / max(1, min(look.filled, 50)))
    length = min(look.words, 60) / 20
    if look.distinct <= 2 and rows >= FEW_ROWS:
        return TICKED * (1 - blank)  # a box that was ticked or not, however long its text
    return max(0.0, (0.05 + length + look.sentences) * (0.2 + 0.8 * varied) * (1 - 0.7 * blank))


def _short_text(look: Look, rows: int) -> float:
    fit = _text(look, rows)
    return 1 / (1 + fit) if fit > 0 and not look.repeated else 0.0


def _label(look: Look, rows: int) -> float:
    kind, column = look.column.kind, look.column
    if kind not in ("text", "boolean", "number") or look.distinct < 2 or look.distinct > FEW_VALUES or not _comes_back(look, rows):
        return 0.0
    # "rating" is an answer only where nothing better is there; years and counters are none.
    few = 1 - look.distinct / (2 * FEW_VALUES)
    full = look.filled / max(1, min(rows, SAMPLE_ROWS))
    wordy = 1.0 if look.words <= 3 else 0.5
    if look.sizes > 0.5:
        return 0.0
    named = 1.0 if _named(Role.LABEL, column) else 0.5 if look.opinions > 0.5 else 0.0
    grouped = 0.3 if _named(Role.GROUP, column) and not named else 0.0
    weight = {"text": 1.0, "boolean": 0.8, "number": 0.3}[kind]
    return max(0.0, few * full * wordy * weight + named - grouped)


def _group(look: Look, rows: int) -> float:
    if (
        look.column.kind not in ("text", "boolean", "number")
        or look.distinct < 2
        or look.distinct > MANY_GROUPS
        or not _comes_back(look, rows)
    ):
        return 0.0
    return {"text": 1.0, "boolean": 0.6, "number": 0.4}[look.column.kind] * (1.0 if look.words <= 4 else 0.4)


def _comes_back(look: Look, rows: int) -> bool:
    return look.distinct <= max(2, rows // 3) and look.column.distinct is not None


def _time(look: Look, rows: int) -> float:
    return 1.0 + min(1.0, look.distinct / 10) / 10 if look.column.kind == "time" else 0.0


def _id(look: Look, rows: int) -> float:
    column = look.column
    unique = column.distinct == rows or (column.distinct is None and look.distinct == look.filled)
    if not unique or column.kind not in ("text", "number") or column.empty or column.missing or rows < 2 or look.words > 3 or look.links:
        return 0.0
    return 0.5 + (0.3 if column.kind == "number" else 0.0)


def _question(look: Look, rows: int) -> float:
    """Cells that end as questions do; without these only a column that is called so."""
    asked = look.questions > 0.3
    return _text(look, rows) / 10 + look.questions if asked else _short_text(look, rows) if _named(Role.QUESTION, look.column) else 0.0


def _answer(look: Look, rows: int) -> float:
    """Any column may hold somebody's answers: only its name tells."""
    return 0.5 if _named(Role.ANSWER, look.column) and (look.filled or look.column.kind == "list") else 0.0


def _target(look: Look, rows: int) -> float:
    return _text(look, rows) if _named(Role.TARGET, look.column) else 0.0


def _words(look: Look, rows: int) -> float:
    return 1.0 if (look.column.kind == "list" or look.lists > 0.5) and look.tags <= 0.5 else 0.0


def _tags(look: Look, rows: int) -> float:
    if look.tags > 0.5:
        return 1.0 + look.tags
    return 0.5 if (look.column.kind == "list" or look.lists > 0.5) and _named(Role.TAGS, look.column) else 0.0


FITS = {
    **dict.fromkeys(LONG_TEXTS, _text),
    Role.TARGET: _target,
    Role.QUESTION: _question,
    Role.ANSWER: _answer,
    Role.TOKENS: _words,
    Role.TAGS: _tags,
    Role.LABEL: _label,
    Role.GROUP: _group,
    Role.TIME: _time,
    Role.ID: _id,
}
