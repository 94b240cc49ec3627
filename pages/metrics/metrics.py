"""How good a result is. ``?run=<id>`` or ``?table=<id>&prediction=...&label=...`` in the address chooses it."""

from pages.parts import address, visit
from pages.parts.metrics import source, view

here = visit.begin("Metrics", "How far to trust a result: figures with their ranges, and the rows behind each of them.")

chosen = source.choose(here)
if chosen is not None:
    view.show(here, chosen)
else:
    address.say_what_was_left_out()
