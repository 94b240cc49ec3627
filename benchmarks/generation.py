"""Texts per second against row-by-row ``generate``: ``python -m benchmarks.generation --rows 48 --rounds 3``.

Three sides share one machine, one model and one set of prompts and write greedily: a loop over ``generate`` in fp32, our plan in
fp32, and our plan in bf16. They take turns within each round, so the ratios of one run mean something and the seconds do not. The
models: the checkpoint ``stories260K`` where it lies beside this checkout, and T5-shaped models with random weights, one tiny and one
of the size of t5-small, which write to the end of their budget.
"""

from __future__ import annotations

import argparse
import copy
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.texts import make_texts
from core import tasks
from core.inference.loading import Loaded
from core.inference.plan import Window
from core.schema import Role
from core.settings import Settings
from core.tasks import TaskModel
from tests.tiny_models import tiny
from tests.unit.tasks.scoring import ready_from

STORIES = Path(__file__).resolve().parents[2] / "shared" / "checkpoints" / "stories260K"
OPENINGS = ("Once upon a time", "One day", "Lily and Tom", "The little dog", "A girl named Sue", "There was a boy who", "In the park")
NEW_TOKENS = 64


def prompts(rows: int) -> list[str]:
    """Openings of stories of many lengths; each occurs once, since a run writes equal prompts only once."""
    words = " ".join(make_texts(rows)).split()
    random = np.random.default_rng(0)
    made = []
    for row in range(rows):
        begin, length = int(random.integers(len(words) - 12)), int(random.integers(0, 12))
        made.append(f"{OPENINGS[row % len(OPENINGS)]}{row // len(OPENINGS) or ''} {' '.join(words[begin : begin + length])}".strip())
    return made


def row_by_row(model: TaskModel, texts: list[str]) -> list[str]:
    """What a loop over ``generate`` writes."""
    import torch

    answers = []
    for text in texts:
        inputs = model.tokenizer(text, return_tensors="pt", return_token_type_ids=False, truncation=True, max_length=model.max_length)
        with torch.inference_mode():
            ids = model.network.generate(**inputs, max_new_tokens=NEW_TOKENS, do_sample=False)[0]
        before = "" if model.network.config.is_encoder_decoder else model.tokenizer.decode(inputs["input_ids"][0], skip_special_tokens=True)
        answers.append(model.tokenizer.decode(ids, skip_special_tokens=True)[len(before) :])
    return answers


def planned(task: str, role: Role, model: TaskModel, texts: list[str]) -> list[str]:
    """What a run's own plan writes, at its usual token budget."""
    scorer = Loaded(tasks.get(task), None, model, "fp32").scorer(Settings())
    found: dict[int, str] = {}
    for part in scorer.score(Window(np.arange(len(texts)), {role: texts})):
        found |= dict(zip(part.keys.tolist(), part.columns["prediction"].to_pylist(), strict=True))
    return [found[row] for row in range(len(texts))]


def models_in(folder: Path) -> dict[str, tuple[str, Role, Path]]:
    """Name of each model to its task, the role of its texts, and its folder."""
    shape = {"d_model": 512, "d_kv": 64, "d_ff": 2_048, "num_layers": 6, "num_heads": 8, "initializer_range": 0.02}
    found = {
        "T5, tiny": ("text2text-generation", Role.TEXT, tiny(folder / "t5", "t5", "AutoModelForSeq2SeqLM")),
        "T5, as large as t5-small": ("text2text-generation", Role.TEXT, tiny(folder / "small", "t5", "AutoModelForSeq2SeqLM", **shape)),
    }
    return found | ({"stories260K": ("text-generation", Role.PROMPT, STORIES)} if STORIES.is_dir() else {})


def sides_of(task: str, role: Role, folder: Path, texts: list[str]) -> dict[str, Callable[[], list[str]]]:
    """What takes turns on one model."""
    exact = ready_from(folder, task, max_new_tokens=NEW_TOKENS)
    quick = replace(exact, network=copy.deepcopy(exact.network).bfloat16())
    return {
        "row by row": lambda: row_by_row(exact, texts),
        "planned": lambda: planned(task, role, exact, texts),
        "planned, bf16": lambda: planned(task, role, quick, texts),
    }


def main(argv: list[str] | None = None) -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rows", type=int, default=48)
    arguments.add_argument("--rounds", type=int, default=3)
    options = arguments.parse_args(argv)
    texts = prompts(options.rows)
    print("| model | row by row, texts/s | planned | planned, bf16 | same texts as row by row in fp32 |")
    print("|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for name, (task, role, source) in models_in(Path(folder)).items():
            print(line(name, *measure(sides_of(task, role, source, texts), options.rounds)), flush=True)


def measure(sides: dict[str, Callable[[], list[str]]], rounds: int) -> tuple[dict[str, list[float]], dict[str, list[str]]]:
    """Texts per second of each side in each round, and what each wrote last."""
    rates: dict[str, list[float]] = {side: [] for side in sides}
    answers: dict[str, list[str]] = {}
    for _ in range(rounds):
        for side, run in sides.items():
            started = time.perf_counter()
            answers[side] = run()
            rates[side].append(len(answers[side]) / (time.perf_counter() - started))
    return rates, answers


def line(name: str, rates: dict[str, list[float]], answers: dict[str, list[str]]) -> str:
    """A line of the table; a ratio is the median of the rounds' ratios."""
    slow = rates["row by row"]
    cells = [name, f"{statistics.median(slow):.1f}"]
    for side in ("planned", "planned, bf16"):
        ratio = statistics.median(quick / one for quick, one in zip(rates[side], slow, strict=True))
        cells.append(f"{statistics.median(rates[side]):.1f} ({ratio:.1f} times)")
    same = np.mean([one == other for one, other in zip(answers["row by row"], answers["planned"], strict=True)])
    return f"| {' | '.join([*cells, f'{same:.3f}'])} |"


if __name__ == "__main__":
    main()
