"""This place: what the machine and its host can and cannot do, the limits in force, the versions."""

from pages.parts import visit
from pages.parts.place import view

here = visit.begin("This place", "What this server can and cannot do: its memory and disk, what lasts, how large a model may be, and why.")

view.facts(here)
view.limits(here)
view.versions()
