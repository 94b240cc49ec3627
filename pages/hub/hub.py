"""The Hub: sign in, search, know a model before it is downloaded, fetch it. ``?repo=<owner/name>`` names one."""

from pages.parts import hub_account, hub_facts, hub_fetches, hub_search, visit

here = visit.begin("Hub", "Find models and data sets on the Hugging Face Hub, and know them before anything is downloaded.")

hub_account.show(here)
hub_fetches.show(here)
chosen = hub_search.show(here)
if chosen:
    hub_facts.show(here, chosen)
hub_fetches.shelf(here)
