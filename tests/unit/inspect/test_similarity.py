"""The view of an embedding model gives the cosine that the plain Auto class gives, whatever the architecture."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.errors import BadInput
from tests.tiny_models import LENGTH, tiny
from tests.unit.inspect.looks import asked
from tests.unit.tasks.scoring import ready_from

TASK = "feature-extraction"
PAIRS = [("the battery broke", "my phone broke"), ("good film", "good film"), ("awful", "it was never late " * 30)]


@pytest.fixture(scope="module", params=["bert", "fnet", "mamba"])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny(tmp_path_factory.mktemp("vectors") / request.param, request.param, "AutoModel")


def plain(folder: Path, text: str) -> np.ndarray:
    """The mean of the last hidden states."""
    import torch

    model = ready_from(folder, TASK)
    inputs = model.tokenizer(text, truncation=True, max_length=LENGTH, return_tensors="pt")
    kept = {name: values for name, values in inputs.items() if not model.accepted or name in model.accepted}
    with torch.inference_mode():
        return model.network(**kept).last_hidden_state[0].double().mean(dim=0).numpy()


def test_cosines_are_those_of_the_plain_model(folder: Path) -> None:
    rows = [{"text": text, "text_pair": other} for text, other in PAIRS]
    found = asked(folder, TASK, "similarity", rows[0], others=rows[1:])
    want = []
    for pair in PAIRS:
        one, other = (plain(folder, text) for text in pair)
        want.append([one @ other / np.linalg.norm(one) / np.linalg.norm(other)])
    np.testing.assert_allclose(found["logits"], want, atol=2e-5)
    assert found["logits"] == found["probabilities"] and found["logits"][1][0] == pytest.approx(1, abs=1e-6)
    assert found["labels"] == ["cosine"] and found["predictions"] == [[], [], []] and found["margins"] == [None] * 3
    assert found["lost"][:2] == [0, 0] and found["lost"][2] > 0 and found["tokens"][0] < found["tokens"][2]


def test_both_texts_are_needed(folder: Path) -> None:
    with pytest.raises(BadInput, match="two texts"):
        asked(folder, TASK, "similarity", {"text": "good", "text_pair": " "})
