"""This place: what the machine, the disk and the host give, and what that lets one do. Numbers and sentences; never a secret or a path."""

from core.place.facts import Fact, Limit, Place, describe, hub_fact, limits, versions
from core.place.hosting import Host, host, on_space

__all__ = ["Fact", "Host", "Limit", "Place", "describe", "host", "hub_fact", "limits", "on_space", "versions"]
