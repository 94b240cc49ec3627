"""Runs side by side. ``?runs=a,b`` in the address chooses them."""

from pages.parts import visit
from pages.parts.tuning import comparing

here = visit.begin("Compare", "Which of your runs is better, and whether chance alone could have made the difference.")

chosen = comparing.choose(here)
if len(chosen) > 1:
    comparing.show(here, chosen)
