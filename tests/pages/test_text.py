"""What users wrote is shown as they wrote it, and as nothing else."""

import re

import pytest

from pages.parts.text import column_options, duration, middle, option, plain, size, visible

JOINER = "\u2060"
HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "![a](http://127.0.0.1/c.png)",
    "[a](javascript:alert(1))",
    ":material/home: :red[x] :smile:",
    r"$\href{javascript:1}{x}$ `code`",
    "**b** _i_ ~~s~~ # h",
    "-> <- -- >=",
    "www.evil.test a@b.test",
]


def as_commonmark_shows(text: str) -> str:
    """What is left once a Markdown reader has taken the backslashes away."""
    return re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", text).replace(JOINER, "")


@pytest.mark.parametrize("text", HOSTILE)
def test_every_character_survives(text):
    assert as_commonmark_shows(plain(text)) == text


@pytest.mark.parametrize("text", HOSTILE)
def test_no_punctuation_is_left_to_markdown(text):
    assert not re.search(r"(?<!\\)[!\[\]()<>*_`$#~]", plain(text))


@pytest.mark.parametrize("found_later", [r":material/", r":red\[", r":smile:", r"http://", r"www\.", r"\w@\w", r"->", r"<-", r">="])
def test_patterns_that_are_found_after_parsing_are_broken(found_later):
    shown = re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", plain(" ".join(HOSTILE), limit=1_000))
    assert not re.search(found_later, shown)


def test_control_and_direction_characters_become_symbols():
    assert visible("a\u202eb\x00c\nd\x1b[31m\x7f") == "a⟨U+202E⟩b␀c↵d␛[31m␡"
    assert option("line one\nline two") == "line one↵line two"


def test_other_scripts_and_emoji_families_stay():
    for text in ("שלום", "日本語", "👩‍👩‍👧", "é", "mi\u200cravam"):
        assert visible(text) == text


def test_long_names_are_cut():
    assert option("x" * 200) == "x" * 80 + "…"


@pytest.mark.parametrize(("seconds", "words"), [(0.2, "under a second"), (45, "45 s"), (200, "3 min"), (7_900, "2 h 12 min")])
def test_duration(seconds, words):
    assert duration(seconds) == words


@pytest.mark.parametrize(("number", "words"), [(12, "12 bytes"), (1_500, "1.5 kB"), (93_000_000, "93 MB"), (2e12, "2,000 GB")])
def test_size(number, words):
    assert size(number) == words


def test_long_names_of_columns_are_told_apart():
    episodes = [f"Which of the following Star Wars films have you seen? Please select all: Episode {n}" for n in ("I", "IV", "VI")]
    shortened = column_options(episodes)
    assert len(set(shortened)) == 3
    assert all(name.startswith("Which of the foll") and name.endswith(("Episode I", "Episode IV", "Episode VI")) for name in shortened)
    assert all(len(name) <= 40 for name in shortened)
    same_ends = [f"{'a' * 30} {n} {'z' * 30}" for n in (1, 2)]
    assert column_options(same_ends) == same_ends
    assert column_options(["review"]) == ["review"]


def test_a_name_is_not_torn_inside_a_character():
    family = "\N{MAN}\u200d\N{WOMAN}\u200d\N{GIRL}"
    assert middle(family * 10, 5) == f"{family * 2}…{family * 2}"
    assert middle(family * 5, 5) == family * 5
    assert len(middle("x" * 50_000, 40)) == 40
