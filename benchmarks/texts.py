"""Texts for the benchmarks: nothing is downloaded, and everybody who has the requirements gets the same ones."""

from __future__ import annotations

import ast
from importlib.metadata import files
from pathlib import Path

import numpy as np

MEDIAN_WORDS = 28
SPREAD = 1.0
LONGEST_WORDS = 320
REPEATED_SHARE = 0.1


def make_texts(rows: int) -> list[str]:
    """English prose from docstrings of scikit-learn, cut to lengths as spreadsheets have them.

    Lengths are log-normal, with a median of about 45 tokens; 10 % are exact repetitions.
    """
    words = " ".join(_docstrings()).split()
    random = np.random.default_rng(0)
    lengths = np.clip(random.lognormal(np.log(MEDIAN_WORDS), SPREAD, rows), 3, LONGEST_WORDS).astype(int)
    starts = random.integers(0, len(words) - LONGEST_WORDS, rows)
    texts = [" ".join(words[start : start + length]) for start, length in zip(starts, lengths, strict=True)]
    for row in random.choice(rows, int(rows * REPEATED_SHARE), replace=False):
        texts[row] = texts[int(random.integers(rows))]
    return texts


def _docstrings() -> list[str]:
    found = []
    for file in files("scikit-learn") or []:
        if file.suffix == ".py" and "tests" not in file.parts:
            tree = ast.parse(Path(str(file.locate())).read_text(encoding="utf-8"))
            nodes = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef))
            found += [text for node in nodes if (text := ast.get_docstring(node))]
    return found
