"""Data sets of the Hub as tables: rows come by the ``datasets`` library in a process of their own, which can be stopped and goes on."""

from core.tables.hub.bringing import Bring, Brought, bring
from core.tables.hub.first_rows import FirstRows, first_rows
from core.tables.hub.wanted import Wanted, check_access, choose, find

__all__ = ["Bring", "Brought", "FirstRows", "Wanted", "bring", "check_access", "choose", "find", "first_rows"]
