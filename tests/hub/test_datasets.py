"""Data sets of a Hub of this machine become tables, read by the real client in a process of its own."""

from __future__ import annotations

import datetime
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pyarrow as pa
import pytest

from core import hub, tables
from core.cli.files import read_table
from core.errors import BadInput, HubError, LimitReached
from core.hub import Fetches
from core.schema import ImportChoices, parse_hub_address
from core.settings import Settings
from core.tables import hub as hub_tables
from core.tables.hub import Brought
from core.tables.hub.bringing import ENVIRONMENT
from core.tables.hub.child import _shown as shown_cell
from tests.hub.conftest import ANALYST, TOKEN
from tests.hub.datasets import add_reviews, csv, jsonl, parquet
from tests.hub.repositories import DATASET
from tests.hub.server import LoopbackHub
from tests.hub.test_asking import point_at

ROOT = Path(__file__).resolve().parents[2]
LONG = 300.0
MINE = "mine"


@pytest.fixture
def settings(tmp_path: Path, loopback: LoopbackHub, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """This process and those it starts talk to the loopback Hub."""
    point_at(monkeypatch, loopback.url)
    online = {"HF_ENDPOINT": loopback.url, "HF_HUB_OFFLINE": "0", "HF_HOME": str(tmp_path / "hf"), "HF_HUB_DISABLE_XET": "1"}
    for name, value in online.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("HF_TOKEN", raising=False)
    return Settings(home=tmp_path / "home", hub_tries=0, min_free_disk_mb=1, hub_probe_seconds=20.0)


@pytest.fixture
def works() -> Iterator[list[hub_tables.Bring]]:
    """What a test started and did not end."""
    begun: list[hub_tables.Bring] = []
    yield begun
    for one in begun:
        one.stop()


def find(settings: Settings, address: str, token: str | None = None) -> hub_tables.Wanted:
    return hub_tables.find(settings, parse_hub_address(f"hf://datasets/{address}"), token)[1]


def ended(settings: Settings, wanted: hub_tables.Wanted, token: str | None = None) -> Brought:
    return hub_tables.Bring(settings, MINE, wanted, token=token).wait(LONG)


def table(settings: Settings, address: str) -> tables.Table:
    now = ended(settings, find(settings, address))
    assert now.state == "done", now
    return tables.open_table(settings, MINE, now.table)


def said(found: tables.Table) -> str:
    return " ".join(problem.what for problem in found.report.problems)


def test_parquet_with_labels_becomes_a_table_at_its_commit(settings: Settings, loopback: LoopbackHub) -> None:
    repo = add_reviews(loopback)
    wanted = find(settings, "owner/reviews")
    assert (wanted.source.split, wanted.rows_total, wanted.licence) == ("train", 3_000, "cc0-1.0")
    now = ended(settings, wanted)
    found = tables.open_table(settings, MINE, now.table)
    assert (now.state, now.rows_done, found.rows, found.name) == ("done", 3_000, 3_000, "reviews · train")
    frame = found.head(3_000)
    assert list(frame["text"]) == [f"review {number} of many" for number in range(3_000)]
    assert list(frame["label"][:3]) == ["bad", "good", "bad"] and "labels they stand for" in said(found)
    source = found.report.hub
    assert source is not None and source.revision == repo.at("main").oid and found.report.licence == "cc0-1.0"
    assert parse_hub_address(found.source.shown) == source, "the command line finds the same rows again"
    assert not any(one.user for one in loopback.requests) and not (settings.home / "workspaces" / MINE / "datasets" / wanted.key).exists()


def test_csv_stays_text_and_nested_cells_are_told(settings: Settings, loopback: LoopbackHub) -> None:
    picture = pa.array([{"bytes": b"\x89PNG", "path": "a.png"}])
    wide = pa.table({"text": ["one"], "picture": picture, "more": [{"page": 1}], "words": [["a", "b"]]})
    card = b"---\nconfigs:\n- config_name: cells\n  data_files: cells.csv\n- config_name: wide\n  data_files: wide.parquet\n---\n"
    loopback.shelf.add(DATASET, "owner/odd", {"cells.csv": csv(600), "wide.parquet": parquet(wide), "README.md": card, "odd.py": b"boom"})
    cells = table(settings, "owner/odd:cells/train").head(600)
    assert list(cells["id"][:2]) == ["000", "001"] and set(cells["answer"]) == {"NA"}
    found = table(settings, "owner/odd:wide/train")
    assert found.columns == ["text", "more", "words"] and "left out: picture" in said(found)
    row = found.head(1).iloc[0]
    assert row["more"] == '{"page": 1}' and list(row["words"]) == ["a", "b"]
    assert "a script of its own, which is never run" in said(found)


def test_first_rows_columns_and_more_of_the_same(settings: Settings, loopback: LoopbackHub) -> None:
    add_reviews(loopback)
    found = table(settings, "owner/reviews:test?rows=5&columns=label")
    assert found.columns == ["label"] and found.rows == 5 and found.report.hub is not None and found.report.hub.rows == 5
    with pytest.raises(BadInput, match="Choose one of these: train, test"):
        find(settings, "owner/reviews:none")
    missing = ended(settings, find(settings, "owner/reviews:test?columns=none"))
    assert missing.error is not None and "text, label" in str(missing.error)
    first = hub_tables.first_rows(settings.model_copy(update={"first_rows": 3}), find(settings, "owner/reviews"))
    assert first.columns == ("text", "label") and [row["label"] for row in first.rows] == ["bad", "good", "bad"]
    with pytest.raises(HubError, match="first_rows_seconds"):
        hub_tables.first_rows(settings.model_copy(update={"first_rows_seconds": 0.01}), find(settings, "owner/reviews"))


def test_rows_that_are_told_in_time_are_shown_however_long_the_process_takes_to_end(
    settings: Settings, loopback: LoopbackHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_reviews(loopback)
    wanted = find(settings, "owner/reviews")
    told = {"first": [{"text": "fine"}], "columns": ["text"], "notes": []}
    (tmp_path / "slow.py").write_text(f"import sys, time; sys.stdin.readline(); print({json.dumps(told)!r}, flush=True); time.sleep(600)")
    monkeypatch.setattr(sys.modules["core.tables.hub.first_rows"], "QUESTION", "slow")
    monkeypatch.setitem(ENVIRONMENT, "PYTHONPATH", os.pathsep.join([str(tmp_path), *filter(None, sys.path)]))
    first = hub_tables.first_rows(settings.model_copy(update={"first_rows_seconds": 10.0}), wanted)
    assert first.rows == ({"text": "fine"},)


def test_first_rows_show_a_day_as_the_table_has_it() -> None:
    assert shown_cell(datetime.date(2025, 1, 6), 100) == "2025-01-06"
    assert shown_cell(["a", datetime.date(2025, 1, 6)], 100) == '["a", "2025-01-06"]'


def test_what_broke_in_the_middle_stays_and_goes_on(settings: Settings, loopback: LoopbackHub) -> None:
    add_reviews(loopback)
    whole = table(settings, "owner/reviews")
    wanted = find(settings, "owner/reviews")
    loopback.faults.add("/resolve/.*train-00001", method="GET", cut=100)
    broken = ended(settings, wanted)
    assert broken.state == "failed" and isinstance(broken.error, HubError) and "goes on" in broken.error.next_step, broken
    assert 1_500 <= broken.rows_done < 3_000
    loopback.faults.clear()
    loopback.requests.clear()
    now = ended(settings, wanted)
    assert (now.state, now.rows_done, now.table) == ("done", 3_000, whole.id), "the same rows make the same table"


def test_a_stop_keeps_what_has_come(settings: Settings, loopback: LoopbackHub, works: list[hub_tables.Bring]) -> None:
    add_reviews(loopback)
    loopback.faults.add("/resolve/.*train-00001", method="GET", wait=600.0)
    work = hub_tables.Bring(settings, MINE, find(settings, "owner/reviews"))
    works.append(work)
    deadline = time.monotonic() + LONG
    while not loopback.asked("GET", "train-00001") and time.monotonic() < deadline:
        time.sleep(0.05)
    process = psutil.Process(work.pid)
    work.stop()
    assert work.now().state == "stopped" and not process.is_running()


def test_every_format_and_the_copy_of_the_hub(settings: Settings, loopback: LoopbackHub) -> None:
    stream = pa.BufferOutputStream()
    with pa.ipc.new_stream(stream, pa.schema([("text", pa.string())])) as out:
        out.write_table(pa.table({"text": ["from arrow"]}))
    files = {"train.jsonl": jsonl(20), "test.jsonl": jsonl(3)}
    loopback.shelf.add(DATASET, "owner/lines", files)
    loopback.shelf.add(DATASET, "owner/texts", {"train.txt": b"first\nsecond\n"})
    loopback.shelf.add(DATASET, "owner/arrows", {"train/data-00000-of-00001.arrow": stream.getvalue().to_pybytes()})
    script = loopback.shelf.add(DATASET, "owner/script", {"script.py": b"import os; os.abort()"})
    script.refs["refs/convert/parquet"] = script.refs["main"]
    script.commit({"default/partial-train/0000.parquet": parquet(pa.table({"text": ["copied"]}))}, "copy", ref="refs/convert/parquet")
    lines = table(settings, "owner/lines")
    assert lines.rows == 20 and lines.head(1).iloc[0]["from"] == '{"page": 0}'
    assert list(table(settings, "owner/texts").head(2)["text"]) == ["first", "second"]
    assert list(table(settings, "owner/arrows").head(1)["text"]) == ["from arrow"]
    copied = table(settings, "owner/script")
    assert list(copied.head(1)["text"]) == ["copied"] and "the first part only" in said(copied)
    loopback.shelf.add(DATASET, "owner/pickled", {"data.pkl": b"p", "script.py": b"import os; os.abort()"})
    with pytest.raises(BadInput, match=r"never run here.*1 \.pkl"):
        find(settings, "owner/pickled")


def test_limits_are_told_and_what_has_come_stays(settings: Settings, loopback: LoopbackHub) -> None:
    add_reviews(loopback)
    few = settings.model_copy(update={"max_rows": 1_000})
    with pytest.raises(LimitReached, match="max_rows"):
        find(few, "owner/reviews")
    wanted = find(settings, "owner/reviews")
    full = ended(settings.model_copy(update={"min_free_disk_mb": 10**9}), wanted)
    assert full.error is not None and "min_free_disk_mb" in str(full.error)
    loopback.shelf.add(DATASET, "owner/long", {"train.parquet": parquet(pa.table({"text": ["x" * 10_000] * 2_000}), group=500)})
    large = ended(settings.model_copy(update={"max_dataset_mb": 12}), find(settings, "owner/long"))
    assert large.error is not None and "max_dataset_mb" in str(large.error) and large.rows_done >= 500


def test_the_names_in_a_card_reach_nothing_else(settings: Settings, loopback: LoopbackHub, tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text("a\nsecret\n")
    with socket.create_server(("127.0.0.1", 0)) as canary:
        canary.settimeout(0.2)
        address = f"http://127.0.0.1:{canary.getsockname()[1]}/x.csv"
        for number, path in enumerate(
            (address, str(tmp_path / "secret.csv"), "../../secret.csv", "hf://datasets/owner/other/a.csv", "zip://a::b")
        ):
            entry = {"config_name": "default", "data_files": path, "data_dir": ""}
            name = f"owner/evil-{number}"
            loopback.shelf.add(DATASET, name, {"a.csv": b"a\n1\n", "README.md": f"---\nconfigs: {json.dumps([entry])}\n---\n".encode()})
            with pytest.raises(BadInput, match="no file of it can be read"):
                find(settings, name)
        with pytest.raises(TimeoutError):
            canary.accept()


def test_a_gated_one_needs_the_right_and_the_token_shows_nowhere(
    settings: Settings, loopback: LoopbackHub, tmp_path: Path, works: list[hub_tables.Bring]
) -> None:
    add_reviews(loopback, "owner/gated", rows=600, gated=True, access={ANALYST})
    wanted = find(settings, "owner/gated", TOKEN)
    refused = ended(settings, wanted)
    assert isinstance(refused.error, HubError) and "gated" in str(refused.error), refused
    loopback.faults.add("/resolve/.*train-00001", method="GET", wait=3.0, times=1)
    work = hub_tables.Bring(settings, MINE, wanted, token=TOKEN)
    works.append(work)
    while not loopback.asked("GET", "train-0000"):
        time.sleep(0.02)
    process = psutil.Process(work.pid)
    assert TOKEN not in " ".join(process.cmdline()) and TOKEN not in str(process.environ())
    assert work.wait(LONG).state == "done"
    assert [path for path in tmp_path.rglob("*") if path.is_file() and TOKEN.encode() in path.read_bytes()] == []


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"status": 429, "headers": (("Retry-After", "7"),)}, "Wait 7 s"),
        ({"status": 500}, "trouble of its own"),
        ({"cut": 5}, "RemoteProtocolError"),
        ({"wait": 30.0}, "ReadTimeout"),
    ],
)
def test_trouble_before_the_first_row_is_said_at_the_first_try(settings: Settings, loopback: LoopbackHub, fault: dict, words: str) -> None:
    add_reviews(loopback, rows=5)
    hub.dataset_facts(settings, "owner/reviews")
    loopback.requests.clear()
    loopback.faults.add("/api/datasets", **fault)
    with pytest.raises(HubError, match=words):
        find(settings.model_copy(update={"hub_probe_seconds": 2.0}), "owner/reviews")
    assert len(loopback.asked("GET", "/api/datasets")) == 1


