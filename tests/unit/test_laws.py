"""The laws of the house that can be read off the source: imports, floors, forbidden words, documented limits."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FLOORS = [
    {"schema", "settings", "errors", "workspaces"},
    {"metrics", "charts", "hub"},
    {"tables", "models"},
    {"runs"},
    {"tasks", "jobs"},
    {"inference", "training", "inspect"},
    {"publish"},
    {"live", "worker", "cli"},
    {"__main__"},
]
FLOOR_OF = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
SOURCES = sorted(path for folder in ("core", "pages", "recipes") for path in (ROOT / folder).rglob("*.py"))
SOURCES += [ROOT / name for name in ("Home.py", "serve.py")]


def imported_modules(tree: ast.AST, *, top_level_only: bool = False) -> set[str]:
    nodes = ast.iter_child_nodes(tree) if top_level_only else ast.walk(tree)
    names: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def room_of(path: Path) -> str:
    relative = path.relative_to(ROOT / "core")
    return relative.parts[0].removesuffix(".py")


def test_rooms_import_only_from_floors_below() -> None:
    upward = []
    for path in (ROOT / "core").rglob("*.py"):
        room = room_of(path)
        if room == "__init__":
            continue
        for module in imported_modules(ast.parse(path.read_text(encoding="utf-8"))):
            steps = module.split(".")
            if steps[0] != "core" or len(steps) < 2 or steps[1] not in FLOOR_OF or steps[1] == room:
                continue
            # Rooms of the ground floor are one family: schema's references raise errors, settings name folders.
            if FLOOR_OF[steps[1]] >= FLOOR_OF[room] and not FLOOR_OF[steps[1]] == FLOOR_OF[room] == 0:
                upward.append(f"{path.relative_to(ROOT)} imports {module}")
    assert upward == []


def test_core_never_imports_streamlit() -> None:
    guilty = [
        p for p in (ROOT / "core").rglob("*.py") if any(m.split(".")[0] == "streamlit" for m in imported_modules(ast.parse(p.read_text())))
    ]
    assert guilty == []


def test_pages_never_import_model_libraries() -> None:
    heavy = {"torch", "transformers", "peft", "datasets", "accelerate"}
    for path in [*(ROOT / "pages").rglob("*.py"), ROOT / "Home.py", ROOT / "serve.py"]:
        assert not {m.split(".")[0] for m in imported_modules(ast.parse(path.read_text()))} & heavy, path


def test_importing_core_leaves_torch_out() -> None:
    rooms = ["schema", "metrics", "charts", "tables", "models", "runs", "tasks", "jobs", "inference", "live", "cli.app"]
    code = (
        ";".join(f"import core.{room}" for room in rooms)
        + ";import sys;print([m for m in ('torch','transformers','peft') if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_no_forbidden_calls(path: Path) -> None:
    """Loading is safe at every call, data is never markup, and attention weights are never asked for."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        keywords = {k.arg: k.value.value for k in node.keywords if isinstance(k.value, ast.Constant)}
        assert keywords.get("unsafe_allow_html") is not True
        assert keywords.get("trust_remote_code") is not True
        assert keywords.get("output_attentions") is not True
        assert "use_container_width" not in keywords
        if isinstance(node.func, ast.Attribute) and node.func.attr == "from_pretrained":
            assert keywords.get("trust_remote_code") is False, f"line {node.lineno}"
        if isinstance(node.func, ast.Attribute) and node.func.attr in {"load", "loads"} and isinstance(node.func.value, ast.Name):
            assert node.func.value.id not in {"pickle", "dill", "joblib", "torch", "cloudpickle"}, f"line {node.lineno}"


def test_no_mutable_module_globals() -> None:
    """State in a module is shared by every visitor of a server. Constants in capitals hold immutable values or are never changed."""
    guilty = []
    modules = [path for path in SOURCES if path.is_relative_to(ROOT / "core") or "parts" in path.parts]
    for path in modules:  # a page is a script: each visit has its own names
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
            for target in targets:
                mutable = isinstance(node.value, ast.List | ast.Dict | ast.Set | ast.ListComp | ast.DictComp | ast.SetComp)
                name = getattr(target, "id", "")
                if mutable and name != "__all__" and not name.lstrip("_").isupper():
                    guilty.append(f"{path.relative_to(ROOT)}: {name}")
            if isinstance(node, ast.Global):
                guilty.append(f"{path.relative_to(ROOT)}: global")
    assert guilty == []


def test_settings_page_is_current() -> None:
    written = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys; sys.path.insert(0,'docs'); from write_settings import settings_page; print(settings_page(), end='')",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert (ROOT / "docs" / "settings.md").read_text(encoding="utf-8") == written, "run `make docs`"


def test_requirements_are_pinned_and_reasoned() -> None:
    for name in ("requirements.txt", "requirements-dev.txt"):
        for line in (ROOT / name).read_text().splitlines():
            if line and not line.startswith(("#", "-r")):
                assert "==" in line.split("#")[0], line
                assert len(line.split("#", 1)[-1].strip()) > 5, f"no reason given: {line}"
