"""Methods on models whose attributions are known by hand."""

from __future__ import annotations

from itertools import count
from pathlib import Path

import numpy as np
import pytest

from core.errors import BadInput, LimitReached
from core.inspect.attribution.methods import METHODS, Choices, Limits, method_named
from core.inspect.attribution.view import attribution, attribution_targets
from core.settings import Settings
from tests.unit.inspect.linear import SCORES, asker_of, counting, look_at

TEXT = "the film was not bad , very good"
WORDS = TEXT.split()
LIMITS = Limits(passes=2_000, steps=256)
ADDITIVE = ("leave-one-out", "gradient-x-input", "integrated-gradients", "shapley")


def values_of(answer) -> np.ndarray:
    return np.array([unit.value for unit in answer.units])


@pytest.mark.parametrize("method", ADDITIVE)
@pytest.mark.parametrize("level", ["word", "token"])
def test_on_a_sum_every_method_gives_each_word_its_own_score(tmp_path: Path, method: str, level: str) -> None:
    answer = attribution(Settings(), counting(tmp_path), look_at(TEXT), method=method, level=level, target="0")
    assert [unit.text for unit in answer.units] == WORDS
    assert values_of(answer) == pytest.approx([SCORES.get(word, 0.0) for word in WORDS], abs=1e-5)
    assert answer.value == pytest.approx(1.25) and answer.total == pytest.approx(1.25, abs=1e-5)


@pytest.mark.parametrize("method", ["leave-one-out", "shapley"])
def test_words_that_are_taken_out_count_as_words_that_are_replaced(tmp_path: Path, method: str) -> None:
    answer = attribution(Settings(), counting(tmp_path), look_at(TEXT), method=method, hiding="remove", target="0")
    assert values_of(answer) == pytest.approx([SCORES.get(word, 0.0) for word in WORDS], abs=1e-5)
    assert answer.hidden == "hidden words are taken out of the text"


def test_span_occlusion_shares_the_fall_of_each_span_among_its_words(tmp_path: Path) -> None:
    answer = attribution(Settings(), counting(tmp_path), look_at("very good film"), method="span-occlusion", width=2, target="0")
    assert values_of(answer) == pytest.approx([2.5 / 2, (2.5 / 2 + 2.25 / 2) / 2, 2.25 / 2])
    assert answer.notes == ["The span from 'very' to 'good' moves the number most: by +2.5."]
    whole = attribution(Settings(), counting(tmp_path), look_at("very good"), method="span-occlusion", width=50, target="0")
    assert values_of(whole) == pytest.approx([1.25, 1.25]), "a window as wide as the text is one span"


def test_words_that_need_each_other_share_what_leave_one_out_counts_twice(tmp_path: Path) -> None:
    both = counting(tmp_path, lambda total: (total - 2).clamp(min=0))  # good and good: 2 + 2 - 2; one alone: 0
    look = look_at("good film a good the")
    alone = values_of(attribution(Settings(), both, look, method="leave-one-out", target="0"))
    assert alone == pytest.approx([2.0, 0.25, 0, 2.0, 0])
    shared = attribution(Settings(), both, look, method="shapley", target="0")
    # film brings a quarter where a good one is there already: 2 of 3 orders of the three words that count
    assert values_of(shared) == pytest.approx([1 + 1 / 24, 1 / 6, 0, 1 + 1 / 24, 0])
    assert shared.sampling_error == 0.0 and "exact" in shared.effort


def test_words_that_stand_in_for_each_other_are_seen_by_shapley_alone(tmp_path: Path) -> None:
    either = counting(tmp_path, lambda total: total.clamp(max=2))
    look = look_at("good a good")
    assert values_of(attribution(Settings(), either, look, method="leave-one-out", target="0")) == pytest.approx([0, 0, 0])
    assert values_of(attribution(Settings(), either, look, method="shapley", target="0")) == pytest.approx([1, 0, 1])


LONG = "good bad very fine film good the a this that was not good bad very"


def test_sampled_values_add_up_in_every_order_and_follow_the_seed(tmp_path: Path) -> None:
    curved = counting(tmp_path, lambda total: (total / 3).tanh())
    one, same, other = (
        attribution(Settings(), curved, look_at(LONG, seed=seed), method="shapley", orders=8, target="0") for seed in (1, 1, 2)
    )
    assert values_of(one).tolist() == values_of(same).tolist() != values_of(other).tolist()
    assert one.total == pytest.approx(one.value - one.without, abs=1e-5)
    assert one.sampling_error > 0 and one.effort == "8 orders, half of them mirrored" and one.forward_passes <= 8 * 14 + 2
    exact = values_of(attribution(Settings(attribution_passes=40_000), curved, look_at(LONG), method="shapley", orders=2_500, target="0"))
    assert exact[0] == pytest.approx(exact[5]) == pytest.approx(exact[12]), "equal words are worth the same"
    found = attribution(Settings(), curved, look_at(LONG), method="shapley", orders=130, target="0")
    errors = np.array([unit.error for unit in found.units])
    assert (np.abs(values_of(found) - exact) <= 4 * errors + 1e-6).all(), "the standard error says how far a value may be off"


def test_orders_that_the_passes_do_not_allow_are_left_out_and_said(tmp_path: Path) -> None:
    curved = counting(tmp_path, lambda total: (total / 3).tanh())
    answer = attribution(Settings(attribution_passes=60), curved, look_at(LONG), method="shapley", orders=20, target="0")
    assert answer.effort.startswith("4 orders") and answer.forward_passes <= 60
    assert any("4 orders instead of 20" in note for note in answer.notes)


