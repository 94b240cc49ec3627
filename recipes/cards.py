"""What the cards of all shipped adapters have in common: the Hub's fields, the first words, the order of the sections."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.models.backbone import BACKBONE_ID


@dataclass(frozen=True)
class Figure:
    """A metric with its 95 % interval, where it has one: a perfect one, or one of few rows, has none."""

    value: float
    low: float | None = None
    high: float | None = None

    @classmethod
    def of(cls, metric: Mapping[str, Any]) -> Figure:
        """From a metric of the project's own."""
        return cls(metric["value"], metric["low"], metric["high"])

    def __str__(self) -> str:
        return f"{self.value:.4f}" if self.low is None else f"{self.value:.4f} [{self.low:.4f}, {self.high:.4f}]"


@dataclass(frozen=True)
class About:
    """What holds for every training by a recipe.

    Args:
        name: after ``embedded:``.
        task: by its Hub name.
        says: what its labels are, or what it does; ends the first paragraph.
        limits: also in the front matter, where the pages read them.
        more_limits: only in the text.
        datasets: by their names on the Hub.
        metrics: likewise.
    """

    name: str
    task: str
    summary: str
    says: str
    limits: tuple[str, ...]
    datasets: tuple[str, ...]
    metrics: tuple[str, ...]
    tags: tuple[str, ...]
    labels: tuple[str, ...] = ()
    more_limits: tuple[str, ...] = ()
    license: str = "apache-2.0"


def result(task: Mapping[str, str], dataset: Mapping[str, str], metrics: Mapping[str, tuple[str, float]]) -> dict[str, Any]:
    """Figures on the validation part of a data set, in the Hub's form.

    Args:
        task: its type and name.
        dataset: its type, name and configuration.
        metrics: title to the Hub's name and the value.
    """
    found = [{"type": kind, "value": round(value, 4), "name": title} for title, (kind, value) in metrics.items()]
    return {"task": dict(task), "dataset": {**dataset, "split": "validation"}, "metrics": found}


def front_matter(about: About, results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The card's data in the Hub's fields; what the Hub has no field for stands under ``sheetformer``."""
    labels = {"labels": list(about.labels)} if about.labels else {}
    return {
        "license": about.license,
        "base_model": BACKBONE_ID,
        "language": ["en"],
        "library_name": "peft",
        "pipeline_tag": about.task,
        "datasets": list(about.datasets),
        "metrics": list(about.metrics),
        "tags": ["lora", *about.tags],
        "model-index": [{"name": about.name, "results": [dict(each) for each in results]}],
        "sheetformer": {"summary": about.summary, **labels, "scripts": ["Latn"], "lowercases": True, "limits": list(about.limits)},
    }


def write(
    path: Path, about: About, results: Sequence[Mapping[str, Any]], *, figures: str, middle: Mapping[str, str], recipe: str, use: str
) -> None:
    """Writes a card.

    Args:
        path: README.md to write.
        results: of :func:`result`.
        figures: the section Figures.
        middle: further sections by their titles, data among them.
        recipe: the commands and what they do.
        use: lines of Python that load the adapter.
    """
    import yaml

    head = yaml.safe_dump(front_matter(about, results), sort_keys=False, allow_unicode=True, width=140)
    limits = "\n".join(f"- {limit}" for limit in (*about.limits, *about.more_limits))
    sections = {"Figures": figures, **middle, "Recipe": recipe, "Limits": limits, "Use": use}
    text = "\n".join(f"## {title}\n\n{content.strip(chr(10))}\n" for title, content in sections.items())
    path.write_text(f"---\n{head}---\n\n{_opening(about)}\n\n{text}", encoding="utf-8")


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A Markdown table."""
    lines = [f"| {' | '.join(map(str, cells))} |" for cells in (head, *rows)]
    return "\n".join([lines[0], f"|{'---|' * len(head)}", *lines[1:]])


def commands(recipe: str, trainings: Sequence[Mapping[str, Any]]) -> str:
    """The commands of the recipe, in the order in which they were given."""
    return "\n".join(f"    python recipes/{recipe}.py {training['command']}" for training in trainings)


def _opening(about: About) -> str:
    return f"""# embedded:{about.name}

{about.summary} A LoRA adapter on [{BACKBONE_ID}](https://huggingface.co/{BACKBONE_ID}) (22.7 million parameters), made to work without a
network in a spreadsheet tool. {about.says}"""
