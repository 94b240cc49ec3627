"""A fine-tune of every task from the page, on public data sets: columns, dials, the training as it runs, what came of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import Browser, Page, expect

from core import models
from core.settings import Settings
from tests.browser.conftest import Server, Watch, end, settled
from tests.browser.shots import Shots
from tests.browser.test_finetune_journey import TALL, import_file
from tests.browser.test_journeys import LONG
from tests.tiny_models import tiny

STEPS = 4
WRITER, STORIES = "tiny-t5", "stories260K"


@dataclass(frozen=True)
class Case:
    """A data set and what is taught on it.

    Args:
        data: its folder among the public data sets.
        title: of the task, as the page has it.
        rows: of its training part that are brought in.
        figure: a name among the figures of the finished adapter.
        model: registered one that is tuned; empty for the embedded backbone.
    """

    data: str
    title: str
    rows: int
    figure: str
    model: str = ""


CASES = [
    Case("banking77", "Text classification", 300, "Accuracy"),
    Case("sms_spam", "Text classification", 200, "Accuracy"),
    Case("wnut17", "Entities", 80, "Entity F1"),
    Case("policyqa", "Question answering", 40, "Answer F1"),
    Case("scitldr", "Summaries", 30, "ROUGE-L", WRITER),
    Case("tinyshakespeare", "Text generation", 60, "Perplexity", STORIES),
]


@pytest.fixture(scope="module")
def tuning_server(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that knows a model that writes and one that tells stories."""
    stories = shared_data.parent / "checkpoints" / STORIES
    if not stories.is_dir():
        pytest.skip(f"the checkpoint {STORIES} is not beside this checkout (../shared/checkpoints)")
    folder = tmp_path_factory.mktemp("tuning")
    writer = tiny(folder / "roots" / WRITER, "t5", "AutoModelForSeq2SeqLM")
    settings = Settings(home=folder / "home", model_roots=(writer.parent, stories.parent))
    models.add_local(settings, writer, WRITER)
    models.add_local(settings, stories, STORIES)
    running = Server(settings.home, address="0.0.0.0", model_roots=f"{writer.parent}:{stories.parent}").start()
    yield running
    end(running)


@pytest.mark.slow
@pytest.mark.xdist_group("tuning server")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.data)
def test_from_a_data_set_to_an_adapter(
    case: Case, tuning_server: Server, shared_data: Path, browser: Browser, watch: Watch, tmp_path: Path
) -> None:
    page = watch.follow(browser.new_page(viewport=TALL), tuning_server)
    shots = Shots(tmp_path / "shots")
    path = tmp_path / f"{case.data}.parquet"
    pd.read_parquet(shared_data / case.data / "train.parquet").head(case.rows).to_parquet(path)
    import_file(page, tuning_server, path)
    page.get_by_role("link", name="Fine-tune", exact=True).click()
    settled(page)
    choose(page, page.locator(".st-key-task_choice input"), case.title)
    if case.model:
        choose(page, page.get_by_label("Model to tune"), re.compile(case.model))
    shots.take(page, f"{case.data}-columns")
    few_steps(page)
    shots.take(page, f"{case.data}-dials")
    page.get_by_role("button", name=re.compile(r"^Tune on \d+ rows")).click()
    expect(page).to_have_url(re.compile("run="))
    settled(page)
    shots.take(page, f"{case.data}-started")
    expect(page.get_by_text("The adapter is ready")).to_be_visible(timeout=LONG)
    settled(page)
    expect(page.get_by_text(case.figure, exact=True).first).to_be_visible()
    shots.take(page, f"{case.data}-done")


def choose(page: Page, control, option: str | re.Pattern[str]) -> None:
    """Picks from a list, unless it is picked already."""
    control.click()
    page.get_by_role("option", name=option).first.click()
    settled(page)


def few_steps(page: Page) -> None:
    """Nothing much is learned, and a run is over soon."""
    page.get_by_text("Quick", exact=True).click()
    settled(page)
    page.get_by_text("Advanced", exact=True).click()
    page.get_by_role("tab", name="Training").click()
    settled(page)
    steps = page.locator(".st-key-dial-quick-max_steps input")
    steps.fill(str(STEPS))
    steps.press("Enter")
    expect(page.get_by_text(re.compile("Other than in the preset Quick: Steps"))).to_be_visible()
    settled(page)
