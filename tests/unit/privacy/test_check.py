"""Columns of a table, looked through."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.errors import BadInput, RunFailed
from core.privacy import PersonalDataReport, check_columns
from core.privacy.check import spread
from core.settings import Settings

TEXTS = ["Ann wrote from ann@lee.org, call 020 7946 0018", "nothing here", "bob@x.org and bob@y.org", None]


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "table.parquet"
    columns = {
        "text": TEXTS,
        "card": pa.array([4111111111111111.0, None, 7.0, 7.5]),
        "words": [["mail", "c@d.org"], [], None, ["x"]],
        "other": ["e@f.org"] * 4,
    }
    pq.write_table(pa.table(columns), path)
    return path


def kinds(report: PersonalDataReport) -> list[tuple[str, str, int, tuple[int, ...]]]:
    return [(found.column, found.kind, found.count, found.rows) for found in report.findings]


def test_findings_by_column_and_kind(table: Path, settings: Settings) -> None:
    report = check_columns(table, ["text", "card", "words"], settings)
    assert kinds(report) == [
        ("text", "email", 3, (0, 2)),
        ("text", "phone", 1, (0,)),
        ("card", "card", 1, (0,)),
        ("words", "email", 1, (0,)),
    ]
    assert not report.clean and report.findings[0].title == "3 e-mail addresses in 2 rows of the column text"
    assert report.words() == [
        "Looked at all 4 rows for addresses, phone, card and account numbers.",
        "Nobody looked for names of people.",
    ]


def test_nothing_personal_is_in_the_report_itself(table: Path, settings: Settings) -> None:
    names = [[(0, 3)], [], []]
    report = check_columns(
        table, ["text", "card", "words"], settings, lambda texts: [names.pop(0) for _ in texts] if names else [[]] * len(texts)
    )
    written = report.model_dump_json()
    for secret in ("ann@lee", "bob@", "7946", "4111", "c@d", "Ann"):
        assert secret not in written
    assert report.findings[0].excerpts[0] == "[name] wrote from [email], call [phone]"


def test_names_are_asked_of_the_caller_in_some_rows(table: Path, settings: Settings) -> None:
    asked: list[str] = []

    def names(texts: list[str]) -> list[list[tuple[int, int]]]:
        asked.extend(texts)
        return [[(0, 3)] if text.startswith("Ann") else [] for text in texts]

    report = check_columns(table, ["text"], settings.model_copy(update={"max_privacy_name_rows": 1}), names)
    assert asked == [TEXTS[0]] and report.rows_read_for_names == 1
    assert ("text", "name", 1, (0,)) in kinds(report)
    assert "1 of 4 rows, evenly spread, for names of people" in report.words()[1]
    with pytest.raises(RunFailed, match="0 answers"):
        check_columns(table, ["text"], settings, lambda texts: [])


def test_limits_are_kept_and_said(tmp_path: Path, settings: Settings) -> None:
    path = tmp_path / "long.parquet"
    frame = pd.DataFrame({"text": ["a@b.org " + "x" * 100 + " c@d.org"] * 10_000})
    frame.to_parquet(path)
    small = settings.model_copy(update={"max_privacy_rows": 50, "max_privacy_characters": 40, "max_privacy_excerpts": 2})
    report = check_columns(path, ["text"], small)
    (found,) = report.findings
    assert found.count == 50 and found.row_count == 50 and len(found.excerpts) == 2 and found.rows[0] == 0
    assert report.rows_checked == 50 and report.cut_cells == 50
    assert report.words()[0].startswith("Looked at 50 of 10,000 rows, evenly spread,")
    assert report.words()[2] == "Of 50 long cells only the beginning was read."


def test_rows_are_spread_from_the_first_to_the_last() -> None:
    places = spread(1_000_003, 1_000)
    assert places[0] == 0 and places[-1] == 1_000_002 and len(places) == 1_000 and np.diff(places).max() < 1_005
    assert spread(3, 10).tolist() == [0, 1, 2] and len(spread(0, 10)) == 0


def test_a_column_that_is_not_there_is_said(table: Path, settings: Settings) -> None:
    with pytest.raises(BadInput, match="'none'"):
        check_columns(table, ["none"], settings)


def test_an_empty_table_is_clean(tmp_path: Path, settings: Settings) -> None:
    path = tmp_path / "empty.parquet"
    pd.DataFrame({"text": pd.Series([], dtype=str)}).to_parquet(path)
    report = check_columns(path, ["text"], settings)
    assert report.clean and report.rows == 0 and "all 0 rows" in report.words()[0]


def test_real_texts_give_no_false_alarm_and_real_numbers_are_found(shared_data: Path, settings: Settings, tmp_path: Path) -> None:
    """Tweets and bank questions name nobody's numbers; the messages of the spam corpus are full of phones."""
    tweets = tmp_path / "tweets.parquet"
    pd.read_csv(shared_data / "spreadsheets" / "tweets.csv", dtype=str).to_parquet(tweets)
    report = check_columns(tweets, ["text", "id", "link", "created_at"], settings.model_copy(update={"max_privacy_rows": 2_000}))
    assert report.clean and report.rows_checked == 2_000
    assert check_columns(shared_data / "banking77" / "validation.parquet", ["text"], settings).clean
    messages = shared_data / "sms_spam" / "validation.parquet"
    texts = pd.read_parquet(messages).text
    phones = texts.str.contains(r"(?<!\w)0[78]\d{9}(?!\w)")
    report = check_columns(messages, ["text"], settings)
    (found,) = [found for found in report.findings if found.kind == "phone"]
    assert found.row_count >= 0.95 * phones.sum() > 0
