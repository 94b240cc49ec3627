"""Pinned charts. ``?board=<id>`` in the address shows one of one's own, ``?shared=<token>`` one that somebody shared."""

import streamlit as st

from pages.parts import board_list, board_view, visit

here = visit.begin("Dashboards", "Charts of your runs side by side, pinned from a run or from its metrics.")

if "shared" in st.query_params:
    board_view.show_shared(here, st.query_params["shared"])
elif (chosen := board_list.choose(here)) is not None:
    board_view.show_own(here, chosen)
