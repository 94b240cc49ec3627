"""``logits``: what a model says of one text."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any

import typer

from core import inspect, models, tasks
from core.cli import written_lines
from core.cli.attribution_lines import attribution_lines
from core.cli.output import AsJson, print_json, print_line
from core.cli.parameters import parse_settings, with_literals
from core.errors import BadInput
from core.inference.loading import load
from core.inference.spec_making import check_options, with_noted
from core.schema import LookSpec, Role
from core.settings import Settings
from core.workspaces import LOCAL

VIEW_OF: MappingProxyType[str, str] = MappingProxyType(
    {
        "text-classification": "labels",
        "zero-shot-classification": "own_labels",
        "feature-extraction": "similarity",
        "token-classification": "entities",
        "question-answering": "answers",
        "text-generation": "surprisal",
        "fill-mask": "masks",
        "text2text-generation": "steps",
        "summarization": "steps",
        "translation": "steps",
    }
)
"""Task name to the view whose numbers are printed."""

ATTRIBUTION = "attribution"
QUESTION = "question_text"
OFFERED: MappingProxyType[str, tuple[str, str]] = MappingProxyType(
    {"surprisal": ("tokens", "alternatives"), "masks": ("gaps", "candidates"), "steps": ("steps", "alternatives")}
)
"""Views of models that write: the key of their places, and that of the likeliest tokens at each."""
CLASSIFIERS = ("text-classification", "zero-shot-classification", "feature-extraction")
OF_ONE_TEXT = ("logits", "probabilities", "predictions", "margins", "entropies", "tokens", "lost")
OF_OWN_LABELS = ("entailments", "contradictions", "cosines")
TOP = 5  # labels of a token or text named for people


@with_literals
def logits(
    text: Annotated[str, typer.Argument(help="The text; for question-answering the one to find the answer in.")],
    task: Annotated[str, typer.Option(help="Task by its Hub name, such as text-classification.")],
    model: Annotated[str, typer.Option(help="embedded:NAME, adapter:NAME, local:NAME or owner/name@revision.")],
    literals: dict[str, str],
    text_pair: Annotated[str | None, typer.Option(help="A second text, for models that compare two, and for feature-extraction.")] = None,
    attribution: Annotated[
        str | None, typer.Option(metavar="METHOD", help="Say which words the answer comes from, by this method.")
    ] = None,
    set_: Annotated[list[str], typer.Option("--set", help="Option of the task as name=value; may be repeated.")] = [],  # noqa: B006
    as_json: AsJson = False,
) -> None:
    """Print labels, logits and probabilities of one text; for each token where a task labels tokens or writes."""
    settings = Settings()
    chosen = _view_of(task)
    cells = _cells(task, text, text_pair, literals.pop(QUESTION, None))
    look = _look(settings, task, model, cells, parse_settings(set_) | literals)
    loaded = load(settings, look)
    found = in_words(task, inspect.show(settings, chosen, loaded, look))
    if attribution is not None:
        found[ATTRIBUTION] = _attributed(settings, loaded, look, attribution)
    if as_json:
        print_json(found)
        return
    for line in describe(task, found):
        print_line(line)
    if attribution is not None:
        for line in attribution_lines(found[ATTRIBUTION]):
            print_line(line)


def _view_of(task: str) -> str:
    name = tasks.get(task).name
    if name not in VIEW_OF:
        raise BadInput(f"a task with a view ({', '.join(VIEW_OF)})", name, "Choose one of these.")
    return VIEW_OF[name]


def _cells(task: str, text: str, pair: str | None, question: str | None) -> dict[str, str]:
    """The texts by what they are for."""
    if task == "question-answering":
        if not (question or "").strip():
            raise BadInput("a question", "none", "Name it with --question-text.")
        return {Role.QUESTION.value: question or "", Role.CONTEXT.value: text}
    if task == "feature-extraction" and not (pair or "").strip():
        raise BadInput("a second text to hold the first against", "none", "Name it with --text-pair.")
    role = next(use.role for use in tasks.get(task).roles if use.required and use.content)
    return {role.value: text} | ({Role.TEXT_PAIR.value: pair} if pair else {})


def _look(settings: Settings, task: str, model: str, cells: dict[str, str], options: dict[str, Any]) -> LookSpec:
    files = models.resolve(settings, model, LOCAL)
    if files.tasks and task not in files.tasks:
        raise BadInput(f"a model for {task}", f"{model}, which is for {', '.join(files.tasks)}", "Choose another model or task.")
    checked = check_options(tasks.get(task), with_noted(settings, model, LOCAL, task, cells, options))
    given = checked.model_dump(mode="json", exclude_defaults=True)
    return LookSpec(task=task, model=files.reference, revision=files.revision, cells=cells, options=given)


def _attributed(settings: Settings, loaded: Any, look: LookSpec, method: str) -> dict[str, Any]:
    if ATTRIBUTION not in inspect.VIEWS:
        raise BadInput("no --attribution", repr(method), "This version has no attribution on the command line.")
    return inspect.show(settings, ATTRIBUTION, loaded, look, {"method": method})


def in_words(task: str, found: Mapping[str, Any]) -> dict[str, Any]:
    """The view's numbers under the names that scripts are promised: ``labels``, ``logits``, ``probabilities``.

    For one text these are lists over the labels; for tasks that label tokens one such list for each token, beside ``tokens``. A model
    that writes has one for each place, gap or step, over the likeliest tokens there.
    """
    values = dict(found)
    if VIEW_OF[task] in OFFERED:
        places, offered = OFFERED[VIEW_OF[task]]
        for name, key in (("labels", "text"), ("logits", "logit"), ("probabilities", "probability")):
            values[name] = [[one[key] for one in place[offered]] for place in values[places]]
    if task in CLASSIFIERS:
        for name in (*OF_ONE_TEXT, *(OF_OWN_LABELS if "hypotheses" in values else ())):
            values[name] = values[name][0] if values[name] else []
    elif task == "question-answering":
        both = [values.pop("start_logits"), values.pop("end_logits")]
        values["labels"] = ["start", "end"]
        values["logits"] = [list(pair) for pair in zip(*both, strict=True)]
        values["probabilities"] = [list(pair) for pair in zip(*map(_softmax, both), strict=True)]
    return values


def _softmax(logits: list[float]) -> list[float]:
    """Over the tokens of the text."""
    from scipy.special import softmax

    return softmax(logits).tolist() if logits else []


def describe(task: str, found: Mapping[str, Any]) -> list[str]:
    """The answer in lines for people."""
    if VIEW_OF[task] in written_lines.OF_VIEW:
        return written_lines.OF_VIEW[VIEW_OF[task]](found)
    if task in CLASSIFIERS:
        return _label_lines(found)
    if task == "token-classification":
        lines = [f"{one['label']}  {one['text']}  {one['score']:.4f}" for one in found["entities"][found["strategy"]]]
        lines.append("")
        for token, row in zip(found["tokens"], found["probabilities"], strict=True):
            best = sorted(zip(row, found["labels"], strict=True), reverse=True)[:TOP]
            lines.append(f"{token}  {', '.join(f'{label} {value:.3f}' for value, label in best)}")
        return lines
    answers = [f"{one['score']:.4f}  {one['text'] or '(no answer)'}" for one in found["answers"]]
    return [*answers, "", *(f"{t}  start {s:.2f}  end {e:.2f}" for t, (s, e) in zip(found["tokens"], found["logits"], strict=True))]


def _label_lines(found: Mapping[str, Any]) -> list[str]:
    """A line for each label, the likeliest first; of the user's own labels with what stands for each."""
    lines = []
    for place in sorted(range(len(found["labels"])), key=lambda place: -found["logits"][place]):
        line = f"{found['labels'][place]}  {found['probabilities'][place]:.4f}"
        line += f"  logit {found['logits'][place]:.3f}" if found["problem"] != "regression" else ""
        if found.get("cosines"):
            line += f"  cosine {found['cosines'][place]:.3f} with {found['hypotheses'][place]!r}"
        elif "hypotheses" in found:
            both = f"entailment {found['entailments'][place]:.3f}, contradiction {found['contradictions'][place]:.3f}"
            line += f"  {both} of {found['hypotheses'][place]!r}"
        lines.append(line)
    if found["margins"] is not None:
        entropy = f", entropy {found['entropies']:.4f} bits" if found["entropies"] is not None else ""
        lines.append(f"margin {found['margins']:.4f}{entropy}")
    cut = [f"{found['lost']:,} tokens did not fit the model ({found['limit']:,}) and were not read"] if found["lost"] else []
    return lines + cut
