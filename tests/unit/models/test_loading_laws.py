"""Every call that loads something says that no foreign code runs, and every model comes from safetensors."""

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
SOURCES = sorted(path for folder in ("core", "recipes") for path in (ROOT / folder).rglob("*.py"))


def loading_calls(path: Path) -> list[tuple[str, dict[str, ast.expr]]]:
    """Source of what is called, and its keyword arguments, for each ``from_pretrained`` of a file."""
    calls = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]
    return [
        (ast.unparse(call.func), {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg})
        for call in calls
        if isinstance(call.func, ast.Attribute) and call.func.attr == "from_pretrained"
    ]


def is_constant(value: ast.expr | None, expected: object) -> bool:
    return isinstance(value, ast.Constant) and value.value is expected


def test_the_test_sees_the_calls() -> None:
    called = [name for path in SOURCES for name, _ in loading_calls(path)]
    assert len(called) >= 4
    assert any("getattr" in name for name in called)


def test_no_loading_call_trusts_foreign_code() -> None:
    guilty = [f"{p}: {name}" for p in SOURCES for name, given in loading_calls(p) if not is_constant(given.get("trust_remote_code"), False)]
    assert guilty == []


def test_every_model_comes_from_safetensors() -> None:
    harmless = ("AutoTokenizer", "AutoConfig", "transformers.AutoTokenizer", "transformers.AutoConfig", "tokenizer_kind.")
    guilty = [
        f"{path}: {name}"
        for path in SOURCES
        for name, given in loading_calls(path)
        if not name.startswith(harmless) and not is_constant(given.get("use_safetensors"), True)
    ]
    assert guilty == []


def test_nothing_asks_for_attention_weights() -> None:
    asked = {"output_attentions", "output_hidden_states_and_attentions"}
    guilty = [
        str(path)
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if (isinstance(node, ast.keyword) and node.arg in asked) or (isinstance(node, ast.Attribute) and node.attr in asked)
    ]
    assert guilty == []


def test_nothing_unpickles() -> None:
    readers = {"pickle", "dill", "joblib", "cloudpickle", "shelve"}
    guilty = []
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            unsafe_load = isinstance(node, ast.Call) and ast.unparse(node.func) in {
                "torch.load",
                "np.load",
                "numpy.load",
                "yaml.unsafe_load",
            }
            no_pickles = unsafe_load and any(k.arg == "allow_pickle" and ast.unparse(k.value) == "False" for k in node.keywords)
            if (unsafe_load and not no_pickles) or {name.split(".")[0] for name in names} & readers:
                guilty.append(f"{path}:{node.lineno}")
    assert guilty == []
