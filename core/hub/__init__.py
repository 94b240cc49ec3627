"""The Hub client: probe, search, describe, resolve a revision, download. One kind of error whatever the libraries raise."""

from core.hub.asking import ask, one_patience, owner_of
from core.hub.client import MAIN, TEXT_PATTERNS, cached_snapshot, cached_tokenizer, download, endpoint, probe
from core.hub.datasets import dataset_layout
from core.hub.errors import LATER, broken_connection, one_error
from core.hub.fetching import Arrived, Fetch, Fetches, cache_folder
from core.hub.fitting import cautions, unfit
from core.hub.layout import Layout, layout
from core.hub.oauth import Denied, Provider, SignIns, provider
from core.hub.recents import Recent, note_recent, read_recent, star
from core.hub.repositories import Repository, card_text, dataset_facts, model_facts, search_datasets, search_models
from core.hub.tokens import Token, Tokens, from_environment

__all__ = [
    "LATER",
    "MAIN",
    "TEXT_PATTERNS",
    "Arrived",
    "Denied",
    "Fetch",
    "Fetches",
    "Layout",
    "Provider",
    "Recent",
    "Repository",
    "SignIns",
    "Token",
    "Tokens",
    "ask",
    "broken_connection",
    "cache_folder",
    "cached_snapshot",
    "cached_tokenizer",
    "card_text",
    "cautions",
    "dataset_facts",
    "dataset_layout",
    "download",
    "endpoint",
    "from_environment",
    "layout",
    "model_facts",
    "note_recent",
    "one_error",
    "one_patience",
    "owner_of",
    "probe",
    "provider",
    "read_recent",
    "search_datasets",
    "search_models",
    "star",
    "unfit",
]
