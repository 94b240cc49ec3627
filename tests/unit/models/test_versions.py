"""Versions of an adapter: the same weights, another temperature, a name that counts on."""

from __future__ import annotations

import pytest

from core.errors import BadInput, Conflict
from core.models import Calibrated, adapter_facts, adapter_names, card_text, put_adapter, resolve, save_calibrated, temperature_of
from core.models.cards import CARD, LONGEST
from core.models.load import load_config
from core.models.merge import adapter_json
from core.models.safety import ADAPTER_WEIGHTS, CONFIG
from core.models.versions import EARLIER, HEADING
from core.settings import Settings

MINE = "mine-1"


def found(settings: Settings, reference: str, temperature: float, applied: bool = True) -> Calibrated:
    return Calibrated(temperature, applied, f"Found at {temperature:g}.", resolve(settings, reference, MINE).revision)


def test_versions_count_on_and_temperatures_multiply(settings: Settings) -> None:
    first = resolve(settings, "embedded:sentiment")
    second = save_calibrated(settings, MINE, "embedded:sentiment", found(settings, "embedded:sentiment", 2.0))
    third = save_calibrated(settings, MINE, second, found(settings, second, 1.5))
    fourth = save_calibrated(settings, MINE, second, found(settings, second, 1.5, applied=False))
    assert [second, third, fourth] == ["adapter:sentiment-2", "adapter:sentiment-3", "adapter:sentiment-4"]
    made = [resolve(settings, reference, MINE) for reference in (second, third, fourth)]
    assert [temperature_of(adapter_json(files.adapter, CONFIG)) for files in made] == [2.0, 3.0, 1.5]
    assert temperature_of(load_config(made[0])) == 2.0 and temperature_of(load_config(first)) is None
    assert [adapter_facts(settings, files.adapter).version for files in made] == [2, 3, 4]
    assert {adapter_facts(settings, files.adapter).version_of for files in made} == {"sentiment"}
    assert len({files.revision for files in (first, *made)}) == 4, "another temperature gives other answers"
    assert made[1].labels == first.labels
    assert (made[1].adapter / ADAPTER_WEIGHTS).read_bytes() == (first.adapter / ADAPTER_WEIGHTS).read_bytes()


def test_the_card_tells_the_temperature_once(settings: Settings) -> None:
    before = card_text(resolve(settings, "embedded:sentiment").adapter)
    second = save_calibrated(settings, MINE, "embedded:sentiment", found(settings, "embedded:sentiment", 2.0))
    third = save_calibrated(settings, MINE, second, found(settings, second, 1.5))
    text = card_text(resolve(settings, third, MINE).adapter)
    assert text.count("## Calibration") == 1 and "temperature 3 before" in text and text.endswith("Found at 1.5.")
    assert "not calibrated" not in text and before.splitlines()[0] in text


def test_a_card_of_anybody_is_read_as_far_as_cards_are_and_its_newlines_once(settings: Settings) -> None:
    earlier = EARLIER.search(f"\n\n{HEADING} 2.")
    assert earlier is not None and earlier.start() == 2, "else a run of newlines takes time by its square"
    folder = put_adapter(settings, MINE, "moods", resolve(settings, "embedded:sentiment").adapter, replace=False)
    (folder / CARD).write_text("a" + "\n" * 40_000 + "b" * 2 * LONGEST)
    made = resolve(settings, save_calibrated(settings, MINE, "adapter:moods", found(settings, "adapter:moods", 2.0)), MINE)
    written = (made.adapter / CARD).read_text()
    assert len(written) == LONGEST and written.startswith("a\n") and card_text(made.adapter).endswith("Found at 2.")


def test_what_has_changed_or_is_no_adapter_gets_no_version(settings: Settings) -> None:
    put_adapter(settings, MINE, "moods", resolve(settings, "embedded:sentiment").adapter, replace=False)
    with pytest.raises(Conflict, match="adapter:moods as it was"):
        save_calibrated(settings, MINE, "adapter:moods", Calibrated(2.0, True, "", "0" * 64))
    with pytest.raises(Conflict, match="adapter:moods as it was"):
        save_calibrated(settings, MINE, "adapter:moods", Calibrated(2.0, True, "", run="0" * 16))
    with pytest.raises(BadInput, match="an adapter"):
        save_calibrated(settings, MINE, "embedded:minilm", Calibrated(2.0, True, ""))
    with pytest.raises(BadInput, match="a temperature from"):
        save_calibrated(settings, MINE, "adapter:moods", found(settings, "adapter:moods", float("nan")))
    assert adapter_names(settings, MINE) == ["moods"]


@pytest.mark.parametrize("value", [None, "2", True, 0, -1, float("nan"), float("inf"), 1e9, [2]])
def test_what_is_no_temperature_was_never_noted(value: object) -> None:
    assert temperature_of({"calibration_temperature": value}) is None
