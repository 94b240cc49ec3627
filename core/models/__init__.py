"""Models: what can be chosen, where its files lie, whether they are safe, and how they are loaded.

Importing this room never imports torch: only :func:`load_tokenizer` and :func:`load_model` do, when called.
"""

from core.models.adapter_zip import Uploaded, upload_adapter, write_adapter_zip
from core.models.adapters import (
    ADAPTERS,
    AdapterFacts,
    adapter_facts,
    adapter_names,
    delete_adapter,
    free_name,
    own_adapter_folder,
    put_adapter,
    write_facts,
)
from core.models.cards import ModelCardFacts, card_figures, card_text, read_card
from core.models.catalogue import foresee, hub_model, list_models, resolve
from core.models.describe import labels_of, length_limit
from core.models.fetched import Fetched, forget_fetched, note_fetched, read_fetched, set_favourite
from core.models.files import ModelFiles
from core.models.hub_defaults import known_repositories
from core.models.load import load_model, load_tokenizer
from core.models.local import OWN_MODELS, add_local, local_names
from core.models.noted import (
    aggregation_of,
    forget_temperature,
    forget_thresholds,
    longest_answer_of,
    note_aggregation,
    note_longest_answer,
    note_params,
    note_thresholds,
    noted_options,
    notes_options,
    params_in,
    temperature_of,
    thresholds_of,
)
from core.models.safety import check_adapter, check_folder
from core.models.tokenizer_files import resolve_tokenizer
from core.models.versions import Calibrated, can_be_calibrated, save_calibrated
from core.models.whole import check_free_folder, save_model, write_whole

__all__ = [
    "ADAPTERS",
    "OWN_MODELS",
    "AdapterFacts",
    "Calibrated",
    "Fetched",
    "ModelCardFacts",
    "ModelFiles",
    "Uploaded",
    "adapter_facts",
    "adapter_names",
    "add_local",
    "aggregation_of",
    "can_be_calibrated",
    "card_figures",
    "card_text",
    "check_adapter",
    "check_folder",
    "check_free_folder",
    "delete_adapter",
    "foresee",
    "forget_fetched",
    "forget_temperature",
    "forget_thresholds",
    "free_name",
    "hub_model",
    "known_repositories",
    "labels_of",
    "length_limit",
    "list_models",
    "load_model",
    "load_tokenizer",
    "local_names",
    "longest_answer_of",
    "note_aggregation",
    "note_fetched",
    "note_longest_answer",
    "note_params",
    "note_thresholds",
    "noted_options",
    "notes_options",
    "own_adapter_folder",
    "params_in",
    "put_adapter",
    "read_card",
    "read_fetched",
    "resolve",
    "resolve_tokenizer",
    "save_calibrated",
    "save_model",
    "set_favourite",
    "temperature_of",
    "thresholds_of",
    "upload_adapter",
    "write_adapter_zip",
    "write_facts",
    "write_whole",
]
