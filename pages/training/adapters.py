"""The workspace's adapters: what each is, what it is worth, and what can be done with it. ``?adapter=<name>`` names one."""

from pages.parts import visit
from pages.parts.adapters import listing, upload, view

here = visit.begin("Adapters", "What was tuned or uploaded here: look at one, score with it, take it with you.")

upload.say_done()
shelf = listing.read(here)
if shelf:
    view.show(here, listing.pick(here, shelf))
else:
    listing.none_yet()
upload.show(here, first=not shelf)
