"""How good a result is. ``?run=<id>`` or ``?table=<id>&prediction=...&label=...`` in the address chooses it."""

from pages.parts import address, metrics_source, metrics_view, visit

here = visit.begin("Metrics", "How far to trust a result: figures with their ranges, and the rows behind each of them.")

chosen = metrics_source.choose(here)
if chosen is not None:
    metrics_view.show(here, chosen)
else:
    address.say_what_was_left_out()
