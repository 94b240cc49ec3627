"""What people do, from the first click to the downloaded file, in a real browser against a real server."""

from __future__ import annotations

import csv
import io
import json
import re
import time
from pathlib import Path

import openpyxl
import pyarrow.parquet as pq
import pytest
from playwright.sync_api import Browser, Download, Page, expect

from core import jobs
from core.runs import open_run
from core.schema import ACTIVE_STATES, Job, JobState, RehearsalSpec
from core.settings import Settings
from tests.browser.conftest import Server, Watch, end, settled

LONG = 120_000  # milliseconds: the first run loads the model
MESSY = 'Übersicht 2025;;\nDatum;Kommentar;Note\n01.02.2025;"sehr; gut\nwirklich";=1+1\n02.02.2025;;00123\n03.02.2025;naïve "quoted";NA\n'


def settings_of(server: Server) -> Settings:
    return Settings(home=server.home)


def score_sample(page: Page, server: Server) -> str:
    """The first run of a new user; returns its id."""
    page.goto(server.url)
    settled(page)
    page.get_by_role("button", name="Try it on the sample").click()
    expect(page.get_by_text("How well it agrees with your labels")).to_be_visible(timeout=LONG)
    settled(page)
    return run_id(page)


def run_id(page: Page) -> str:
    found = re.search(r"run=([0-9a-f]{16})", page.url)
    assert found, page.url
    return found[1]


def rehearse(server: Server, seconds: float = 60.0) -> Job:
    """A job that takes its time and needs no model."""
    spec = RehearsalSpec(rows=1_000, part_rows=10, seconds_per_part=seconds / 100)
    return jobs.submit(settings_of(server), spec, owner="local", title="long.csv")


def wait_for(server: Server, job_id: str, *states: JobState, seconds: float = 60.0) -> Job:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        job = jobs.get(settings_of(server), job_id)
        if job.state in states:
            return job
        time.sleep(0.1)
    raise AssertionError(f"{job} is none of {states}")


def test_first_run_on_the_sample(shared_server: Server, browser: Browser, watch: Watch) -> None:
    page = watch.follow(browser.new_page(), shared_server)
    score_sample(page, shared_server)
    expect(page.get_by_test_id("stMetricValue").first).to_have_text(re.compile(r"0\.\d{3}"))
    expect(page.get_by_test_id("stPlotlyChart")).to_have_count(1)
    for tab in ("Breakdown", "Confidence", "Over time", "Agreement"):
        page.get_by_role("tab", name=tab).click()
        expect(page.get_by_test_id("stPlotlyChart")).to_have_count(3 if tab == "Agreement" else 2)
        settled(page)
    page.get_by_role("link", name="Overview").click()
    settled(page)
    expect(page.get_by_role("link", name="product_reviews.csv")).to_be_visible()


def test_downloads_equal_the_result_cell_by_cell(shared_server: Server, browser: Browser, watch: Watch) -> None:
    page = watch.follow(browser.new_page(), shared_server)
    result = pq.read_table(open_run(settings_of(shared_server), score_sample(page, shared_server)).result_path)
    names, columns = result.column_names, [column.to_pylist() for column in result.columns]
    expected = list(zip(*columns, strict=True))
    assert len(expected) == 220

    _, *rows = list(csv.reader(io.StringIO(download(page, "CSV").decode("utf-8"), newline="")))
    assert rows == [[as_csv(cell) for cell in row] for row in expected]

    records = [json.loads(line) for line in download(page, "JSONL").decode("utf-8").splitlines()]
    assert [list(record) for record in records] == [names] * len(expected)
    assert [tuple(record.values()) for record in records] == expected

    parquet = pq.read_table(io.BytesIO(download(page, "Parquet")))
    assert parquet.column_names == names
    assert [column.to_pylist() for column in parquet.columns] == columns

    sheet = openpyxl.load_workbook(io.BytesIO(download(page, "XLSX"))).active
    cells = [list(row) for row in sheet.iter_rows(values_only=True)]
    assert cells[0] == names
    for found, row in zip(cells[1:], expected, strict=True):
        # A workbook cannot tell empty from missing, and keeps 16 digits of a number.
        assert found == [None if cell == "" else pytest.approx(cell, rel=1e-14) if isinstance(cell, float) else cell for cell in row]


