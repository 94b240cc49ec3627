"""The logit lens: its last layer is the model's answer, the others are norm and head over the hidden states."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import BadInput
from core.inspect.lens import lens
from core.schema import LookSpec
from core.settings import Settings
from tests.tiny_models import tiny
from tests.unit.inspect.looks import asked, loaded_from

TASK = "text-generation"
TEXT = "it was a very good film"
NORMS = {"gpt2": "transformer.ln_f", "llama": "model.norm", "mamba": "backbone.norm_f", "rwkv": "rwkv.ln_out"}


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("lens")
    return {family: tiny(root / family, family, "AutoModelForCausalLM") for family in NORMS}


@pytest.mark.parametrize("family", NORMS)
def test_layers_are_read_through_norm_and_head(folders: dict[str, Path], family: str) -> None:
    import torch
    from transformers import AutoModelForCausalLM

    answer = asked(folders[family], TASK, "lens", {"prompt": TEXT}, first=2, count=3)
    surprisal = asked(folders[family], TASK, "surprisal", {"prompt": TEXT})
    assert answer["norm"] == NORMS[family] and answer["all_layers"] == 2
    last, real = answer["layers"][-1]["cells"], surprisal["tokens"][2:5]
    assert [cell["surprisal"] for cell in last] == pytest.approx([token["surprisal"] for token in real], abs=1e-4)
    assert [cell["id"] for cell in last] == [token["alternatives"][0]["id"] for token in real]
    assert [place["id"] for place in answer["places"]] == [token["id"] for token in real]

    model = AutoModelForCausalLM.from_pretrained(folders[family], trust_remote_code=False).eval()
    ids = torch.tensor([[token["id"] for token in surprisal["tokens"]]])
    with torch.inference_mode():
        hidden = model(ids, output_hidden_states=True).hidden_states
        state = hidden[1] if family in ("gpt2", "llama") else hidden[0]  # these put the embeddings first
        logits = model.get_output_embeddings()(model.get_submodule(NORMS[family])(state))[0].log_softmax(-1)
    cells = next(layer for layer in answer["layers"] if layer["name"] == "layer 1")["cells"]
    assert [cell["id"] for cell in cells] == logits[1:4].argmax(-1).tolist()
    assert [cell["probability"] for cell in cells] == pytest.approx(logits[1:4].exp().amax(-1).tolist(), abs=1e-5)
    names = [layer["name"] for layer in answer["layers"]]
    assert names == (["embeddings"] if family in ("gpt2", "llama") else []) + ["layer 1", "layer 2"]


def test_behind_the_text_no_token_is_expected(folders: dict[str, Path]) -> None:
    count = len(asked(folders["llama"], TASK, "surprisal", {"prompt": TEXT})["tokens"])
    answer = asked(folders["llama"], TASK, "lens", {"prompt": TEXT}, first=count, count=5)
    assert answer["places"] == [{"place": count, "id": None, "text": ""}]
    assert answer["layers"][-1]["cells"][0]["rank"] is None


def test_few_layers_and_tokens_at_once(folders: dict[str, Path], tmp_path: Path) -> None:
    deep = tiny(tmp_path / "deep", "llama", "AutoModelForCausalLM", num_hidden_layers=9)
    settings = Settings(home=tmp_path, max_lens_layers=4, max_lens_tokens=2)
    answer = asked(deep, TASK, "lens", {"prompt": TEXT}, settings=settings, count=50)
    assert [layer["layer"] for layer in answer["layers"]] == [0, 3, 6, 9] and answer["all_layers"] == 9
    assert len(answer["places"]) == 2


def test_models_that_do_not_allow_it_say_why(folders: dict[str, Path]) -> None:
    look = LookSpec(task=TASK, model="local:x", revision="0" * 40, cells={"prompt": TEXT})

    def why(change: object) -> str:
        loaded = loaded_from(folders["llama"], TASK)
        change(loaded.model.network)
        with pytest.raises(BadInput) as error:
            lens(Settings(home=folders["llama"]), loaded, look)
        hooks = [hook for module in loaded.model.network.modules() for hook in module._forward_hooks.values()]
        assert "core.inspect.lens" not in {hook.__module__ for hook in hooks}, "the model is left as it was"
        return error.value.one_line()

    import torch

    class Scaled(torch.nn.Linear):
        """A head behind which logits are changed: what the model gives is not what the head gives alone."""

        calls = 0

        def forward(self, values: torch.Tensor) -> torch.Tensor:
            self.calls += 1
            return super().forward(values) * self.calls

    def scaled(network: torch.nn.Module) -> None:
        network.lm_head = Scaled(32, network.config.vocab_size, bias=False)

    assert "none found in LlamaForCausalLM" in why(lambda network: setattr(network.model, "norm", torch.nn.Identity()))
    assert "changes them behind it" in why(scaled)
    assert "none in LlamaForCausalLM" in why(lambda network: setattr(network, "get_output_embeddings", lambda: None))
