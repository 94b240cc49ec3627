"""What is said of the time and memory that a run will take."""

import time

from core.errors import NotReady
from pages.parts import estimate
from tests.pages.conftest import ESTIMATE, texts


def test_what_a_fine_tune_takes_is_said_in_one_line():
    found = {"seconds": 240.0, "memory_bytes": 900_000_000, "trainable_parameters": 1_000, "parameters": 50_000, "steps": 450}
    said = estimate.training_line({**found, "cut_rows": 12, "lost_tokens": 340})
    assert said.startswith("About 4 min") and "trains 1,000 parameters, 2.0% of all, in 450 steps" in said
    assert "12 rows longer than max_length will be cut, 340 tokens lost" in said and "cut" not in estimate.training_line(found)


def test_an_estimate_is_asked_for_again_when_the_process_was_not_ready(open_page, reviews, monkeypatch):
    failures = [NotReady("the process within 1 second (live_start_seconds)", "one that is still starting", "Try again in a moment.")]

    def ask(self, question, payload, timeout=None):
        if failures:
            raise failures.pop()
        return dict(ESTIMATE)

    monkeypatch.setattr("core.live.LiveClient.ask", ask)
    app = open_page("inference/batch", table=reviews.id)
    assert "No estimate" in texts(drawn(app))
    app.button(key="estimate-again").click().run()
    assert "About 12 s" in texts(drawn(app)) and not app.exception


def drawn(app):
    """The page once the answer has come."""
    for _ in range(100):
        if "Estimating" not in texts(app):
            break
        time.sleep(0.05)
        app.run()
    return app
