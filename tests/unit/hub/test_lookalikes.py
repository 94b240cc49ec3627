"""Names that imitate well-known ones."""

import pytest

from core.hub.lookalikes import lookalike, strange_letters

KNOWN = ("distilbert/distilbert-base-uncased-finetuned-sst-2-english", "google-t5/t5-small", "dslim/bert-base-NER")
SST2 = KNOWN[0]


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("evil/distilbert-base-uncased-finetuned-sst-2-english", SST2),
        ("evil/distilbert-base-uncased-finetuned-sst2-english", SST2),
        ("disti1bert/distilbert-base-uncased-finetuned-sst-2-english", SST2),
        ("dslim/bert-base-N\u0415R".replace("\u0415", "E\u0301"), "dslim/bert-base-NER"),
        (SST2, None),
        ("google-t5/t5-base", None),
        ("someone/t5-large-news", None),
        ("dslim/bert-large-NER", None),
    ],
)
def test_who_is_meant(name: str, meant: str | None) -> None:
    assert lookalike(name, KNOWN) == meant


def test_letters_of_other_scripts_are_named() -> None:
    assert strange_letters("dslim/bert-b\u0430se-NER") == "\u0430" and strange_letters(SST2) == ""
