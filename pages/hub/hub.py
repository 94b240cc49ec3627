"""The Hub: sign in, search, know a model or data set before it is downloaded, fetch it. ``?repo=<owner/name>`` names one."""

from pages.parts import visit
from pages.parts.hub import account, facts, fetches, recents, search

here = visit.begin("Hub", "Find models and data sets on the Hugging Face Hub, and know them before anything is downloaded.")

account.show(here)
fetches.show(here)
recents.show(here)
chosen = search.show(here)
if chosen:
    facts.show(here, chosen)
fetches.shelf(here)
