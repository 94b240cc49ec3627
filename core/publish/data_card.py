"""The card of a result that is pushed as a data set: what its rows are, who made which column, and how good the answers are.

Format: https://huggingface.co/docs/hub/datasets-cards; ``configs`` as https://huggingface.co/docs/hub/datasets-manual-configuration.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from core.metrics import DEFINITIONS
from core.publish.about import LICENCES, About
from core.publish.model_card import OURS
from core.publish.result import ROWS
from core.publish.writing import code, joined, unsectioned
from core.runs import RunFolder
from core.runs.result import output_names
from core.schema import PredictSpec
from core.schema.models import HUB_ID

SPLIT = "train"
"""What ``load_dataset`` calls the rows of a repository that names no other (https://huggingface.co/docs/datasets)."""

SIZES = (
    (1_000, "n<1K"),
    (10_000, "1K<n<10K"),
    (100_000, "10K<n<100K"),
    (1_000_000, "100K<n<1M"),
    (10_000_000, "1M<n<10M"),
    (100_000_000, "10M<n<100M"),
)
MOST_COLUMNS = 200  # named in a card


def data_card(folder: Path, run: RunFolder, about: About) -> str:
    """The card for a repository.

    Args:
        folder: the files as they are pushed.
        run: the run that made them, a prediction.
    """
    spec = run.spec()
    assert isinstance(spec, PredictSpec)
    rows = pq.read_metadata(folder / ROWS).num_rows
    return joined(_front(folder, spec, rows, about), _body(folder, run, spec, rows, about))


def _front(folder: Path, spec: PredictSpec, rows: int, about: About) -> dict[str, Any]:
    tables = sorted((folder / "data").glob("*.parquet"), key=lambda path: path.name != Path(ROWS).name)
    configs = [
        {"config_name": "default" if number == 0 else path.stem, "data_files": [{"split": SPLIT, "path": f"data/{path.name}"}]}
        for number, path in enumerate(tables)
    ]
    return {
        "license": about.licence or about.data_licence or None,
        "pretty_name": about.repository.split("/")[-1],
        "task_categories": [spec.task],
        "size_categories": [next((word for most, word in SIZES if rows < most), "100M<n<1B")],
        "tags": [OURS, "model-answers"],
        "source_datasets": [about.data_name] if HUB_ID.fullmatch(about.data_name) else None,
        "configs": configs,
    }


def _body(folder: Path, run: RunFolder, spec: PredictSpec, rows: int, about: About) -> str:
    names = list(pq.read_schema(folder / ROWS).names)
    made = set(output_names(pq.read_schema(run.result_path)).values())
    theirs, ours = [name for name in names if name not in made], [name for name in names if name in made]
    source = f"{about.data_name}." if about.data_name else "A table of the author's own."
    licence = f" Its licence: {LICENCES.get(about.data_licence, about.data_licence)}." if about.data_licence else ""
    parts = {
        "": f"# {about.repository.split('/')[-1]}\n\n{rows:,} rows, each with the answer of a model for {spec.task}.",
        "Data": f"{source}{licence}",
        "Columns": f"Of the data: {_listed(theirs)}.\n\nMade by the model: {_listed(ours)}.",
        "Procedure": _procedure(run, spec),
        "Figures": _figures(run, spec),
        "Limits": "\n".join(f"- {sentence}" for sentence in _limits(run)),
        "Use": code(f'from datasets import load_dataset\n\nrows = load_dataset("{about.repository}", split="{SPLIT}")\nprint(rows[0])'),
    }
    return unsectioned(parts)


def _listed(names: list[str]) -> str:
    """Names of columns as code: a backtick in one would end it."""
    named = ", ".join(f"`{' '.join(name.replace('`', chr(39)).split())}`" for name in names[:MOST_COLUMNS])
    more = len(names) - MOST_COLUMNS
    return (named or "none left") + (f" and {more:,} more" if more > 0 else "")


def _procedure(run: RunFolder, spec: PredictSpec) -> str:
    summary = run.summary()
    lines = [f"Model: `{spec.model}`, revision `{spec.revision}`."]
    lines.append(f"Precision: {summary.get('precision', spec.precision)}. Seed {spec.seed}.")
    if spec.options:
        lines.append("Options: " + ", ".join(f"`{name}`: {value}" for name, value in spec.options.items()) + ".")
    known = {name: version for name, version in spec.versions.items() if name in ("torch", "transformers", "peft", "tokenizers")}
    lines.append("Versions: " + ", ".join(f"{name} {version}" for name, version in known.items()) + "." if known else "")
    return "\n".join(line for line in lines if line)


def _figures(run: RunFolder, spec: PredictSpec) -> str:
    """Against the author's own labels, where they were given."""
    measured = {name: figure for name, figure in run.metrics().get("metrics", {}).items() if figure.get("value") is not None}
    if not measured:
        return ""
    lines = ["Against the labels of the data.", "", "| metric | value | 95 % interval | rows |", "|---|---|---|---|"]
    for name, figure in measured.items():
        title = DEFINITIONS[name].title if name in DEFINITIONS else name
        between = f"{figure['low']:.4f} to {figure['high']:.4f}" if figure.get("low") is not None else ""
        lines.append(f"| {title} | {figure['value']:.4f} | {between} | {figure.get('n') or ''} |")
    return "\n".join(lines)


def _limits(run: RunFolder) -> list[str]:
    """What a reader must know before using the answers as truth."""
    summary = run.summary()
    said = ["The answers are a model's, not people's; learning from them copies its mistakes."]
    for name, sentence in (
        ("failed", "rows have no answer: the model failed on them"),
        ("skipped", "rows have no answer: they had nothing to read"),
        ("truncated", "texts were longer than the model reads, and were cut for it"),
    ):
        if summary.get(name):
            said.append(f"{summary[name]:,} {sentence}.")
    return said
