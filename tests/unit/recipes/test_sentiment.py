"""The recipe trains, and the shipped adapter is as good as its card says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from huggingface_hub import ModelCard
from typer.testing import CliRunner

from recipes.sentiment import SHIPPED, app, count_right
from recipes.sentiment_card import Figures

pytestmark = [pytest.mark.model, pytest.mark.slow]


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_the_shipped_adapter_is_as_good_as_its_card_says(shared_data: Path, precision: str) -> None:
    import pandas as pd

    found = Figures.of_counts(*count_right(SHIPPED, pd.read_parquet(shared_data / "sst2" / "validation.parquet"), precision=precision))
    stated = ModelCard.load(SHIPPED / "README.md").data.eval_results[0].metric_value
    assert found.of == 872
    assert found.value >= 0.89
    assert abs(found.value - stated) < (0.0006 if precision == "fp32" else 0.005)


def test_the_recipe_makes_an_adapter_that_loads(tmp_path: Path) -> None:
    import pandas as pd

    texts = [f"a {word} film {n}" for n in range(24) for word in ("good", "bad")]
    phrases = pd.DataFrame({"text": texts, "label": ["positive", "negative"] * 24})
    for split in ("train", "validation"):
        phrases.to_parquet(tmp_path / f"{split}.parquet")
    out = tmp_path / "out"
    arguments = ["train", str(tmp_path), str(out), "--epochs", "2", "--batch", "8", "--learning-rate", "0.003"]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    assert "validation sentences: " in result.output
    assert json.loads((out / "adapter_config.json").read_text())["base_model_name_or_path"] == "sentence-transformers/all-MiniLM-L6-v2"
    assert (out / "epoch-1" / "adapter_model.safetensors").is_file()
    right, of = count_right(out, phrases)
    assert right / of > 0.9
    card = (out / "README.md").read_text()
    assert "--learning-rate 0.003" in card
    assert str(tmp_path) not in card + (out / "adapter_config.json").read_text() + (out / "config.json").read_text()


def test_cheap_dropout_keeps_the_mean_and_is_off_in_evaluation() -> None:
    import torch

    from recipes.lora import CheapDropout

    layer, values = CheapDropout(0.1, seed=0), torch.ones(200, 500)
    dropped = layer(values)
    assert abs(float((dropped == 0).float().mean()) - 26 / 256) < 0.005
    assert abs(float(dropped.mean()) - 1) < 0.005
    assert layer(values.bfloat16()).dtype == torch.bfloat16
    assert torch.equal(layer.eval()(values), values)


def test_the_average_follows_the_weights_and_takes_their_place() -> None:
    import torch

    from recipes.lora import AveragedWeights

    model, kept = torch.nn.Linear(1, 1, bias=False), []
    average = AveragedWeights(0.5, lambda trained, epoch: kept.append((epoch, trained.weight.item())))
    seen = []
    for value in (0.0, 1.0, 1.0, 1.0):
        model.weight.data.fill_(value)
        average.on_step_end(None, None, None, model=model)
        seen.append(average.average[0].item())
    assert seen == sorted(seen)
    assert 0 < seen[1] <= seen[-1] < 1
    average.on_epoch_end(None, type("State", (), {"epoch": 1.0})(), None, model=model)
    assert kept == [(1, seen[-1])]
    assert model.weight.item() == 1.0
    average.on_train_end(None, None, None, model=model)
    assert model.weight.item() == seen[-1]
