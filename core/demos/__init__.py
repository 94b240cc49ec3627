"""Demos: a model as a page of its own, run here as a job or exported as a Space that runs without this project."""

from core.demos.environment import python_with_gradio
from core.demos.examples import MOST_EXAMPLES, boxes
from core.demos.facts import facts_of, task_of
from core.demos.folder import write_space, write_zip
from core.demos.link import Link, is_local, read_link
from core.demos.pins import GRADIO, Sdk
from core.demos.spec_making import make_spec

__all__ = [
    "GRADIO",
    "MOST_EXAMPLES",
    "Link",
    "Sdk",
    "boxes",
    "facts_of",
    "is_local",
    "make_spec",
    "python_with_gradio",
    "read_link",
    "task_of",
    "write_space",
    "write_zip",
]
