"""Which table an adapter of this server learned from, whether a fine-tune or a search made it."""

from __future__ import annotations

import pytest

from core import models
from core.errors import BadInput
from core.evaluation import label_errors, spec_of_run
from core.evaluation.learned import learned_from, maker_of
from core.evaluation.results import Temperature
from core.evaluation.versions import LEARNED, adapter_behind, save_temperature
from core.models.adapters import AdapterFacts, write_facts
from core.runs import RunFolder, create_run
from core.schema import FinetuneSpec, Search, SearchSpec
from core.settings import Settings
from tests.unit.evaluation.conftest import LABELS, reviews
from tests.unit.evaluation.test_spec_making import outputs_of

ME, ADAPTER = "local", "adapter:mine"


@pytest.fixture
def adapter_on(settings: Settings):
    """Puts an adapter on the shelf that learned from the table of a scored run, by a fine-tune or by a search."""

    def make(scored: RunFolder, *, searched: bool) -> RunFolder:
        facts = {"task": "text-classification", "table": scored.spec().table, "roles": {"text": "text", "label": "label"}}
        spec = FinetuneSpec(model="embedded:minilm", revision="0" * 64, name="mine", **facts)
        work = SearchSpec(base=spec, search=Search(space={"rank": (2, 8)}, trials=2)) if searched else spec
        run = create_run(settings, work, owner=ME, input_table=scored.input_path)
        folder = models.put_adapter(settings, ME, "mine", models.resolve(settings, "embedded:sentiment").adapter, replace=True)
        write_facts(folder, AdapterFacts(task="text-classification", run=run.id, labels=LABELS))
        return run

    return make


@pytest.mark.parametrize("searched", [False, True])
def test_who_learned_from_its_rows_is_known_and_refused(settings: Settings, scored, adapter_on, searched: bool) -> None:
    frame = reviews(60)
    run = scored(frame, outputs_of(frame), labels=LABELS, model=ADAPTER)
    assert learned_from(settings, ME, ADAPTER) is None
    adapter_on(run, searched=searched)
    assert learned_from(settings, ME, ADAPTER) == (run.spec().table.id,) and maker_of(settings, ME, ADAPTER).name == "mine"
    spec = spec_of_run(settings, run)
    assert spec.out_of_sample is False and "figures flatter" in spec.rows_are
    assert "learned from these very rows" in label_errors(settings, run.result_path, spec).why_not
    with pytest.raises(BadInput) as refused:
        save_temperature(settings, ME, run, spec, Temperature.model_construct(value=2.0))
    assert refused.value.next_step == LEARNED


def test_of_an_embedded_model_nobody_knows(settings: Settings) -> None:
    assert maker_of(settings, ME, "embedded:sentiment") is None and maker_of(settings, ME, "adapter:gone") is None


@pytest.mark.parametrize("searched", [False, True])
def test_the_adapter_behind_validation_rows(settings: Settings, scored, adapter_on, searched: bool) -> None:
    frame = reviews(60)
    run = adapter_on(scored(frame, outputs_of(frame), labels=LABELS), searched=searched)
    assert adapter_behind(run) is None  # it has made none yet
    run.choices_path.write_text('{"adapter": "adapter:mine"}')
    assert adapter_behind(run) == (ADAPTER, "", run.id, True)
