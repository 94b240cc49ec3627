"""Versions of an adapter: the same weights with a temperature for their probabilities, under a name that counts on."""

from __future__ import annotations

import re
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from core.errors import BadInput, Conflict
from core.files import write_bytes, write_json
from core.models.adapters import ADAPTERS, adapter_facts, own_adapter_folder, write_facts
from core.models.backbone import BACKBONE, adapter_folder
from core.models.cards import CARD, LONGEST, text_of
from core.models.catalogue import resolve
from core.models.merge import adapter_json
from core.models.noted import COLDEST, HOTTEST, note_temperature, temperature_of
from core.models.safety import CONFIG
from core.schema import ModelReference
from core.settings import Settings

NOT_CALIBRATED = "- Probabilities are not calibrated.\n"
HEADING = "## Calibration\n\nLogits are divided by the temperature"
EARLIER = re.compile(rf"{HEADING}[^\n]*\n?")  # begins with no newline: a long run of them would be looked at from each of them


@dataclass(frozen=True)
class Calibrated:
    """What a temperature was found by.

    Args:
        temperature: by which the logits of the run are to be divided, on top of what it divided them by already.
        applied: whether the run applied what its model was saved with.
        sentence: for the card, in words.
        revision: what the adapter's reference stood for when the rows were scored ...
        run: ... or the fine-tune that made the adapter and scored its validation rows with it.
    """

    temperature: float
    applied: bool
    sentence: str
    revision: str = ""
    run: str = ""


def save_calibrated(settings: Settings, owner: str, reference: str, found: Calibrated) -> str:
    """Puts a new version of an adapter on the shelf: its files with a temperature, which runs apply to its probabilities.

    Args:
        reference: the adapter that was looked at: one of the workspace, or an embedded one.

    Returns:
        The reference of the new version: ``adapter:NAME-2``, ``adapter:NAME-3``...

    Raises:
        BadInput: the model is no adapter, or the temperature out of range.
        Conflict: the adapter has changed since.
        CannotWrite: the data folder cannot be written.
    """
    folder = _folder(settings, owner, reference)
    config, facts = adapter_json(folder, CONFIG), adapter_facts(settings, folder)
    same = facts.run == found.run if found.run else resolve(settings, reference, owner).revision == found.revision
    if not same:
        raise Conflict(f"{reference} as it was when the rows were scored", "other weights or another temperature", "Score the rows again.")
    temperature = found.temperature * ((temperature_of(config) or 1.0) if found.applied else 1.0)
    if not COLDEST <= temperature <= HOTTEST:
        raise BadInput(f"a temperature from {COLDEST:g} to {HOTTEST:,.0f}", f"{temperature:g}", "Look at the confidence of the rows first.")
    first = facts.version_of or ModelReference.parse(reference).name
    version = _latest(settings, owner, first, facts.version) + 1
    name = ADAPTERS.free_name(settings, owner, f"{first}-{version}")

    def fill(target: Path) -> None:
        shutil.copytree(folder, target, symlinks=True, dirs_exist_ok=True)
        write_json(target / CONFIG, note_temperature(config, temperature))
        write_facts(target, facts.model_copy(update={"version": version, "version_of": first, "created": time.time()}))
        _write_card(target, temperature, found.sentence)

    ADAPTERS.put(settings, owner, name, fill, replace=False)
    return f"adapter:{name}"


def can_be_calibrated(reference: str) -> bool:
    """Whether versions of a model can be saved: adapters alone, tuned, uploaded or embedded."""
    parsed = ModelReference.parse(reference)
    return parsed.kind == "adapter" or (parsed.kind == "embedded" and parsed.name != BACKBONE)


def _folder(settings: Settings, owner: str, reference: str) -> Path:
    if not can_be_calibrated(reference):
        raise BadInput("an adapter", reference, "Tune an adapter on this model: a version of it can have a temperature.")
    parsed = ModelReference.parse(reference)
    return adapter_folder(parsed) if parsed.kind == "embedded" else own_adapter_folder(settings, owner, parsed)


def _latest(settings: Settings, owner: str, first: str, own: int) -> int:
    """The highest version of an adapter on the shelf."""
    folders = [ADAPTERS.get(settings, owner, name) for name in ADAPTERS.names(settings, owner)]
    known = [adapter_facts(settings, folder) for folder in folders]
    return max([own, *(facts.version for facts in known if facts.version_of == first)])


def _write_card(folder: Path, temperature: float, sentence: str) -> None:
    """Says in the card by what probabilities are divided, in the place of what an earlier version said."""
    card, told = folder / CARD, f"\n\n{HEADING} {temperature:.4g} before they become probabilities. {sentence}\n"
    text = EARLIER.sub("", text_of(card).replace(NOT_CALIBRATED, ""))
    kept = text[: LONGEST - len(told)].rstrip()  # what lies beyond is never looked at, and this has to be
    write_bytes(card, f"{kept}{told}".lstrip().encode())
