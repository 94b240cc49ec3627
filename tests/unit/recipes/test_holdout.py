"""Held-out sentences leave nothing of themselves in training."""

from importlib.util import find_spec

from core.models.backbone import adapter_names
from recipes.holdout import RUN, find_sentences, hold_out, runs_of_words
from recipes.sentiment_card import Figures

SENTENCES = [" ".join(f"{name}{i}" for i in range(12)) for name in "abcdefgh"]


def phrases() -> list[str]:
    """Every sentence with phrases of it, as a parse tree gives them; ``the film`` stands in all of them."""
    texts = []
    for sentence in SENTENCES:
        words = [*sentence.split(), "the", "film"]
        texts += [" ".join(words), " ".join(words[:7]), " ".join(words[3:6]), " ".join(words[-2:]), words[0]]
    return texts


def test_whole_sentences_are_found() -> None:
    texts = phrases()
    found = find_sentences([tuple(text.split()) for text in texts])
    assert sorted(found) == [i for i, text in enumerate(texts) if len(text.split()) == 14]


def test_nothing_of_a_held_out_sentence_is_trained_on() -> None:
    texts = phrases()
    kept, held = hold_out(texts, 3, seed=1)
    assert len(held) == 3
    assert len({texts[i] for i in held}) == 3
    for i in held:
        words = tuple(texts[i].split())
        for j in kept:
            other = tuple(texts[j].split())
            assert not runs_of_words(words, RUN) & runs_of_words(other, RUN)
            assert other == ("the", "film") or not (len(other) < RUN and other in runs_of_words(words, len(other)))


def test_phrases_that_others_say_too_stay() -> None:
    texts = phrases()
    kept, _ = hold_out(texts, 3, seed=1)
    assert "the film" in [texts[i] for i in kept]
    assert len(kept) == 5 * 5 + 3  # five whole sentences with four phrases each, and "the film" of the three others


def test_the_choice_follows_the_seed() -> None:
    texts = phrases()
    assert hold_out(texts, 3, seed=1) == hold_out(texts, 3, seed=1)
    assert len({tuple(hold_out(texts, 3, seed=seed)[1]) for seed in range(10)}) > 1


def test_intervals_are_wilson_s() -> None:
    figures = Figures.of_counts(90, 100)
    assert (round(figures.low, 4), round(figures.high, 4)) == (0.8256, 0.9448)
    assert "90 of 100" in str(figures)
    assert Figures.of_counts(10, 10).high == 1.0


def test_a_recipe_stands_beside_each_adapter() -> None:
    assert adapter_names()
    assert [name for name in adapter_names() if find_spec(f"recipes.{name}") is None] == []
