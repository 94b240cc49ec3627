"""Pages of pinned charts: what is pinned, where that is kept, and who may see it."""

from core.dashboards.boards import FIGURES, Dashboard, Pin, new_pin
from core.dashboards.following import run_of, shown_spec
from core.dashboards.store import create, delete, find, list_dashboards, save, share, shared, stop_sharing

__all__ = [
    "FIGURES",
    "Dashboard",
    "Pin",
    "create",
    "delete",
    "find",
    "list_dashboards",
    "new_pin",
    "run_of",
    "save",
    "share",
    "shared",
    "shown_spec",
    "stop_sharing",
]
