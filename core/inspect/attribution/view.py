"""The two views: what can be explained of a row, and how much each word moved it."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from pydantic import BaseModel, ValidationError

from core.errors import BadInput
from core.inference.loading import Loaded
from core.inspect.attribution.asking import Asker, Hiding, baselines
from core.inspect.attribution.methods import METHODS, Attributed, Choices, Limits, Method, method_named
from core.inspect.attribution.reading import Level, Reading, Unit
from core.inspect.attribution.subjects import Asked, Subject, Target, subject_of
from core.refusal import first_refusal
from core.schema import LookSpec
from core.settings import Settings

LEVELS: tuple[Level, ...] = ("word", "token")
HIDINGS: tuple[Hiding, ...] = ("replace", "remove")


class MethodFacts(BaseModel):
    """A method, and what it would take here.

    Args:
        costs: the passes in words, for each level.
        why_not: why it cannot be used with this model; mostly empty.
    """

    name: str
    title: str
    paper: str
    url: str
    idea: str
    cost: str
    costs: dict[str, str]
    why_not: str = ""


class AttributionTargets(BaseModel):
    """What can be explained, and how. ``units`` counts words and tokens of what is read for the first target."""

    targets: list[Target]
    methods: list[MethodFacts]
    units: dict[str, int]
    baselines: list[str]
    hidings: list[str]


class UnitValue(BaseModel):
    """A word or token with its share. ``start`` and ``end`` count characters of its text, -1 where its place is not known."""

    text: str
    cell: str
    start: int
    end: int
    value: float
    error: float | None = None


class Attribution(BaseModel):
    """How much each unit moved a number.

    Args:
        what: the number in words; ``value`` with every unit, ``without`` with none, where the method asks.
        total: of all values.
        completeness_error: ``|total - (value - without)| / |value - without|``, of methods that promise to have none.
        sampling_error: the largest standard error of a value, of methods that sample; 0 where nothing had to be sampled.
        hidden: how units are hidden, in words; empty for gradients.
    """

    method: str
    title: str
    paper: str
    url: str
    level: Level
    target: Target
    what: str
    texts: dict[str, str]
    units: list[UnitValue]
    value: float
    without: float | None
    total: float
    completeness_error: float | None
    sampling_error: float | None
    hidden: str
    effort: str
    forward_passes: int
    backward_passes: int
    seconds: float
    notes: list[str]


def attribution_targets(settings: Settings, loaded: Loaded, look: LookSpec, *, scalar: str = "", **choices: Any) -> AttributionTargets:
    """What can be explained of a row, the model's own answer first, and what each method would take.

    Raises:
        BadInput: the task gives no number to explain, or the row lacks a text.
    """
    subject = subject_of(loaded, look)
    targets = subject.targets()
    asked = subject.ask(targets[0], scalar or targets[0].scalars[0])
    chosen = _choices(look, choices)
    units = {level: len(asked.reading.units(level, loaded.model.tokenizer)) for level in LEVELS}
    embeds = not loaded.model.accepted or "inputs_embeds" in loaded.model.accepted
    return AttributionTargets(
        targets=targets,
        methods=[_facts(settings, method, units, chosen, embeds) for method in METHODS],
        units=units,
        baselines=list(baselines(loaded.model.tokenizer)),
        hidings=[_hiding(asked, subject, ""), *(way for way in HIDINGS if way != _hiding(asked, subject, ""))],
    )


def attribution(
    settings: Settings,
    loaded: Loaded,
    look: LookSpec,
    *,
    method: str = "leave-one-out",
    level: Level = "word",
    target: str = "",
    scalar: str = "",
    hiding: str = "",
    **choices: Any,
) -> Attribution:
    """How much each word or token of a row moved a number that the model gives for it.

    Args:
        method: name of one of :data:`METHODS`.
        target: id of one of the targets; the model's own answer where empty.
        scalar: one of the target's; the first where empty.
        hiding: whether units are replaced or removed; as it suits the model where empty.
        choices: of the method, see :class:`~core.inspect.attribution.methods.Choices`.

    Raises:
        BadInput: a choice means nothing here, or the model lacks what the method needs.
        LimitReached: it would take more passes or time than the settings allow.
    """
    began = time.perf_counter()
    found, chosen, limits = method_named(method), _choices(look, choices), Limits.of(settings)
    subject = subject_of(loaded, look)
    wanted, asked = _asked(subject, target, scalar)
    units = asked.reading.units(_one_of("level", level, LEVELS), loaded.model.tokenizer)
    if not units:
        raise BadInput("a word that could have moved the answer", "none before it", "Choose another target, or a longer text.")
    found.check(len(units), chosen, limits)
    asker = Asker(settings, loaded, asked.reading, asked.scalar, units, hiding=_hiding(asked, subject, hiding))
    result = found.attribute(asker, chosen, limits)
    return _view(found, level, wanted, asked, asker, result, time.perf_counter() - began)


def _asked(subject: Subject, target: str, scalar: str) -> tuple[Target, Asked]:
    targets = {found.id: found for found in subject.targets()}
    if target and target not in targets:
        raise BadInput(f"a target such as {next(iter(targets))}", repr(target[:60]), "Choose one of those that are offered for this text.")
    wanted = targets[target] if target else next(iter(targets.values()))
    return wanted, subject.ask(wanted, _one_of("scalar", scalar or wanted.scalars[0], wanted.scalars))


def _hiding(asked: Asked, subject: Subject, hiding: str) -> Hiding:
    """Models that were trained with masks read one as "no word"; from others words are taken out."""
    if hiding:
        return _one_of("hiding", hiding, HIDINGS)
    return "replace" if subject.tokenizer.mask_token_id is not None or asked.scalar.anchors else "remove"


def _one_of(name: str, value: str, known: tuple[str, ...]) -> Any:
    if value not in known:
        raise BadInput(f"{name} as one of {', '.join(known)}", repr(str(value)[:60]), "Choose one of these.")
    return value


def _choices(look: LookSpec, choices: dict[str, Any]) -> Choices:
    try:
        return Choices(seed=look.seed, **choices)
    except (ValidationError, TypeError) as error:
        said = str(first_refusal(error)) if isinstance(error, ValidationError) else f"choice: {error}"
        raise BadInput("choices that the methods know", said[:200], "Change it.") from error


def _facts(settings: Settings, method: Method, units: dict[str, int], choices: Choices, embeds: bool) -> MethodFacts:
    return MethodFacts(
        name=method.name,
        title=method.title,
        paper=method.paper,
        url=method.url,
        idea=method.idea,
        cost=method.cost_words,
        costs={level: method.cost(count, choices, Limits.of(settings)).words for level, count in units.items()},
        why_not="" if embeds or not method.gradients else "This model takes no embeddings, so there is no gradient to follow.",
    )


def _view(method: Method, level: Level, target: Target, asked: Asked, asker: Asker, result: Attributed, seconds: float) -> Attribution:
    errors = [None] * len(asker.units) if result.errors is None else result.errors.tolist()
    return Attribution(
        method=method.name,
        title=method.title,
        paper=method.paper,
        url=method.url,
        level=level,
        target=target,
        what=asked.scalar.words,
        texts=asked.reading.texts,
        units=[_unit_value(unit, value, error) for unit, value, error in zip(asker.units, result.values.tolist(), errors, strict=True)],
        value=result.whole,
        without=result.without,
        total=float(np.sum(result.values)),
        completeness_error=result.completeness,
        sampling_error=None if result.errors is None else float(result.errors.max()),
        hidden="" if method.gradients else _hidden_words(asker),
        effort=result.effort,
        forward_passes=asker.forward_passes,
        backward_passes=asker.backward_passes,
        seconds=seconds,
        notes=[*result.notes, *_reading_notes(asked.reading, level)],
    )


def _unit_value(unit: Unit, value: float, error: float | None) -> UnitValue:
    return UnitValue(text=unit.text, cell=unit.cell, start=unit.start, end=unit.end, value=value, error=error)


def _hidden_words(asker: Asker) -> str:
    if asker.hiding == "replace":
        return f"hidden words are replaced by {asker.stand.name}"
    read = " (the token that the answer is read at is replaced)" if asker.scalar.anchors else ""
    return f"hidden words are taken out of the text{read}"


def _reading_notes(reading: Reading, level: Level) -> list[str]:
    notes = []
    if reading.lost:
        notes.append(f"The text is longer than the model reads: {reading.lost:,} tokens of it play no part.")
    if level == "word" and not reading.placed:
        notes.append("This tokenizer does not tell where its tokens stand in the text: they are listed one by one.")
    return notes
