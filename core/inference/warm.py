"""What a process that forks jobs can know before the first of them: hashes, tables and modules that every predict job needs.

Reading, hashing and importing only: no tensor operation and no batch of a tokenizer, whose threads would be missing in a fork.
"""

from __future__ import annotations

from core import models
from core.models.backbone import adapter_names
from core.settings import Settings

FAMILY = "bert"


def prepare(settings: Settings) -> None:
    """Hashes the embedded models, and builds what transformers builds at the first model that it loads in a process."""
    import core.models.merge  # noqa: F401  imported by the first adapter otherwise

    for name in adapter_names():
        models.load_tokenizer(models.resolve(settings, f"embedded:{name}"))
    from transformers.conversion_mapping import get_checkpoint_conversion_mapping

    get_checkpoint_conversion_mapping(FAMILY)  # the table of all families, about a thousand patterns
