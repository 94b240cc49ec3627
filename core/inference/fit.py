"""Do the texts fit the model? What is said beside a result that should not be trusted as it stands.

Looks at a sample of the distinct rows. Everything is counted over that sample, and the warning says how large it was.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from core.inference.keys import as_text, content_columns, distinct_keys
from core.inference.loading import Loaded
from core.inference.plan import Window, read_windows
from core.inference.score import Failure
from core.schema import PredictSpec, Role
from core.settings import MEGABYTE, Settings

UNKNOWN_SHARE = 0.05  # a text with more than this share of unknown pieces is counted
WARN_SHARE = 0.02  # fewer texts than this are not worth a warning: the language of short texts is often guessed wrong
LANGUAGE_LETTERS = 20  # shorter texts are not asked for their language
LANGUAGE_CHARACTERS = 1_000
LANGUAGE_SURE = 0.6  # tried on English: 0 of 1,192 sentences of reviews and 6 of 1,451 SMS are taken for another language
NO_LANGUAGE = "zxx"
NO_WORDS = re.compile(r"https?://\S+|[@#]\w+")  # addresses, names and hashtags belong to no language
FOREIGN_LETTERS = 0.3  # a text counts as another script when this share of its letters is
RATING_COLUMN = re.compile(r"rating|stars?\b|score|label|sentiment|grade", re.IGNORECASE)
RATING = re.compile(r"\s*([1-5])(?:[.,]0+)?(?:\s*(?:/\s*5|out of 5|stars?))?\s*", re.IGNORECASE)
SCRIPT_NAMES = {  # ISO 15924 code, as cards have it: first words of the Unicode names of its letters
    "Latn": ("latin",),
    "Cyrl": ("cyrillic",),
    "Grek": ("greek",),
    "Arab": ("arabic",),
    "Hebr": ("hebrew",),
    "Deva": ("devanagari",),
    "Thai": ("thai",),
    "Hang": ("hangul",),
    "Kore": ("hangul", "cjk"),
    "Hani": ("cjk",),
    "Hans": ("cjk",),
    "Hant": ("cjk",),
    "Jpan": ("hiragana", "katakana", "cjk"),
}
MIDDLE_WORDS = frozenset({"neutral", "mixed", "neither", "3 stars"})


@dataclass(frozen=True)
class Misfit:
    """Something about the texts that the model was not made for. ``row`` is the first such row of the table, from 0."""

    what: str
    count: int
    of: int
    row: int
    advice: str

    @property
    def share(self) -> float:
        return self.count / self.of if self.of else 0.0


def describe(misfits: list[Misfit]) -> list[str]:
    """Misfits as sentences for people."""
    return [
        f"{misfit.what}: {misfit.count:,} of {misfit.of:,} looked at ({misfit.share:.1%}), "
        f"for example row {misfit.row + 1:,} of the table. {misfit.advice}"
        for misfit in misfits
    ]


def look_at(settings: Settings, path: Path, spec: PredictSpec, loaded: Loaded, keys: np.ndarray) -> list[Misfit]:
    """Compares a sample of a table with the model's card.

    Args:
        keys: the key of each row of the run, as the plan has it.
    """
    distinct, _ = distinct_keys(keys)
    sample = np.unique(distinct[np.linspace(0, len(distinct) - 1, settings.fit_rows).astype(np.int64)]) if len(distinct) else distinct
    misfits = []
    for window in read_windows(path, content_columns(spec), sample, rows=settings.fit_rows, characters=settings.window_mb * MEGABYTE):
        misfits = look_at_texts(window, loaded)
        break
    return misfits + look_at_ratings(path, spec, loaded, len(keys))


def look_at_texts(window: Window, loaded: Loaded) -> list[Misfit]:
    """Unknown pieces, truncation, scripts and languages of some rows."""
    read = [cells for name, cells in window.cells.items() if name not in loaded.task.truth_roles]  # the user's own answers are not read
    texts = [" ".join(cells) for cells in zip(*read, strict=True)]
    card = getattr(loaded.files, "card", None)
    unknown, truncated = np.zeros(len(texts), bool), np.zeros(len(texts), bool)
    place = {int(key): index for index, key in enumerate(window.keys)}
    for part, encoded in loaded.encode(window):
        if isinstance(encoded, Failure):
            continue
        per_row = np.bincount(encoded.row, weights=encoded.lengths, minlength=encoded.rows)
        rows = [place[int(key)] for key in part.keys]
        unknown[rows] = encoded.unknown > UNKNOWN_SHARE * np.maximum(per_row, 1)
        truncated[rows] = encoded.lost > 0
    found = [
        _counted("Texts with pieces that the model does not know", unknown, window.keys, "It guesses there; look at some of them."),
        _counted(
            f"Texts longer than the model reads ({loaded.model.max_length} tokens)",
            truncated,
            window.keys,
            f"Their {'beginning' if loaded.task.pads_left else 'end'} was not read.",
        ),
        *other_scripts(texts, window.keys, card),
        *other_languages(texts, window.keys, card),
    ]
    return [misfit for misfit in found if misfit]


def _counted(what: str, hit: np.ndarray, keys: np.ndarray, advice: str, *, least: float = 0.0) -> Misfit | None:
    count = int(hit.sum())
    if not count or count < least * len(hit):
        return None
    return Misfit(what, count, len(hit), int(keys[int(hit.argmax())]), advice)


def other_scripts(texts: list[str], keys: np.ndarray, card: Any) -> list[Misfit | None]:
    """Texts a good part of whose letters are of a script that the card does not name."""
    known = {name for code in getattr(card, "scripts", None) or () for name in SCRIPT_NAMES.get(code, (code.casefold(),))}
    if not known:
        return []
    counts = [scripts_of(text) for text in texts]
    hit = np.array(
        [sum(n for script, n in count.items() if script not in known) > FOREIGN_LETTERS * max(sum(count.values()), 1) for count in counts],
        bool,
    )
    seen = Counter(script for count, foreign in zip(counts, hit, strict=True) if foreign for script in count if script not in known)
    names = ", ".join(script.title() for script, _ in seen.most_common(3))
    return [_counted(f"Texts in another script than the model's ({names})", hit, keys, "Its answers there mean little.")]


def scripts_of(text: str) -> Counter[str]:
    """Letters of each script in the first thousand characters of a text; the script is the first word of the letter's Unicode name."""
    letters = Counter(character for character in text[:LANGUAGE_CHARACTERS] if character.isalpha())
    scripts: Counter[str] = Counter()
    for letter, count in letters.items():
        scripts[_script(letter)] += count
    return scripts


