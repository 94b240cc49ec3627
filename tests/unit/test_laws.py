"""The laws of the house that can be read off the source: imports, floors, forbidden words, documented limits."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from core.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
FLOORS = [
    {"schema", "settings", "errors", "workspaces", "processes", "work", "files", "archives"},
    {"metrics", "charts", "hub"},
    {"tables", "models", "place"},
    {"runs", "privacy"},
    {"tasks", "jobs"},
    {"inference"},
    {"training", "inspect", "evaluation"},
    {"publish", "demos", "comparison", "dashboards"},
    {"live", "worker", "cli"},
    {"__main__"},
]
IMPORT_NAMES = {"PyYAML": "yaml", "XlsxWriter": "xlsxwriter", "scikit-learn": "sklearn"}
TRAINER_NEEDS = {"datasets", "accelerate"}  # what the recipes' Trainer reads and trains with
FLOOR_OF = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
SOURCES = sorted(path for folder in ("core", "pages", "recipes") for path in (ROOT / folder).rglob("*.py"))
SOURCES += [ROOT / name for name in ("Home.py", "serve.py")]


def test_the_readme_has_the_same_floors() -> None:
    rows = re.findall(r"^\| (\d+) \| ((?:`\w+` ?)+)\|", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE)
    assert [set(re.findall(r"\w+", rooms)) for _, rooms in rows] == FLOORS[:-1]


def imported_modules(tree: ast.AST) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(tree):
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
            if steps[0] in {"pages", "recipes", "benchmarks", "tests", "Home", "serve"}:
                upward.append(f"{path.relative_to(ROOT)} imports {module}")
            if steps[0] != "core" or len(steps) < 2 or steps[1] not in FLOOR_OF or steps[1] == room:
                continue
            # Rooms of the ground floor are one family: schema's references raise errors, settings name folders.
            if FLOOR_OF[steps[1]] >= FLOOR_OF[room] and not FLOOR_OF[steps[1]] == FLOOR_OF[room] == 0:
                upward.append(f"{path.relative_to(ROOT)} imports {module}")
    assert upward == []


def test_core_never_imports_streamlit() -> None:
    """The templates are no part of core: they are files of the exported demos."""
    exported = ROOT / "core" / "demos" / "templates"
    guilty = [
        p
        for p in set((ROOT / "core").rglob("*.py")) - set(exported.iterdir())
        if any(m.split(".")[0] == "streamlit" for m in imported_modules(ast.parse(p.read_text())))
    ]
    assert guilty == []


def test_pages_never_import_model_libraries() -> None:
    heavy = {"torch", "transformers", "peft", "datasets", "accelerate", "openvino"}
    for path in [*(ROOT / "pages").rglob("*.py"), ROOT / "Home.py", ROOT / "serve.py"]:
        assert not {m.split(".")[0] for m in imported_modules(ast.parse(path.read_text()))} & heavy, path


def test_importing_core_leaves_torch_out() -> None:
    rooms = [
        "schema",
        "metrics",
        "charts",
        "tables",
        "models",
        "runs",
        "privacy",
        "tasks",
        "jobs",
        "inference",
        "inspect",
        "training",
        "training.run",
        "training.search.job",
        "evaluation",
        "comparison",
        "dashboards",
        "place",
        "demos",
        "demos.run",
        "publish",
        "live",
        "cli.app",
    ]
    code = (
        ";".join(f"import core.{room}" for room in rooms)
        + ";import sys;print([m for m in ('torch','transformers','peft','openvino') if m in sys.modules])"
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
    """State in a module is shared by every visitor of a server: names for constants only, and no function rebinds one."""
    guilty = []
    modules = [path for path in SOURCES if path.is_relative_to(ROOT / "core") or "parts" in path.parts]
    for path in modules:  # a page is a script: each visit has its own names
        tree = ast.parse(path.read_text(encoding="utf-8"))
        guilty += [f"{path.relative_to(ROOT)}:{node.lineno}: global" for node in ast.walk(tree) if isinstance(node, ast.Global)]
        for node in tree.body:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
            mutable = isinstance(getattr(node, "value", None), ast.List | ast.Dict | ast.Set | ast.ListComp | ast.DictComp | ast.SetComp)
            names = {getattr(target, "id", "") for target in targets} - {"__all__"}
            if mutable and names:
                changed = changed_names(tree)
                guilty += [f"{path.relative_to(ROOT)}: {name}" for name in names if not name.lstrip("_").isupper() or name in changed]
    assert guilty == []


def changed_names(tree: ast.AST) -> set[str]:
    """Names that code of this module changes in place: by an item, or by a method that changes its object."""
    methods = {"append", "add", "update", "pop", "clear", "extend", "setdefault", "remove", "insert", "popitem", "discard"}
    changed = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in methods:
            changed.add(getattr(node.func.value, "id", ""))
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store | ast.Del):
            changed.add(getattr(node.value, "id", ""))
    return changed


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
    for name in ("requirements.txt", "requirements-dev.txt", "requirements-demo.txt"):
        for line in (ROOT / name).read_text().splitlines():
            if line and not line.startswith(("#", "-r")):
                requirement, mark, reason = line.partition("#")
                assert "==" in requirement, line
                assert mark and len(reason.split()) >= 2, f"no reason given: {line}"


def test_every_setting_is_used_and_tested() -> None:
    """Law 8: a limit that no code reads limits nothing, and one that no test names may have stopped to."""
    code = "\n".join(path.read_text(encoding="utf-8") for path in SOURCES if path.name != "settings.py")
    tests = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("*.py"))
    fields = Settings.model_fields
    assert [name for name in fields if f".{name}" not in code] == []
    assert [name for name in fields if name not in tests and f"SHEETFORMER_{name.upper()}" not in tests] == []


def test_every_required_package_is_used() -> None:
    code = "\n".join(path.read_text(encoding="utf-8") for path in SOURCES)
    for line in (ROOT / "requirements.txt").read_text().splitlines():
        name = line.split("==")[0]
        if "==" in line and name not in TRAINER_NEEDS:
            module = IMPORT_NAMES.get(name, name.replace("-", "_"))
            assert re.search(rf"\b{module}\b", code), f"{name} is used nowhere"


@pytest.mark.xdist_group("groups")
def test_groups_of_tests_share_a_worker(request: pytest.FixtureRequest) -> None:
    """With pytest 9.2 and xdist 3.8 they do not: each worker makes what a group shares, and what goes on from another test fails."""
    if "PYTEST_XDIST_WORKER" in os.environ and request.config.option.loadgroup:
        assert request.node.nodeid.endswith("@groups")
