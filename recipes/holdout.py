"""Splits phrases so that no held-out sentence leaks into training.

SST-2 trains on every phrase of a sentence's parse tree. A random split would put the phrases of one sentence on both sides
and flatter the figure, so whole sentences are held out together with every phrase that could come from them.
"""

from __future__ import annotations

import random

RUN = 5  # words in a row that two phrases share only when they come from one sentence, quotations and idioms aside


def runs_of_words(words: tuple[str, ...], length: int = RUN) -> set[tuple[str, ...]]:
    """All runs of ``length`` consecutive words; empty for a shorter phrase."""
    return {words[i : i + length] for i in range(len(words) - length + 1)}


def find_sentences(phrases: list[tuple[str, ...]]) -> list[int]:
    """Indices of the phrases that are whole sentences: the longest ones that share no run with a longer one."""
    longest_first = sorted(range(len(phrases)), key=lambda i: (-len(phrases[i]), i))
    seen: set[tuple[str, ...]] = set()
    sentences = []
    for i in longest_first:
        if len(phrases[i]) < RUN:
            break
        runs = runs_of_words(phrases[i])
        if not runs & seen:
            sentences.append(i)
        seen |= runs
    return sentences


def hold_out(texts: list[str], count: int, *, shortest: int = 8, seed: int = 0) -> tuple[list[int], list[int]]:
    """Indices to train on and indices to choose dials with.

    Args:
        texts: phrases, words separated by spaces.
        count: sentences to hold out.
        shortest: least number of words of a held-out sentence.
        seed: decides which sentences.

    Returns:
        Training indices and held-out indices, ascending. A phrase that shares five words in a row with a held-out sentence, or
        that is shorter and stands in a held-out sentence but in none of the others, is in neither.
    """
    phrases = [tuple(text.split()) for text in texts]
    sentences = find_sentences(phrases)
    held = sorted(random.Random(seed).sample([i for i in sentences if len(phrases[i]) >= shortest], count))
    held_set = set(held)
    kept = [i for i in sentences if i not in held_set]
    held_runs = [set().union(*(runs_of_words(phrases[i], n) for i in held)) for n in range(1, RUN + 1)]
    kept_runs = [set().union(*(runs_of_words(phrases[i], n) for i in kept)) for n in range(1, RUN)]

    def leaks(words: tuple[str, ...]) -> bool:
        if len(words) >= RUN:
            return bool(runs_of_words(words) & held_runs[RUN - 1])
        return bool(words) and words in held_runs[len(words) - 1] and words not in kept_runs[len(words) - 1]

    return [i for i, words in enumerate(phrases) if i not in held_set and not leaks(words)], held
