"""Models: what can be chosen, where its files lie, whether they are safe, and how they are loaded.

Importing this room never imports torch: only :func:`load_tokenizer` and :func:`load_model` do, when called.
"""

from core.models.cards import ModelCardFacts, read_card
from core.models.catalogue import list_models, resolve
from core.models.describe import labels_of, length_limit
from core.models.files import ModelFiles
from core.models.load import load_model, load_tokenizer
from core.models.local import add_local
from core.models.safety import check_adapter, check_folder

__all__ = [
    "ModelCardFacts",
    "ModelFiles",
    "add_local",
    "check_adapter",
    "check_folder",
    "labels_of",
    "length_limit",
    "list_models",
    "load_model",
    "load_tokenizer",
    "read_card",
    "resolve",
]