def as_csv(cell: object) -> str:
    return "" if cell is None else repr(cell) if isinstance(cell, float) else str(cell)


def download(page: Page, label: str) -> bytes:
    with page.expect_download(timeout=60_000) as waiting:
        page.get_by_test_id("stDownloadButton").get_by_role("button", name=label, exact=True).click()
    arrived: Download = waiting.value
    return Path(arrived.path()).read_bytes()


def test_upload_a_messy_file(shared_server: Server, browser: Browser, watch: Watch) -> None:
    page = watch.follow(browser.new_page(), shared_server)
    page.goto(f"{shared_server.url}/tables")
    settled(page)
    page.locator("input[type=file]").set_input_files({"name": "../../messy.csv", "mimeType": "text/csv", "buffer": MESSY.encode("cp1252")})
    expect(page.get_by_text(re.compile(r"CSV: .* rows"))).to_be_visible(timeout=60_000)
    settled(page)
    expect(page.get_by_text(re.compile(r"encoding cp1252 \(guessed\).*delimiter semicolon \(guessed\)"))).to_be_visible()
    page.get_by_text("Change how the file is read").click()
    page.get_by_role("spinbutton", name="Header is on line").fill("2")
    page.get_by_role("button", name="Read again").click()
    expect(page.get_by_text("header on line 2")).to_be_visible(timeout=60_000)
    settled(page)
    for row, cells in enumerate(
        [("01.02.2025", "sehr; gut↵wirklich", "=1+1"), ("02.02.2025", "", "00123"), ("03.02.2025", 'naïve "quoted"', "NA")]
    ):
        for column, cell in enumerate(cells):
            expect(page.get_by_test_id(f"glide-cell-{column}-{row}").last).to_have_text(cell)


def test_close_the_tab_in_mid_run_and_come_back(server: Server, browser: Browser, watch: Watch) -> None:
    job = rehearse(server)
    context = browser.new_context()
    page = watch.follow(context.new_page(), server)
    page.goto(f"{server.url}/batch?run={job.id}")
    expect(page.get_by_text(re.compile(r"[1-9]\d* of 1,000 rows"))).to_be_visible(timeout=60_000)
    before = jobs.get(settings_of(server), job.id).rows_done
    page.close()
    time.sleep(3)
    later = watch.follow(context.new_page(), server)
    later.goto(f"{server.url}/")
    later.get_by_role("link", name="long.csv").click()
    expect(later).to_have_url(re.compile(f"run={job.id}"), timeout=60_000)
    expect(later.get_by_text(re.compile(r"\d+ of 1,000 rows"))).to_be_visible(timeout=60_000)
    assert jobs.get(settings_of(server), job.id).rows_done > before
    context.close()


def test_kill_the_server_in_mid_run_and_come_back(server: Server, browser: Browser, watch: Watch) -> None:
    watch.expected += [
        "ERR_CONNECTION_REFUSED",
        "WebSocket",
        "Failed to fetch",
        "net::ERR",
        "Client Error",
        "disconnected from server",
        "not responding",
    ]
    job = rehearse(server)
    page = watch.follow(browser.new_page(), server)
    page.goto(f"{server.url}/batch?run={job.id}")
    expect(page.get_by_text(re.compile(r"[1-9]\d* of 1,000 rows"))).to_be_visible(timeout=60_000)
    server.kill()
    at_kill = jobs.get(settings_of(server), job.id)
    assert at_kill.state in ACTIVE_STATES
    time.sleep(2)
    server.start()
    after = jobs.get(settings_of(server), job.id)
    assert (after.state, after.pid, after.attempt) == (JobState.RUNNING, at_kill.pid, 1)  # the same process went on
    assert after.rows_done > at_kill.rows_done
    page.goto(f"{server.url}/batch?run={job.id}")
    expect(page.get_by_text(re.compile(r"[1-9]\d* of 1,000 rows"))).to_be_visible(timeout=60_000)
    page.locator("main").get_by_role("button", name="Stop").click()
    wait_for(server, job.id, JobState.STOPPED)


