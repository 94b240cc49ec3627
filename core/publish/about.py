"""What only the author can say of what they publish."""

from __future__ import annotations

from types import MappingProxyType

from pydantic import BaseModel, ConfigDict, Field

LICENCES = MappingProxyType(
    {
        "": "None named",
        "apache-2.0": "Apache 2.0",
        "mit": "MIT",
        "cc-by-4.0": "CC BY 4.0",
        "cc-by-sa-4.0": "CC BY-SA 4.0",
        "cc-by-nc-4.0": "CC BY-NC 4.0",
        "cc0-1.0": "CC0 1.0",
        "odc-by": "ODC-BY",
        "openrail": "OpenRAIL",
        "gpl-3.0": "GPL 3.0",
        "other": "Another",
        "unknown": "Unknown",
    }
)
"""Licences by their Hub names (https://huggingface.co/docs/hub/repositories-licenses), the usual ones."""


class About(BaseModel):
    """Words for a card.

    Args:
        licence: of what is pushed, by its Hub name; empty: as its base's card has it.
        data_name: of the data behind it, in words or as a data set of the Hub; never a file's name.
        data_licence: of that data, by its Hub name.
    """

    model_config = ConfigDict(frozen=True)

    repository: str = "owner/name"
    licence: str = Field("", max_length=60)
    data_name: str = Field("", max_length=200)
    data_licence: str = Field("", max_length=60)
