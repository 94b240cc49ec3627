"""Pinned charts. ``?board=<id>`` in the address shows one of one's own, ``?shared=<token>`` one that somebody shared."""

import streamlit as st

from pages.parts import visit
from pages.parts.boards import listing, view

here = visit.begin("Dashboards", "Charts of your runs side by side, pinned from a run or from its metrics.")

if "shared" in st.query_params:
    view.show_shared(here, st.query_params["shared"])
elif (chosen := listing.choose(here)) is not None:
    view.show_own(here, chosen)
