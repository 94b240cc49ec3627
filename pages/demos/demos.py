"""A model as a page of its own: run here as a job, or taken along as a Space. Task and model are in the address."""

from pages.parts import visit
from pages.parts.demos import making, running

here = visit.begin("Demos", "Show a model on a page of its own: try it here, or take it along as a Space that runs by itself.")

shown = running.show(here)
chosen = making.choose(here)
if chosen is not None:
    making.start(here, chosen, first=not shown)
    making.export(here, chosen)
