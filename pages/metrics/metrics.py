"""How good a result is. ``?run=<id>`` or ``?table=<id>&prediction=...&label=...`` in the address chooses it."""

from pages.parts import address, visit
from pages.parts.metrics import view
from pages.parts.metrics.chosen.choose import choose

here = visit.begin("Metrics", "How far to trust a result: figures with their ranges, and the rows behind each of them.")

chosen = choose(here)
if chosen is not None:
    view.show(here, chosen)
else:
    address.say_what_was_left_out()
