"""The first answer to a new text on the pages Logits and Tokens: ``python -m benchmarks.looks``; names after it choose some of them.

Each page is run as Streamlit runs it, in this process, and asks a warm process of its own, as a server's pages do. Every text is new,
so that no answer is kept from before. Times are seconds from the change of the text to the end of the page's run; the browser's
drawing is not in them. Beside them stands the processor time of both processes: what the answer would take on an idle machine at most,
however busy this one is.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil
from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).resolve().parents[1]
REPEATS = 20
PAGES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "labels": ("inspect/logits", "look-text", {"task": "text-classification", "model": "embedded:sentiment"}),
    "own labels": (
        "inspect/logits",
        "look-text",
        {"task": "zero-shot-classification", "model": "embedded:minilm", "labels": ["battery", "price", "support", "delivery"]},
    ),
    "entities": ("inspect/logits", "look-text", {"task": "token-classification", "model": "embedded:entities"}),
    "answer": (
        "inspect/logits",
        "look-context",
        {"task": "question-answering", "model": "embedded:answers", "question": "When was the bridge opened?"},
    ),
    "attribution": (
        "inspect/logits",
        "look-text",
        {"task": "text-classification", "model": "embedded:sentiment", "attribution": "on", "method": "integrated-gradients"},
    ),
    "tokens": ("inspect/tokens", "token-text", {}),
}
"""What is measured: the page, the field that a text is typed into, and the address."""


def text_of(number: int) -> str:
    """A text of some thirty words that no other number has."""
    return (
        f"Order {number} came on day {number + 3}: the old ferry was slow, so in {1900 + number} the bridge was opened, and Zoe Baker of "
        f"Oslo said that the screen is sharp but the battery died after {number + 2} days."
    )


def worked() -> float:
    """Seconds of processor time of this process and of those that it started and that live."""
    own = psutil.Process()
    times = [process.cpu_times() for process in (own, *own.children(recursive=True))]
    return sum(each.user + each.system for each in times)


def measure(name: str) -> tuple[list[float], list[float]]:
    """Seconds of each new text, after one that loads the model; and of processor time."""
    page, field, address = PAGES[name]
    app = AppTest.from_file(str(ROOT / "Home.py"), default_timeout=300).run()
    app.switch_page(f"pages/{page}.py")
    for parameter, value in address.items():
        app.query_params[parameter] = value
    app.run()
    times, work = [], []
    for number in range(REPEATS + 2):
        app.text_area(key=field).set_value(text_of(number))
        began, before = time.perf_counter(), worked()
        app.run()
        times.append(time.perf_counter() - began)
        work.append(worked() - before)
        if app.exception or app.error:
            raise RuntimeError(f"{name}: {app.exception or app.error}")
        if name == "attribution" and number == 0:
            next(button for button in app.button if button.label == "Compute").click().run()
    return times[2:], work[2:]


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(SHEETFORMER_HOME=folder, HF_HUB_OFFLINE="1")
        os.chdir(ROOT)
        for name in sys.argv[1:] or PAGES:
            times, work = map(sorted, measure(name))
            middle, most = statistics.median(times), times[int(0.95 * (len(times) - 1))]
            spent = f"processor time: median {statistics.median(work):.3f} s, longest {work[-1]:.3f} s"
            print(
                f"{name:>12}: median {middle:.3f} s, 95 % within {most:.3f} s, longest {times[-1]:.3f} s; {spent}; {len(times)} texts",
                flush=True,
            )


if __name__ == "__main__":
    main()
