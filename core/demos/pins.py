"""The libraries that an exported demo needs, at the versions that it was tried with."""

from __future__ import annotations

import platform
from importlib.metadata import version
from typing import Literal

Sdk = Literal["gradio", "docker"]
GRADIO = "6.31.0"
"""Of Gradio, which has an environment of its own here: see requirements-demo.txt."""

CPU_INDEX = "--extra-index-url https://download.pytorch.org/whl/cpu"


def python_version() -> str:
    """Such as ``3.11``."""
    return ".".join(platform.python_version_tuple()[:2])


def requirements(sdk: Sdk, *, adapter: bool) -> str:
    """The text of requirements.txt: a CPU build of torch, what loads the model, and the library of the page.

    Args:
        adapter: peft is needed.
    """
    names = ["torch", "transformers", "safetensors", "numpy", *(["peft"] if adapter else [])]
    pins = [f"{name}=={version(name).partition('+')[0]}" for name in names]
    page = f"gradio=={GRADIO}" if sdk == "gradio" else f"streamlit=={version('streamlit')}"
    return "\n".join(["# Without the next line pip brings torch with several gigabytes of CUDA libraries.", CPU_INDEX, *pins, page, ""])