def test_stop_and_resume(server: Server, browser: Browser, watch: Watch) -> None:
    job = rehearse(server, seconds=20)
    page = watch.follow(browser.new_page(), server)
    page.goto(f"{server.url}/batch?run={job.id}")
    expect(page.get_by_text(re.compile(r"[1-9]\d* of 1,000 rows"))).to_be_visible(timeout=60_000)
    page.locator("main").get_by_role("button", name="Stop").click()
    expect(page.get_by_text(re.compile(r"Stopped after [1-9]\d* of 1,000 rows"))).to_be_visible(timeout=30_000)
    expect(page.get_by_text("partial results").first).to_be_visible()
    page.get_by_role("button", name="Resume").click()
    done = wait_for(server, job.id, JobState.DONE, seconds=90)
    assert (done.rows_done, done.attempt) == (1_000, 2)
    expect(page.get_by_text("1,000 of 1,000 rows scored")).to_be_visible(timeout=30_000)
    numbers = pq.read_table(open_run(settings_of(server), job.id).result_path)
    assert numbers.num_rows == 1_000


def test_delete_a_job(server: Server, browser: Browser, watch: Watch) -> None:
    job = jobs.submit(settings_of(server), RehearsalSpec(rows=10, seconds_per_part=0), owner="local", title="short.csv")
    wait_for(server, job.id, JobState.DONE)
    page = watch.follow(browser.new_page(), server)
    page.goto(f"{server.url}/jobs?job={job.id}")
    settled(page)
    page.get_by_role("button", name="Delete", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_text("No job yet")).to_be_visible()
    assert jobs.list_jobs(settings_of(server)) == []


def test_delete_a_table(shared_server: Server, browser: Browser, watch: Watch) -> None:
    page = watch.follow(browser.new_page(), shared_server)
    page.goto(f"{shared_server.url}/tables")
    page.get_by_role("button", name="Use the sample").click()
    expect(page.get_by_role("button", name="Score this table")).to_be_visible(timeout=60_000)
    page.get_by_role("button", name="Delete", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_text("No table yet")).to_be_visible()


def test_home_alone_serves_every_page_at_its_address(browser: Browser, watch: Watch, tmp_path: Path) -> None:
    running = Server(tmp_path / "home", script="Home.py").start()
    try:
        page = watch.follow(browser.new_page(), running)
        for path, title in {"": "Sheetformer", "tables": "Tables", "batch": "Batch inference", "jobs": "Jobs"}.items():
            page.goto(f"{running.url}/{path}")
            settled(page)
            expect(page.get_by_role("heading", level=1)).to_have_text(title)
            expect(page).to_have_title(f"{'Overview' if not path else title} · Sheetformer")
    finally:
        end(running)


@pytest.mark.parametrize("path", ["tables", "batch", "jobs"])
def test_a_link_to_a_page_works_for_the_first_visitor_of_a_server(server: Server, browser: Browser, watch: Watch, path: str) -> None:
    page = watch.follow(browser.new_page(), server)
    page.goto(f"{server.url}/{path}")
    settled(page)
    expect(page.get_by_role("heading", level=1)).to_have_text({"tables": "Tables", "batch": "Batch inference", "jobs": "Jobs"}[path])
    expect(page.get_by_role("dialog")).to_have_count(0)