def _script(letter: str) -> str:
    """The script of a letter by its Unicode name, since the standard library has no table of scripts."""
    if letter.isascii():
        return "latin"
    name = unicodedata.name(letter, "unknown").split(" ")[0].casefold()
    return "latin" if name in ("fullwidth", "feminine", "masculine") else name


def other_languages(texts: list[str], keys: np.ndarray, card: Any) -> list[Misfit | None]:
    """Texts that seem to be in a language that the card does not name; none where too few to matter."""
    known = {language.casefold().split("-")[0] for language in getattr(card, "languages", None) or ()}
    if not known or "multilingual" in known:
        return []
    classify = language_identifier()
    hit = np.zeros(len(texts), bool)
    seen: Counter[str] = Counter()
    for index, text in enumerate(texts):
        words = NO_WORDS.sub(" ", text[:LANGUAGE_CHARACTERS])
        if sum(character.isalpha() for character in words) < LANGUAGE_LETTERS:
            continue
        language, sure = classify(words)
        if language not in known and language != NO_LANGUAGE and sure >= LANGUAGE_SURE:
            hit[index] = True
            seen[language] += 1
    names = ", ".join(language for language, _ in seen.most_common(3))
    advice = f"The model was made for {', '.join(sorted(known))}."
    return [_counted(f"Texts that seem to be in another language ({names})", hit, keys, advice, least=WARN_SHARE)]


@lru_cache(maxsize=1)
def language_identifier() -> Callable[[str], tuple[str, float]]:
    """py3langid with probabilities; its model is part of the package, so nothing is downloaded. Takes some 0.3 s once."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True).classify


def look_at_ratings(path: Path, spec: PredictSpec, loaded: Loaded, rows: int) -> list[Misfit]:
    """Three-star reviews before a model that knows only two answers."""
    if loaded.model.problem != "single" or len(loaded.model.labels) != 2:
        return []
    found = []
    schema = pq.read_schema(path)
    content = set(spec.roles.values()) - {spec.roles.get(Role.LABEL)}
    labels = {label.casefold().strip() for label in loaded.model.labels}
    for name in schema.names:
        if name in content or not (name == spec.roles.get(Role.LABEL) or RATING_COLUMN.search(name)):
            continue
        column = as_text(pq.read_table(path, columns=[name])[name].slice(0, rows).combine_chunks())
        hit = middle_values(column, labels)
        if hit is not None and (
            misfit := _counted(
                f"Rows between the model's two answers, by the column {name!r}",
                hit,
                np.arange(len(hit)),
                "It has to take a side there; three stars or neutral is no answer that it can give.",
            )
        ):
            found.append(misfit)
    return found


def middle_values(column: pa.Array, labels: set[str]) -> np.ndarray | None:
    """Which cells of a rating or label column lie in the middle; ``None`` where the column is no rating."""
    counts = {item["values"]: item["counts"] for item in pc.value_counts(column.drop_null()).to_pylist()} if len(column) else {}
    values = {value for value in counts if value.strip()}
    if not values or len(values) > 50:
        return None
    stars = {value: match[1] for value in values if (match := RATING.fullmatch(value))}
    if len(stars) == len(values) and "3" in stars.values() and {"4", "5"} & set(stars.values()):
        middle = {value for value, star in stars.items() if star == "3"}
    else:
        middle = {value for value in values if value.strip().casefold() in MIDDLE_WORDS - labels}
    if not middle:
        return None
    return pc.is_in(column, value_set=pa.array(sorted(middle), column.type)).to_numpy(zero_copy_only=False)
