"""What the owner of a dashboard changes: its title, notes and link, and the place and width of each pin."""

from __future__ import annotations

import streamlit as st

from core import dashboards
from core.dashboards import Dashboard, Pin
from pages.parts.visit import Visit


def edit(visit: Visit, board: Dashboard) -> None:
    """Title, notes, the link, and the end of the dashboard."""
    with st.container(border=True):
        title = st.text_input("Title", board.title, max_chars=200, key=f"board-title-{board.id}")
        notes = st.text_area("Notes", board.notes, key=f"board-notes-{board.id}", help="Shown as plain text.")
        if (title.strip() or board.title, notes) != (board.title, board.notes):
            dashboards.save(
                visit.settings, visit.workspace, board.model_copy(update={"title": title.strip() or board.title, "notes": notes})
            )
            st.rerun()
        with st.container(horizontal=True, vertical_alignment="center"):
            if board.token:
                if st.button("Take the link away", icon=":material/link_off:"):
                    dashboards.stop_sharing(visit.settings, visit.workspace, board.id)
                    st.rerun()
            elif st.button("Make a read-only link", icon=":material/link:"):
                dashboards.share(visit.settings, visit.workspace, board.id)
                st.rerun()
            with st.popover("Delete", icon=":material/delete:"):
                st.write("The dashboard goes; its runs stay.")
                if st.button("Delete the dashboard", type="primary"):
                    dashboards.delete(visit.settings, visit.workspace, board.id)
                    del st.query_params["board"]
                    st.rerun()
        page = (st.context.url or "").split("?")[0]
        if board.token:
            link = f"{page}?shared={board.token}"
            st.caption("Whoever has this link sees the dashboard and nothing else of yours. With &embed=true it fits into another page.")
            st.code(link, language=None, wrap_lines=True)
        alone = f"{page}?board={board.id}&embed=true"
        st.link_button(
            "Open it alone, to print", alone, icon=":material/print:", help="Without the menu: then print the page as any other."
        )


def pin_controls(visit: Visit, board: Dashboard, pin: Pin) -> None:
    """Up, down, width, and away."""

    def keep(changed: Dashboard) -> None:
        dashboards.save(visit.settings, visit.workspace, changed)

    with st.container(horizontal=True):
        st.button("Up", icon=":material/arrow_upward:", key=f"board-up-{pin.id}", on_click=lambda: keep(board.moved(pin.id, -1)))
        st.button("Down", icon=":material/arrow_downward:", key=f"board-down-{pin.id}", on_click=lambda: keep(board.moved(pin.id, 1)))
        other = pin.model_copy(update={"wide": not pin.wide})
        st.button(
            "Half width" if pin.wide else "Full width",
            icon=":material/width:",
            key=f"board-width-{pin.id}",
            on_click=lambda: keep(board.with_pin(other)),
        )
        st.button("Take away", icon=":material/close:", key=f"board-away-{pin.id}", on_click=lambda: keep(board.without(pin.id)))
