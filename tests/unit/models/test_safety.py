"""Hostile model folders: pickles, code of their own, links that lead out, sizes out of this world."""

from __future__ import annotations

import json
import os
import pickle
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.errors import BadInput, LimitReached, NotAllowed
from core.models import check_adapter, check_folder
from core.models.weights import read_header
from core.settings import Settings

ROOT = Path(__file__).resolve().parents[3]
MakeModel = Callable[..., Path]


class Marker:
    """Unpickling this writes a file: the proof that code ran."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return os.mkdir, (str(self.path),)


def test_a_plain_folder_passes(settings: Settings, make_model: MakeModel) -> None:
    assert check_folder(settings, make_model())["model_type"] == "bert"


@pytest.mark.parametrize("suffix", [".bin", ".pt", ".pth", ".pkl", ".ckpt", ".joblib"])
def test_pickles_only_are_refused(settings: Settings, make_model: MakeModel, tmp_path: Path, suffix: str) -> None:
    folder, marker = make_model(weights=False), tmp_path / "marker"
    (folder / f"pytorch_model{suffix}").write_bytes(pickle.dumps(Marker(marker)))
    with pytest.raises(NotAllowed, match=r"safetensors.*pytorch_model.*could run code"):
        check_folder(settings, folder)
    assert not marker.exists()


@pytest.mark.model
def test_a_pickle_beside_safetensors_is_never_read(settings: Settings, make_model: MakeModel, tmp_path: Path) -> None:
    from core.models import add_local, load_model, resolve

    folder, marker = make_model(), tmp_path / "marker"
    for name in ("pytorch_model.bin", "training_args.bin"):
        (folder / name).write_bytes(pickle.dumps(Marker(marker)))
    settings = settings.model_copy(update={"model_roots": (folder.parent,)})
    add_local(settings, folder, "tiny")
    load_model(resolve(settings, "local:tiny"), "AutoModelForSequenceClassification")
    assert not marker.exists()


@pytest.mark.parametrize("name", ["config.json", "tokenizer_config.json", "generation_config.json"])
def test_code_of_its_own_is_refused(settings: Settings, make_model: MakeModel, name: str) -> None:
    folder = make_model()
    old = json.loads((folder / name).read_text()) if (folder / name).exists() else {}
    (folder / name).write_text(json.dumps(old | {"text_config": {"auto_map": {"AutoModel": "evil.Evil"}}}))
    with pytest.raises(NotAllowed, match="auto_map"):
        check_folder(settings, folder)


@pytest.mark.parametrize("elsewhere", ["../../outside/tokenizer.1.0.0.json", ["/etc/tokenizer.1.0.0.json"], ["tokenizer.json", "a/b.json"]])
def test_tokenizer_files_elsewhere_are_refused(settings: Settings, make_model: MakeModel, elsewhere: object) -> None:
    folder = make_model()
    (folder / "tokenizer_config.json").write_text(json.dumps({"fast_tokenizer_files": elsewhere}))
    with pytest.raises(NotAllowed, match="fast_tokenizer_files"):
        check_folder(settings, folder)
    (folder / "tokenizer_config.json").write_text(json.dumps({"fast_tokenizer_files": ["tokenizer.4.0.0.json", "tokenizer.json"]}))
    check_folder(settings, folder)


@pytest.mark.parametrize("key", ["_attn_implementation_internal", "attn_implementation", "experts_implementation"])
@pytest.mark.parametrize("kernel", ["owner/kernel", {"text_config": "owner/kernel"}])
def test_kernels_of_a_repository_are_refused(settings: Settings, make_model: MakeModel, key: str, kernel: object) -> None:
    with pytest.raises(NotAllowed, match=key):
        check_folder(settings, make_model(**{key: kernel}))


@pytest.mark.slow
@pytest.mark.model
def test_loading_runs_no_code_even_when_somebody_answers_yes(make_model: MakeModel, tmp_path: Path) -> None:
    """The check is skipped on purpose: transformers itself gets trust_remote_code=False, and a stdin that says yes."""
    marker = tmp_path / "marker"
    folder = make_model(
        model_type="evil",
        auto_map={"AutoConfig": "evil.EvilConfig", "AutoModelForSequenceClassification": "evil.Evil", "AutoTokenizer": "evil.T"},
    )
    (folder / "evil.py").write_text(f"import os\nos.mkdir({str(marker)!r})\nclass EvilConfig: pass\nclass Evil: pass\nclass T: pass\n")
    code = (
        "from pathlib import Path; from core.models import ModelFiles, load_model, load_tokenizer\n"
        f"files = ModelFiles('local:x', '', Path({str(folder)!r}), None, (), ())\n"
        "for load in (load_tokenizer, lambda f: load_model(f, 'AutoModelForSequenceClassification')):\n"
        "    try: load(files)\n"
        "    except Exception as error: print(type(error).__name__)\n"
    )
    out = subprocess.run([sys.executable, "-c", code], cwd=ROOT, input="y\n" * 10, capture_output=True, text=True, timeout=120)
    assert "BadInput" in out.stdout, out.stderr
    assert not marker.exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"vocab_size": 10**12},
        {"vocab_size": 10**6},
        {"hidden_size": 10**6},
        {"intermediate_size": 10**7},
        {"num_labels": 10**9},
        {"id2label": {str(i): str(i) for i in range(50_001)}},
        {"max_position_embeddings": 10**12},
        {"max_position_embeddings": 10**7},
        {"num_hidden_layers": 10**6},
        {"text_config": {"vocab_size": 10**8}},
    ],
    ids=lambda changes: "-".join(f"{key}" for key in changes),
)
def test_config_bombs_are_refused_without_torch(settings: Settings, make_model: MakeModel, changes: dict[str, Any]) -> None:
    settings = settings.model_copy(update={"max_model_labels": 50_000})
    with pytest.raises((NotAllowed, LimitReached)):
        check_folder(settings, make_model(**changes))


def test_a_link_that_leads_out_is_refused(settings: Settings, make_model: MakeModel, tmp_path: Path) -> None:
    folder = make_model()
    (tmp_path / "secret.json").write_text("{}")
    (folder / "extra.json").symlink_to(tmp_path / "secret.json")
    with pytest.raises(NotAllowed, match="leads out"):
        check_folder(settings, folder)
    assert check_folder(settings, folder, root=tmp_path)  # as in the Hub's cache, where snapshots link to blobs


def test_a_folder_link_that_leads_out_is_refused(settings: Settings, make_model: MakeModel, tmp_path: Path) -> None:
    folder = make_model()
    (folder / "more").symlink_to("/etc")
    with pytest.raises(NotAllowed, match="leads out"):
        check_folder(settings, folder)


@pytest.mark.parametrize("name", ["vocab.txt", "x.safetensors", "extra.json", "more"])
@pytest.mark.parametrize("target", ["gone", "itself"])
def test_a_link_that_leads_nowhere_is_refused(settings: Settings, make_model: MakeModel, name: str, target: str) -> None:
    """As in a cache whose blobs were cleaned away."""
    folder = make_model()
    (folder / name).unlink(missing_ok=True)
    (folder / name).symlink_to(folder / ("gone" if target == "gone" else name))
    with pytest.raises(NotAllowed, match=f"{name}, which is gone"):
        check_folder(settings, folder)


@pytest.mark.timeout(20)
@pytest.mark.parametrize("name", ["extra.json", "model.safetensors", "notes"])
def test_a_pipe_is_refused_and_not_read(settings: Settings, make_model: MakeModel, name: str) -> None:
    folder = make_model()
    (folder / name).unlink(missing_ok=True)
    os.mkfifo(folder / name)
    with pytest.raises(NotAllowed, match=f"ordinary files.*{name}"):
        check_folder(settings, folder)


@pytest.mark.parametrize("name", ["extra.json", "extra.safetensors"])
def test_a_folder_with_the_name_of_a_file_is_refused(settings: Settings, make_model: MakeModel, name: str) -> None:
    folder = make_model()
    (folder / "onnx").mkdir()
    check_folder(settings, folder)
    (folder / name).mkdir()
    with pytest.raises(NotAllowed, match=f"ordinary files.*{name}"):
        check_folder(settings, folder)


def test_an_adapter_beside_a_whole_model_is_refused(settings: Settings, make_model: MakeModel) -> None:
    """transformers would load it as well, whatever it names and imports."""
    folder = make_model()
    (folder / "adapter_config.json").write_text(
        json.dumps({"peft_type": "LORA", "megatron_config": {"x": 1}, "megatron_core": "antigravity"})
    )
    with pytest.raises(NotAllowed, match="adapter_config"):
        check_folder(settings, folder)


@pytest.mark.parametrize("number", [10**11, -(10**11), 10**4_000], ids=["large", "small", "no float"])
@pytest.mark.parametrize("wrap", [lambda number: number, lambda number: [1, number], lambda number: {"a": [{"b": number}]}])
def test_numbers_out_of_this_world_are_refused(settings: Settings, make_model: MakeModel, number: int, wrap: Callable) -> None:
    with pytest.raises(NotAllowed, match="numbers that a machine can hold"):
        check_folder(settings, make_model(block_sizes=wrap(number)))


def test_a_range_without_an_end_is_no_size(settings: Settings, make_model: MakeModel) -> None:
    check_folder(settings, make_model(time_step_limit=[0.0, float("inf")]))


@pytest.mark.timeout(20)
def test_implementations_inside_each_other_are_looked_at_once(settings: Settings, make_model: MakeModel) -> None:
    nested: object = {str(number): "x" for number in range(100_000)}
    for _ in range(300):
        nested = {"attn_implementation": nested}
    check_folder(settings, make_model(attn_implementation=nested))


@pytest.mark.parametrize("label", ["\ud800", ["bad"], {"bad": 0}])
def test_labels_of_half_characters_and_of_other_values_are_refused(settings: Settings, make_model: MakeModel, label: object) -> None:
    with pytest.raises(NotAllowed, match="labels as texts"):
        check_folder(settings, make_model(id2label={"0": label, "1": "good"}))
    assert check_folder(settings, make_model("numbers", id2label={"0": 0, "1": None}))


def test_a_large_index_is_not_read(settings: Settings, make_model: MakeModel) -> None:
    folder = make_model()
    with (folder / "model.safetensors.index.json").open("wb") as file:
        file.truncate(65_000_000)
    with pytest.raises(LimitReached, match="at most 64 MB"):
        check_folder(settings, folder)


def test_large_tokenizers_and_configs_are_refused(settings: Settings, make_model: MakeModel) -> None:
    folder = make_model()
    with (folder / "tokenizer.json").open("wb") as file:
        file.truncate(65_000_000)
    with pytest.raises(LimitReached, match="max_tokenizer_mb"):
        check_folder(settings, folder)
    (folder / "tokenizer.json").unlink()
    (folder / "config.json").write_text(json.dumps({"x": "y" * 2_000_001}))
    with pytest.raises(LimitReached, match="max_config_kb"):
        check_folder(settings, folder)


def test_nesting_and_nonsense_are_refused(settings: Settings, make_model: MakeModel) -> None:
    folder = make_model()
    for text in ("[" * 100_000, "not json", "[]", "null"):
        (folder / "config.json").write_text(text)
        with pytest.raises(NotAllowed):
            check_folder(settings, folder)


def test_too_many_files_are_refused(settings: Settings, make_model: MakeModel) -> None:
    settings = settings.model_copy(update={"max_model_files": 3})
    with pytest.raises(LimitReached, match="max_model_files"):
        check_folder(settings, make_model())


@pytest.mark.parametrize("shard", ["../../x.safetensors", "/etc/passwd", "missing.safetensors", "pytorch_model.bin", 7])
def test_a_shard_outside_the_folder_is_refused(settings: Settings, make_model: MakeModel, shard: object) -> None:
    folder = make_model()
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": {"a": shard}}))
    with pytest.raises(NotAllowed, match="index"):
        check_folder(settings, folder)


@pytest.mark.parametrize("damage", ["cut", "length", "header", "empty"])
def test_damaged_weights_say_so(make_model: MakeModel, damage: str) -> None:
    path = make_model() / "model.safetensors"
    data = path.read_bytes()
    header = b'{"a": {"shape": "x"}}'
    broken = {
        "cut": data[:-1],
        "length": struct.pack("<Q", 2**60) + data[8:],
        "header": struct.pack("<Q", len(header)) + header,
        "empty": b"",
    }
    path.write_bytes(broken[damage])
    with pytest.raises(BadInput, match="safetensors"):
        read_header(path)


def adapter(folder: Path, **changes: Any) -> Path:
    folder.mkdir()
    (folder / "adapter_model.safetensors").write_bytes(struct.pack("<Q", 2) + b"{}")
    (folder / "adapter_config.json").write_text(json.dumps({"peft_type": "LORA"} | changes))
    return folder


def test_adapters_of_foreign_libraries_are_refused(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(NotAllowed, match="auto_mapping"):
        check_adapter(settings, adapter(tmp_path / "a", auto_mapping={"base_model_class": "system", "parent_library": "os"}))
    assert check_adapter(settings, adapter(tmp_path / "b", auto_mapping={"parent_library": "transformers.models.bert.modeling_bert"}))


@pytest.mark.parametrize("key", ["r", "lora_alpha", "lora_dropout", "qalora_group_size"])
@pytest.mark.parametrize("number", [10**11, 10**400, 1e300, float("inf"), float("nan")], ids=["large", "no float", "1e300", "inf", "nan"])
def test_numbers_of_an_adapter_are_bounded(settings: Settings, tmp_path: Path, key: str, number: float) -> None:
    with pytest.raises(NotAllowed, match=f"{key} = "):
        check_adapter(settings, adapter(tmp_path / "a", **{key: number}))
    with pytest.raises(NotAllowed, match="b = "):
        check_adapter(settings, adapter(tmp_path / "b", alpha_pattern={"b": number}))
    assert check_adapter(settings, adapter(tmp_path / "c", **{key: 16}))


def test_pickled_adapters_are_refused(settings: Settings, tmp_path: Path) -> None:
    folder = adapter(tmp_path / "a")
    (folder / "adapter_model.safetensors").unlink()
    (folder / "adapter_model.bin").write_bytes(pickle.dumps(Marker(tmp_path / "marker")))
    with pytest.raises(NotAllowed, match="could run code"):
        check_adapter(settings, folder)
    assert not (tmp_path / "marker").exists()
