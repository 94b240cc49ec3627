"""What is said beside a result whose texts do not fit the model."""

from __future__ import annotations

import re
from dataclasses import replace
from types import SimpleNamespace

import pyarrow as pa
import pytest

from core.inference.fit import middle_values, scripts_of
from core.inference.run import run
from core.runs.query import ResultQuery

ENGLISH = [
    "the battery is very good and the screen is fine, i love this phone",
    "it broke after two days and the price was awful, never again",
    "i like the service but the film was slow and not very good",
]
GERMAN = "Das Gerät ist nach zwei Tagen kaputt gegangen, und ich bin sehr enttäuscht von diesem schlechten Service."
RUSSIAN = "Очень хороший телефон, экран замечательный и батарея держит долго"


@pytest.fixture
def warnings_of(new_run, context_of, catalogue):
    card = SimpleNamespace(languages=("en",), scripts=("Latn",))
    catalogue["local:bert"] = replace(catalogue["local:bert"], card=card)

    def make(columns: dict, **choices) -> list[str]:
        folder = new_run(columns, **choices)
        run(context_of(folder))
        return folder.summary()["warnings"]

    return make


def test_texts_that_fit_get_no_warning(warnings_of) -> None:
    assert warnings_of({"text": ENGLISH}) == []


def test_another_language_is_named_with_count_share_and_row(warnings_of) -> None:
    (warning,) = [text for text in warnings_of({"text": [*ENGLISH, GERMAN]}) if "language" in text]
    assert "(de)" in warning and "1 of 4" in warning and "25.0%" in warning and "row 4" in warning


def test_another_script_and_unknown_pieces(warnings_of) -> None:
    found = warnings_of({"text": [ENGLISH[0], RUSSIAN]})
    assert any("another script" in text and "Cyrillic" in text and "row 2" in text for text in found)
    assert any("does not know" in text and "1 of 2" in text for text in found)


def test_the_sample_covers_duplicates_once_and_says_how_many_it_saw(warnings_of) -> None:
    found = warnings_of({"text": [GERMAN, GERMAN, *ENGLISH]})
    assert any("1 of 4 looked at" in text and "row 1 of the table." in text for text in found)


def test_the_row_that_a_warning_names_is_the_one_that_the_results_show(new_run, context_of, catalogue, settings) -> None:
    catalogue["local:bert"] = replace(catalogue["local:bert"], card=SimpleNamespace(languages=("en",), scripts=("Latn",)))
    folder = new_run({"text": ["", None, ENGLISH[0], ENGLISH[0], ENGLISH[1], GERMAN, GERMAN]})
    run(context_of(folder))
    (warning,) = [text for text in folder.summary()["warnings"] if "language" in text]
    named = int(re.search(r"row (\d+) of the table", warning)[1])
    page = ResultQuery(settings, folder).page(search="enttäuscht")
    assert page.index[0] + 1 == named == 6  # pages show the index from 1 on


def test_three_stars_before_a_model_of_two_labels(warnings_of) -> None:
    found = warnings_of({"text": ENGLISH, "rating": ["5", "1", "3"], "shoe size": ["5", "1", "3"]})
    assert len(found) == 1 and "'rating'" in found[0] and "1 of 3" in found[0] and "row 3" in found[0]
    found = warnings_of({"text": ENGLISH, "truth": ["positive", "Neutral", "negative"]}, roles={"text": "text", "label": "truth"})
    assert len(found) == 1 and "'truth'" in found[0] and "row 2" in found[0]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["1", "5", "3"], [False, False, True]),
        (["3 stars", "4 stars", None], [True, False, False]),
        (["3.0", "4.0", ""], [True, False, False]),
        (["3/5", "5/5"], [True, False]),
        (["1", "2", "3"], None),  # ranks or grades: nothing above the middle
        (["3", "4", "17"], None),
        (["a", "b"], None),
        ([None, None], None),
    ],
)
def test_what_counts_as_the_middle(values, expected) -> None:
    found = middle_values(pa.array(values, pa.large_string()), {"negative", "positive"})
    assert (found if found is None else found.tolist()) == expected


def test_neutral_is_no_middle_for_a_model_that_has_it() -> None:
    assert middle_values(pa.array(["neutral", "bad"], pa.large_string()), {"neutral", "bad"}) is None


def test_scripts_are_counted_by_letters() -> None:
    assert scripts_of("abc é 123 !? яяя 漢") == {"latin": 4, "cyrillic": 3, "cjk": 1}


def test_addresses_names_and_hashtags_have_no_language(warnings_of) -> None:
    found = warnings_of(
        {"text": ["good https://beispiel.example/das-ist-eine-sehr-lange-deutsche-seite #sehrgutesgeraet @derdeutscheverein"]}
    )
    assert not any("language" in text for text in found)


def test_english_of_films_is_not_taken_for_another_language(shared_data) -> None:
    import pyarrow.parquet as pq

    from core.inference.fit import other_languages

    texts = pq.read_table(shared_data / "sst2" / "validation.parquet")["text"].to_pylist()
    card = SimpleNamespace(languages=("en",))
    assert not any(other_languages(texts, list(range(len(texts))), card))
