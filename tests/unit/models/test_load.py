"""Loading and merging: right weights, right heads, and peft's own result."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from core.errors import BadInput, NotAllowed
from core.models import ModelFiles, add_local, load_model, load_tokenizer, resolve
from core.models.merge import is_plain, scaling
from core.settings import Settings

pytestmark = pytest.mark.model
MakeModel = Callable[..., Path]
CLASSIFIER = "AutoModelForSequenceClassification"
TEXTS = ["it 's a charming and often affecting journey .", "unflinchingly bleak and desperate", "Ünïcode 😀", "word " * 600]


def encode(tokenizer, limit: int = 512):
    return tokenizer(TEXTS, padding=True, truncation=True, max_length=limit, return_tensors="pt")


def logits(model, inputs):
    import torch

    with torch.inference_mode():
        return model(**inputs).logits


@pytest.fixture(scope="module")
def sentiment(tmp_path_factory: pytest.TempPathFactory) -> ModelFiles:
    return resolve(Settings(home=tmp_path_factory.mktemp("home")), "embedded:sentiment")


def peft_reference(files: ModelFiles, adapter: Path):
    """The same model, put together by peft alone."""
    from peft import PeftConfig, get_peft_model, set_peft_model_state_dict
    from safetensors.torch import load_file as load_tensors
    from transformers import AutoModelForSequenceClassification

    model = AutoModelForSequenceClassification.from_pretrained(str(files.base), num_labels=2, trust_remote_code=False, use_safetensors=True)
    config = PeftConfig.from_peft_type(**json.loads((adapter / "adapter_config.json").read_text()))
    model = get_peft_model(model, config)
    set_peft_model_state_dict(model, load_tensors(adapter / "adapter_model.safetensors"))
    return model.eval()


@pytest.mark.slow
def test_the_merge_is_peft_s_own(sentiment: ModelFiles) -> None:
    import torch

    inputs = encode(load_tokenizer(sentiment))
    ours, theirs = load_model(sentiment, CLASSIFIER), peft_reference(sentiment, sentiment.adapter)
    merged = dict(theirs.merge_and_unload().named_parameters())
    for name, parameter in ours.named_parameters():
        assert torch.allclose(parameter, merged[name], atol=1e-6, rtol=0), name
    assert torch.allclose(logits(ours, inputs), logits(peft_reference(sentiment, sentiment.adapter), inputs), atol=1e-4)


@pytest.mark.slow
def test_what_is_not_plain_goes_through_peft(sentiment: ModelFiles, tmp_path: Path) -> None:
    """A DoRA adapter, whose matrices mean something else."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForSequenceClassification

    torch.manual_seed(0)
    base = AutoModelForSequenceClassification.from_pretrained(
        str(sentiment.base), num_labels=2, trust_remote_code=False, use_safetensors=True
    )
    wrapped = get_peft_model(
        base, LoraConfig(task_type="SEQ_CLS", r=4, use_dora=True, init_lora_weights=False, target_modules=["query", "value"])
    )
    wrapped.save_pretrained(tmp_path / "dora")
    files = ModelFiles("adapter:dora", "", sentiment.base, tmp_path / "dora", (), ())
    inputs = encode(load_tokenizer(files))
    assert not is_plain(json.loads((tmp_path / "dora" / "adapter_config.json").read_text()), {})
    assert torch.allclose(logits(load_model(files, CLASSIFIER), inputs), logits(wrapped.eval(), inputs), atol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("start", ["pissa", "olora"])
def test_a_start_that_takes_from_the_base_is_taken_out_of_it(sentiment: ModelFiles, tmp_path: Path, start: str) -> None:
    """peft moves a part of the weights into the matrices: adding them to the whole base would count it twice."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForSequenceClassification

    torch.manual_seed(0)
    base = AutoModelForSequenceClassification.from_pretrained(
        str(sentiment.base), num_labels=2, trust_remote_code=False, use_safetensors=True
    )
    wrapped = get_peft_model(base, LoraConfig(task_type="SEQ_CLS", r=4, init_lora_weights=start, target_modules=["query", "value"]))
    with torch.no_grad():
        for name, parameter in wrapped.named_parameters():
            if "lora_B" in name:
                parameter.mul_(1.1)
    wrapped.save_pretrained(tmp_path / start)
    config = json.loads((tmp_path / start / "adapter_config.json").read_text())
    assert config["init_lora_weights"] == start and not is_plain(config, {})
    files = ModelFiles("adapter:start", "", sentiment.base, tmp_path / start, (), ())
    inputs = encode(load_tokenizer(files))
    assert torch.allclose(logits(load_model(files, CLASSIFIER), inputs), logits(wrapped.eval(), inputs), atol=1e-4)


def test_a_random_start_is_refused(sentiment: ModelFiles, tmp_path: Path) -> None:
    (tmp_path / "adapter_model.safetensors").write_bytes((sentiment.adapter / "adapter_model.safetensors").read_bytes())
    config = json.loads((sentiment.adapter / "adapter_config.json").read_text())
    (tmp_path / "adapter_config.json").write_text(json.dumps(config | {"init_lora_weights": "pissa_niter_4"}))
    with pytest.raises(BadInput, match="pissa_niter_4"):
        load_model(ModelFiles("adapter:x", "", sentiment.base, tmp_path, (), ("a", "b")), CLASSIFIER)


def test_scaling_follows_the_kind_of_lora() -> None:
    assert scaling({"r": 16, "lora_alpha": 32}) == 2
    assert scaling({"r": 16, "lora_alpha": 32, "use_rslora": True}) == 8
    for wrong in ({"r": 0, "lora_alpha": 1}, {"r": 4}, {"r": "4", "lora_alpha": 1}):
        with pytest.raises(BadInput):
            scaling(wrong)


@pytest.mark.parametrize("damage", ["shape", "name", "half"])
def test_an_adapter_that_does_not_fit_is_refused(sentiment: ModelFiles, tmp_path: Path, damage: str) -> None:
    tensors = load_file(sentiment.adapter / "adapter_model.safetensors")
    key = next(name for name in tensors if name.endswith("lora_B.weight"))
    tensor = tensors.pop(key)
    if damage == "shape":
        tensors[key] = np.zeros((5, tensor.shape[1]), tensor.dtype)
    elif damage == "name":
        tensors["base_model.model.bert.nowhere.weight"] = tensor
        tensors[key] = tensor
    save_file(tensors, tmp_path / "adapter_model.safetensors")
    for name in ("adapter_config.json", "config.json"):
        (tmp_path / name).write_bytes((sentiment.adapter / name).read_bytes())
    with pytest.raises(BadInput, match="fit its base"):
        load_model(ModelFiles("adapter:x", "", sentiment.base, tmp_path, (), ()), CLASSIFIER)


def test_the_model_is_ready_to_score(sentiment: ModelFiles) -> None:
    import torch

    model = load_model(sentiment, CLASSIFIER)
    assert not model.training
    assert model.config.id2label == {0: "negative", 1: "positive"}
    assert model.config._attn_implementation == "sdpa"
    assert all(parameter.dtype == torch.float32 for parameter in model.parameters())
    inputs = encode(load_tokenizer(sentiment))
    assert logits(model, inputs).argmax(1).tolist()[:2] == [1, 0]
    low = load_model(sentiment, CLASSIFIER, precision="bf16")
    assert all(parameter.dtype == torch.bfloat16 for parameter in low.parameters())
    assert logits(low, inputs).argmax(1).tolist()[:2] == [1, 0]


def test_loading_is_quick_enough_for_a_warm_start(sentiment: ModelFiles) -> None:
    load_model(sentiment, CLASSIFIER)  # imports
    started = time.perf_counter()
    load_tokenizer(sentiment)
    load_model(sentiment, CLASSIFIER)
    assert time.perf_counter() - started < 1.5


@pytest.mark.slow
def test_plain_merging_leaves_peft_alone(sentiment: ModelFiles) -> None:
    import subprocess
    import sys

    code = (
        "import sys; from core.models import load_model, resolve; from core.settings import Settings\n"
        f"load_model(resolve(Settings(), 'embedded:sentiment'), '{CLASSIFIER}'); print('peft' in sys.modules)"
    )
    root = Path(__file__).resolve().parents[3]
    out = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "False"
    assert "MISSING" not in out.stderr


def test_an_untrained_head_is_never_loaded(settings: Settings) -> None:
    with pytest.raises(BadInput, match="untrained"):
        load_model(resolve(settings, "embedded:minilm"), CLASSIFIER)


def test_embeddings_load(settings: Settings) -> None:
    model = load_model(resolve(settings, "embedded:minilm"), "AutoModel")
    assert model.config.hidden_size == 384


@pytest.mark.parametrize("name", ["pipeline", "BertModel", "AutoModelForEverything", "AutoModel; import os", "__class__"])
def test_only_auto_classes_load(sentiment: ModelFiles, name: str) -> None:
    with pytest.raises(NotAllowed):
        load_model(sentiment, name)


@pytest.mark.parametrize(
    ("names", "problem"), [({"0": "bad", "1": "good"}, None), ({"0": "toxic", "1": "rude"}, "multi_label_classification")]
)
def test_a_local_classifier_loads_with_its_labels(
    settings: Settings, make_model: MakeModel, names: dict[str, str], problem: str | None
) -> None:
    folder = make_model(id2label=names, label2id={v: int(k) for k, v in names.items()}, problem_type=problem)
    settings = settings.model_copy(update={"model_roots": (folder.parent,)})
    add_local(settings, folder, "tiny")
    files = resolve(settings, "local:tiny")
    model, tokenizer = load_model(files, CLASSIFIER), load_tokenizer(files)
    assert tuple(model.config.id2label.values()) == files.labels == tuple(names.values())
    assert model.config.problem_type == problem
    assert logits(model, encode(tokenizer, limit=16)).shape == (4, 2)


def test_weights_that_do_not_fit_the_config_are_one_error(settings: Settings, make_model: MakeModel) -> None:
    folder = make_model(intermediate_size=8)
    shapes = (
        r"weights that load .* in local:x bert.encoder.layer.0.intermediate.dense.bias of 16 where config.json says 8, .* of 16 x 8 where"
    )
    with pytest.raises(BadInput, match=shapes) as refusal:
        load_model(ModelFiles("local:x", "", folder, None, (), ()), CLASSIFIER)
    assert "report" not in str(refusal.value)


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"num_attention_heads": 0}, r"config\.json and weights of local:x .* \(ZeroDivisionError"),
        ({"hidden_act": "nope"}, r"config\.json and weights of local:x .* \(KeyError: 'nope'\)"),
        ({"num_attention_heads": 3}, "hidden size .* heads"),
    ],
)
def test_values_of_which_no_model_can_be_built_are_a_refusal(make_model: MakeModel, changes: dict[str, object], found: str) -> None:
    with pytest.raises(BadInput, match=found):
        load_model(ModelFiles("local:x", "", make_model(**changes), None, (), ()), CLASSIFIER)


def test_memory_that_ran_out_is_not_the_model_s_fault(make_model: MakeModel, monkeypatch: pytest.MonkeyPatch) -> None:
    import transformers

    def full(*_arguments: object, **_options: object) -> None:
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory")

    monkeypatch.setattr(transformers.AutoModelForSequenceClassification, "from_pretrained", full)
    with pytest.raises(RuntimeError, match="allocate"):
        load_model(ModelFiles("local:x", "", make_model(), None, (), ()), CLASSIFIER)


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"id2label": ["bad", "good"]}, r"values that it cannot read \(AttributeError: 'list'"),
        ({"model_type": ["bert"]}, r"values that it cannot read \(TypeError: unhashable type: 'list'\)\."),
        ({"hidden_size": "8"}, r"found Field 'hidden_size' expected int, got str \(value: '8'\)\. Copy"),
        ({"vocab_size": None}, "found Field 'vocab_size' expected int, got NoneType"),
    ],
)
def test_a_broken_config_is_to_blame_and_not_the_tokenizer_that_reads_it(
    make_model: MakeModel, changes: dict[str, object], found: str
) -> None:
    files = ModelFiles("local:x", "", make_model(**changes), None, (), ())
    (files.base / "tokenizer_config.json").unlink()  # without it the config names the tokenizer's class
    for load in (load_tokenizer, lambda files: load_model(files, CLASSIFIER)):
        with pytest.raises(BadInput, match=r"a config\.json that transformers reads in local:x") as refusal:
            load(files)
        assert re.search(found, str(refusal.value))


def test_a_broken_tokenizer_is_one_error(make_model: MakeModel) -> None:
    folder = make_model()
    (folder / "tokenizer.json").write_text("[" * 100_000)
    with pytest.raises(BadInput, match="a readable tokenizer of local:x"):
        load_tokenizer(ModelFiles("local:x", "", folder, None, (), ()))
