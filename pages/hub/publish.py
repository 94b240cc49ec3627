"""Publishing: what leaves, where to, its card, a last look, what became of it. ``?what=adapter:<name>`` or ``run:<id>`` names a thing."""

from pages.parts import visit
from pages.parts.hub import account
from pages.parts.publish import card, history, place, pushes, review, things
from pages.parts.tabs import tabs

here = visit.begin("Publish", "Put an adapter, a model or a result on the Hugging Face Hub, with a card that says what it is.")

account.show(here)
pushes.show(here)
shelves = tabs(["Push", "Files and versions"], key="publish-tab", parameter="tab")
with shelves["Push"]:
    if shelves["Push"].open:
        thing = things.pick(here)
        ready = things.ready(here, thing) if thing else None
        if ready:
            where = place.show(here, ready)
            text = card.show(here, ready, where)
            review.show(here, ready, where, text)
with shelves["Files and versions"]:
    if shelves["Files and versions"].open:
        history.show(here)
