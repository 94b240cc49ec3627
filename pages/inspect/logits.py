"""What a model says of one row. Task, model and short texts are in the address: ``?task=..&model=..&text=..``."""

import streamlit as st

from core.inspect.command import command_line
from pages.parts import address, visit
from pages.parts.logits import attribution, edit, options, setup, views

here = visit.begin("Logits", "What a model says of one text before it gives its answer, and what moves when the text changes.")

look = setup.choose(here, list(views.VIEWS))
look = None if look is None else options.choose(here, look)
if look is not None:
    with visit.errors_shown():
        views.show(here, look)
    with visit.errors_shown():
        edit.show(here, look)
    method = ""
    with visit.errors_shown():
        method = attribution.show(here, look)
    with st.expander("The same from the command line", icon=":material/terminal:"):
        st.code(command_line(look, attribution=method), language="bash", wrap_lines=True)
address.say_what_was_left_out()