def test_a_text_with_more_words_than_passes_is_refused_before_the_first(tmp_path: Path) -> None:
    with pytest.raises(LimitReached, match="attribution_passes") as refused:
        attribution(Settings(attribution_passes=8), counting(tmp_path), look_at(TEXT), target="0")
    assert "9 for 8 units" in refused.value.found


def test_the_time_ends_a_method_and_sampling_keeps_what_it_has(tmp_path: Path) -> None:
    curved = counting(tmp_path, lambda total: (total / 3).tanh())
    late = count()
    asker = asker_of(curved, look_at(LONG), settings=Settings(attribution_seconds=2.5), clock=lambda: float(next(late)))
    asker.whole()
    with pytest.raises(LimitReached, match="attribution_seconds"):
        for _ in range(3):
            method_named("leave-one-out").attribute(asker, Choices(), LIMITS)
    ticks = iter([0.0, *[1.0] * 6, *[9.0] * 99])  # time enough for the first pairs of orders
    asker = asker_of(curved, look_at(LONG), settings=Settings(attribution_seconds=5), clock=lambda: next(ticks))
    found = method_named("shapley").attribute(asker, Choices(orders=100), LIMITS)
    assert "of 100 orders (attribution_seconds)" in found.notes[0]
    assert found.values.sum() == pytest.approx(found.whole - found.without, abs=1e-5)


def test_integrated_gradients_takes_more_points_until_the_sum_fits(tmp_path: Path) -> None:
    steep = counting(tmp_path, lambda total: ((total - 1) * 100).sigmoid())
    good = attribution(Settings(), steep, look_at(TEXT), method="integrated-gradients", target="0")
    assert good.completeness_error < 0.01
    assert abs(good.total - (good.value - good.without)) == pytest.approx(
        good.completeness_error * abs(good.value - good.without), abs=1e-9
    )
    # On the way every word grows alike: each gets its part of the sum.
    parts = np.array([SCORES.get(word, 0.0) for word in WORDS]) / 1.25
    assert values_of(good) == pytest.approx(parts * good.total, abs=1e-4)
    rough = attribution(Settings(attribution_steps=2), steep, look_at(TEXT), method="integrated-gradients", target="0")
    assert rough.completeness_error > 0.01 and rough.effort.startswith("16 points")


def test_a_model_without_embeddings_says_so_and_what_to_do(tmp_path: Path) -> None:
    from dataclasses import replace

    loaded = counting(tmp_path)
    loaded = replace(loaded, model=replace(loaded.model, accepted=frozenset({"input_ids", "attention_mask"})))
    with pytest.raises(BadInput, match="inputs_embeds"):
        attribution(Settings(), loaded, look_at(TEXT), method="integrated-gradients")
    offered = {method.name: method.why_not for method in attribution_targets(Settings(), loaded, look_at(TEXT)).methods}
    assert [name for name, why in offered.items() if why] == ["gradient-x-input", "integrated-gradients"]


def test_embeddings_that_a_model_reads_in_another_way_are_refused(tmp_path: Path) -> None:
    loaded = counting(tmp_path)
    embeddings, plain = loaded.model.network.embeddings, loaded.model.network.embeddings.forward
    loaded.model.network.get_input_embeddings = lambda: lambda ids: 2 * plain(ids)
    assert embeddings is loaded.model.network.embeddings
    with pytest.raises(BadInput, match="the same answer for a text and for its embeddings"):
        attribution(Settings(), loaded, look_at(TEXT), method="gradient-x-input", target="0")


def test_costs_are_said_before_and_kept(tmp_path: Path) -> None:
    loaded, look = counting(tmp_path), look_at(TEXT)
    offered = attribution_targets(Settings(), loaded, look, orders=4)
    assert [method.name for method in offered.methods] == [method.name for method in METHODS]
    assert offered.units == {"word": 8, "token": 8} and all(method.url.startswith("https://") for method in offered.methods)
    costs = {method.name: method.costs["word"] for method in offered.methods}
    assert costs["leave-one-out"] == "about 9 forward passes" and costs["shapley"] == "about 30 forward passes"
    for method in METHODS:
        answer = attribution(Settings(), loaded, look, method=method.name, orders=4, target="0")
        planned = method.cost(8, Choices(orders=4), Limits.of(Settings()))
        assert answer.forward_passes <= max(planned.forward, planned.most) and bool(answer.backward_passes) == method.gradients


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        ({"method": "attention"}, "'attention'"),
        ({"level": "sentence"}, "'sentence'"),
        ({"target": "7"}, "'7'"),
        ({"scalar": "loss"}, "'loss'"),
        ({"hiding": "pad"}, "'pad'"),
        ({"width": 0}, "width"),
        ({"colour": 1}, "colour"),
    ],
)
def test_what_means_nothing_is_refused_with_what_would(tmp_path: Path, arguments: dict, found: str) -> None:
    with pytest.raises(BadInput) as refused:
        attribution(Settings(), counting(tmp_path), look_at(TEXT), **arguments)
    assert found in refused.value.found


def test_a_text_without_words_has_nothing_to_explain(tmp_path: Path) -> None:
    with pytest.raises(BadInput):
        attribution(Settings(), counting(tmp_path), look_at("   "))
