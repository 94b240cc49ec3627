"""The Python that has Gradio.

Gradio 6.31 wants pillow below 13, which is not the pillow of the pages. So it has an environment of its own inside ours, which sees our
packages and puts its own before them: 150 MB instead of a second torch. `make setup` makes it; requirements-demo.txt says what is in it.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

from core.errors import NotFound

FOLDER = "demo"  # inside the environment of the pages
PACKAGE = "gradio"


def python_with_gradio() -> Path:
    """The interpreter that runs demos.

    Raises:
        NotFound: Gradio is not installed.
    """
    own = Path(sys.prefix) / FOLDER / "bin" / "python"
    if own.is_file() and any((own.parents[1] / "lib").glob(f"python*/site-packages/{PACKAGE}/__init__.py")):
        return own
    if find_spec(PACKAGE) is not None:
        return Path(sys.executable)
    raise NotFound(
        "an environment with Gradio",
        "none on this machine",
        "Run `make setup` where Sheetformer runs. Both Spaces can be exported all the same.",
    )
