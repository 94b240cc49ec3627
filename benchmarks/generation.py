"""Texts per second against row-by-row ``generate``: ``python -m benchmarks.generation --rows 120 --rounds 3``.

Both sides share one machine, one model in fp32 and one set of prompts, write the same tokens greedily, and take turns within each round,
so the ratios of one run mean something and the seconds do not. The models: the checkpoint ``stories260K`` where it lies beside this
checkout, and a tiny T5-shaped model with random weights.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.rows_per_second import make_texts
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


def engines(folder: Path, texts: list[str]) -> dict[str, tuple[Callable[[], list[str]], Callable[[], list[str]]]]:
    """For each model the two sides."""
    models = {"T5, tiny": ("text2text-generation", Role.TEXT, tiny(folder / "t5", "t5", "AutoModelForSeq2SeqLM"))}
    if STORIES.is_dir():
        models["stories260K"] = ("text-generation", Role.PROMPT, STORIES)
    found = {}
    for name, (task, role, source) in models.items():
        model = ready_from(source, task, max_new_tokens=NEW_TOKENS)
        found[name] = (
            lambda model=model: row_by_row(model, texts),
            lambda model=model, task=task, role=role: planned(task, role, model, texts),
        )
    return found


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rows", type=int, default=120)
    arguments.add_argument("--rounds", type=int, default=3)
    options = arguments.parse_args()
    texts = prompts(options.rows)
    with tempfile.TemporaryDirectory() as folder:
        sides = engines(Path(folder), texts)
        rates: dict[str, list[list[float]]] = {name: [[], []] for name in sides}
        answers: dict[str, list[list[str]]] = {name: [[], []] for name in sides}
        for _ in range(options.rounds):
            for name, pair in sides.items():
                for side, run in enumerate(pair):
                    started = time.perf_counter()
                    answers[name][side] = run()
                    rates[name][side].append(options.rows / (time.perf_counter() - started))
    report(rates, answers)


def report(rates: dict[str, list[list[float]]], answers: dict[str, list[list[str]]]) -> None:
    """One table; the ratio is the median of the rounds' ratios."""
    print("| model | row by row, texts/s | planned, texts/s | ratio | same texts |")
    print("|---|---|---|---|---|")
    for name, (slow, quick) in rates.items():
        ratio = statistics.median(two / one for one, two in zip(slow, quick, strict=True))
        same = np.mean([one == other for one, other in zip(*answers[name], strict=True)])
        print(f"| {name} | {statistics.median(slow):.1f} | {statistics.median(quick):.1f} | {ratio:.1f} | {same:.3f} |")


if __name__ == "__main__":
    main()