@pytest.mark.parametrize(("name", "words"), [("owner/none", "no such repository"), ("owner/private", "or a private one")])
def test_what_is_not_there_is_said(settings: Settings, loopback: LoopbackHub, name: str, words: str) -> None:
    add_reviews(loopback, "owner/private", rows=5, private=True)
    with pytest.raises(HubError, match=words):
        find(settings, name)


def test_a_server_lists_it_among_its_downloads(settings: Settings, loopback: LoopbackHub) -> None:
    add_reviews(loopback)
    loopback.faults.add("/resolve/", method="GET", wait=600.0)
    one = settings.model_copy(update={"max_fetches": 1})
    fetches, wanted = Fetches(), find(settings, "owner/reviews")
    try:
        first = hub_tables.bring(fetches, one, MINE, wanted)
        assert hub_tables.bring(fetches, one, MINE, wanted) is first and fetches.of(MINE) == [first] and fetches.of("yours") == []
        with pytest.raises(LimitReached, match="max_fetches"):
            hub_tables.bring(fetches, one, "yours", wanted)
    finally:
        fetches.close()
    fetches.forget(MINE, first.key)
    assert fetches.of(MINE) == []


def test_the_command_line_reads_an_address_as_a_file(settings: Settings, loopback: LoopbackHub) -> None:
    add_reviews(loopback, rows=600)
    seen = read_table(settings, "hf://datasets/owner/reviews:test", ImportChoices(), rows=9)
    assert seen.rows == 9 and seen.source.shown.endswith(":default/test?rows=9")
    with pytest.raises(BadInput, match="--sheet"):
        read_table(settings, "hf://datasets/owner/reviews:test", ImportChoices(sheet="one"))
    words = ("hub", "pull", "owner/reviews", "--dataset", "--split", "test", "--rows", "7", "--json")
    pulled = subprocess.run(
        [sys.executable, "-m", "core", *words],
        cwd=ROOT,
        env={**os.environ, **settings.environment()},
        capture_output=True,
        text=True,
        timeout=LONG,
    )
    answer = json.loads(pulled.stdout)
    assert answer["rows"] == 7 and answer["address"].endswith(":default/test?rows=7"), pulled.stderr
