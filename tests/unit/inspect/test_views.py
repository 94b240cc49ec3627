"""Views by their names."""

import pytest

from core import inspect
from core.errors import BadInput
from core.schema import LookSpec
from core.settings import Settings


def test_an_unknown_view_names_those_there_are() -> None:
    look = LookSpec(task="text-classification", model="embedded:sentiment", revision="0" * 40, cells={"text": "good"})
    with pytest.raises(BadInput, match="one of the views"):
        inspect.show(Settings(), "no such view", None, look)  # type: ignore[arg-type]
