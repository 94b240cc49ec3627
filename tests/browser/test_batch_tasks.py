"""A run of every task from the page, on public data sets: columns and options, then what came of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import pandas as pd
import pytest
from playwright.sync_api import Browser, expect

from core import models
from core.settings import Settings
from tests.browser.conftest import Server, Watch, end, settled
from tests.browser.shots import Shots
from tests.browser.test_finetune_journey import TALL, import_file
from tests.browser.test_journeys import LONG
from tests.tiny_models import tiny

WRITER, FILLER, STORIES = "tiny-t5", "tiny-bert", "stories260K"
ROWS = 20


@dataclass(frozen=True)
class Case:
    """A task and what it works on.

    Args:
        data: folder among the public data sets.
        model: reference.
        labels: that the user names.
        columns: of the data set that are brought in; all where empty.
        share: of the rows that have an answer, at least.
        kinds: how many different answers there are at least.
        gap: what stands for the word that is left out, at the start of each text: the small model reads no long ones.
    """

    task: str
    data: str
    model: str
    share: float = 1.0
    kinds: int = 2
    labels: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    gap: str = ""


CASES = [
    Case("text-classification", "sst2", "embedded:sentiment"),
    Case("token-classification", "wikigold", "embedded:entities", share=0.5),
    Case("question-answering", "policyqa", "embedded:answers"),
    Case("summarization", "scitldr", "embedded:minilm"),
    Case("translation", "xquad_parallel", f"local:{WRITER}", columns=("en", "de")),
    Case("text2text-generation", "xquad_parallel", f"local:{WRITER}", columns=("en",)),
    Case("text-generation", "tinyshakespeare", f"local:{STORIES}"),
    Case("fill-mask", "sst2", f"local:{FILLER}", columns=("text",), gap="[MASK]"),
    Case("zero-shot-classification", "banking77", "embedded:minilm", labels=("card", "transfer"), columns=("text",)),
    Case("feature-extraction", "sms_spam", "embedded:minilm", kinds=ROWS),
]


@pytest.fixture(scope="module")
def scoring_server(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that knows a model that writes, one that fills gaps and, where it is there, one that tells stories."""
    stories = shared_data.parent / "checkpoints" / STORIES
    folder = tmp_path_factory.mktemp("scoring")
    writer = tiny(folder / "roots" / WRITER, "t5", "AutoModelForSeq2SeqLM")
    filler = tiny(folder / "roots" / FILLER, "bert", "AutoModelForMaskedLM")
    settings = Settings(home=folder / "home", model_roots=(writer.parent, stories.parent))
    for path, name in ((writer, WRITER), (filler, FILLER), (stories, STORIES)):
        if path.is_dir():
            models.add_local(settings, path, name)
    running = Server(settings.home, address="0.0.0.0", model_roots=f"{writer.parent}:{stories.parent}").start()
    yield running
    end(running)


def table_of(case: Case, shared_data: Path, folder: Path) -> Path:
    """The first validation rows as a spreadsheet."""
    frame = pd.read_parquet(shared_data / case.data / "validation.parquet").head(ROWS)
    frame = frame[list(case.columns)] if case.columns else frame
    if case.gap:
        frame["text"] = f"{case.gap} " + frame["text"].str.split(n=1).str[1]
    path = folder / f"{case.data}.parquet"
    frame.to_parquet(path)
    return path


@pytest.mark.slow
@pytest.mark.xdist_group("scoring server")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.task)
def test_from_a_data_set_to_answers(
    case: Case, scoring_server: Server, shared_data: Path, browser: Browser, watch: Watch, tmp_path: Path
) -> None:
    if STORIES in case.model and not (shared_data.parent / "checkpoints" / STORIES).is_dir():
        pytest.skip(f"the checkpoint {STORIES} is not beside this checkout (../shared/checkpoints)")
    page = watch.follow(browser.new_page(viewport=TALL), scoring_server)
    shots = Shots(tmp_path / "shots")
    import_file(page, scoring_server, table_of(case, shared_data, tmp_path))
    page.goto(f"{scoring_server.url}/batch?{urlencode({'task': case.task, 'model': case.model})}")
    start = page.get_by_role("button", name=f"Score {ROWS} rows")
    expect(start).to_be_visible(timeout=LONG)
    settled(page)
    for label in case.labels:
        typed = page.locator(f".st-key-option-{case.task}-labels input")
        typed.fill(label)
        typed.press("Enter")
        settled(page)
        typed.press("Escape")
    shots.take(page, f"{case.task}-before")
    expect(start).to_be_enabled(timeout=LONG)
    start.click()
    expect(page.get_by_text(re.compile(rf"^{ROWS} of {ROWS} rows scored"))).to_be_visible(timeout=LONG)
    settled(page)
    shots.take(page, f"{case.task}-done")
    newest = max((scoring_server.home / "runs").glob("*/result.parquet"), key=lambda path: path.stat().st_mtime)
    answers = pd.read_parquet(newest)["prediction"]
    said = [str(answer) for answer in answers if answer is not None and str(answer)]
    assert len(answers) == ROWS and len(said) >= case.share * ROWS and len(set(said)) >= case.kinds
    if case.labels:
        assert set(answers) <= set(case.labels)
