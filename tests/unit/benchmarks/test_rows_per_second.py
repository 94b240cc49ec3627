"""The benchmark's arithmetic and its two outputs, with made-up turns."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks import rows_per_second
from benchmarks.bars import write_bars
from benchmarks.engines import ENGINES
from benchmarks.million_rows import write_table
from benchmarks.peak import operations
from benchmarks.rows_per_second import PIPELINES, REFERENCE, measure, rates, table
from benchmarks.texts import make_texts


def turn(rows: int, seconds: float, labels: str, **more: object) -> dict:
    made = {"rows": rows, "seconds": seconds, "labels": list(labels), "precision": "fp32", "backend": "torch", "memory": 500e6}
    return {**made, **more}


def test_ratios_are_medians_of_the_rounds_own_ratios() -> None:
    first, second = PIPELINES
    found = {
        first: [turn(10, 10, "AB"), turn(10, 20, "AB"), turn(10, 10, "AB")],
        second: [turn(10, 20, "AB")] * 3,
        "run, auto": [
            turn(20, 5, "ABBB", setup=3),
            turn(20, 5, "ABBB", setup=9),
            turn(20, 4, "ABBB", backend="openvino", setup=4),
        ],
        REFERENCE: [turn(20, 10, "ABAB")] * 3,
    }
    lines = table(found)
    assert len({line.count("|") for line in lines}) == 1 and len(lines) == 2 + 4
    ours = [cell.strip() for cell in lines[4].split("|")[1:-1]]
    assert ours == ["run, auto", "fp32", "openvino", "4.0", "4", "5.00", "8.00", "0.750", "500"]
    assert [cell.strip() for cell in lines[2].split("|")[6:9]] == ["1.00", "2.00", "1.000"]
    assert rates(found, first) == [1.0, 0.5, 1.0]


def test_the_engines_take_turns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    turns: list[tuple[str, str]] = []

    def fake(name: str, folder: Path) -> dict:
        turns.append((name, folder.name))
        return turn(0, 1.0, "")

    monkeypatch.setattr(rows_per_second, "turn", fake)
    engines = [PIPELINES[0], "run, auto"]
    found = measure(engines, 40, 10, 2, tmp_path)
    assert turns == [(PIPELINES[0], "few"), ("run, auto", "all")] * 2
    assert [each["rows"] for each in (*found[PIPELINES[0]], *found["run, auto"])] == [10, 10, 40, 40]


def test_texts_are_the_same_each_time_and_repeat_themselves() -> None:
    texts = make_texts(500)
    assert texts == make_texts(500)
    assert 0.85 < len(set(texts)) / 500 < 0.95
    lengths = np.array([len(text.split()) for text in texts])
    assert 20 < np.median(lengths) < 36 and lengths.max() <= 320


@pytest.mark.model
def test_the_other_engines_score_the_same_texts_with_the_same_model() -> None:
    texts = [f"{text} {ending}" for text in ("a film", "the screen", "this phone") for ending in ("is awful", "was great, i love it", "?")]
    wanted = ENGINES["pipeline(texts)"](texts)["labels"]
    for name in ("OpenVINO fp32, same plan", "ONNX Runtime fp32, same plan"):
        assert ENGINES[name](texts)["labels"] == wanted, name
    assert len(set(wanted)) == 2


def test_operations_are_those_of_the_layers_and_of_attention() -> None:
    config = SimpleNamespace(hidden_size=384, intermediate_size=1_536, num_hidden_layers=6)
    one = operations(config, np.array([4.0]))
    assert one == pytest.approx(6 * (2 * (4 * 384**2 + 2 * 384 * 1_536) * 4 + 4 * 384 * 16))
    assert operations(config, np.array([4.0, 4.0])) == 2 * one


def test_the_plot_is_an_image_that_says_its_numbers(tmp_path: Path) -> None:
    write_bars(tmp_path / "plots" / "plot.svg", "Rows & seconds", {"run, auto": 1_234.0, "pipeline(<texts>)": 12.0})
    root = ElementTree.fromstring((tmp_path / "plots" / "plot.svg").read_text())
    space = "{http://www.w3.org/2000/svg}"
    widths = [float(bar.get("width", 0)) for bar in root.iter(f"{space}rect")]
    assert widths[0] / widths[1] == pytest.approx(1_234 / 12, rel=0.1)
    assert "1,234" in "".join(root.itertext()) and "pipeline(<texts>)" in "".join(root.itertext())


def test_a_table_of_any_size(tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    write_table(tmp_path / "table.parquet", 3_000)
    found = pq.read_table(tmp_path / "table.parquet")
    assert found["number"].to_pylist() == list(range(3_000))
    assert 0.8 < len(set(found["text"].to_pylist())) / 3_000 < 0.92


def test_every_engine_is_named_once() -> None:
    assert {REFERENCE, *PIPELINES} <= set(ENGINES)
