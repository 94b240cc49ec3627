"""Which task: the one of the address, or the first."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core import tasks

TASK = "task"


def pick(names: Sequence[str]) -> tasks.Task:
    """The chosen task with its purpose under it. Where there is only one, nothing is drawn."""
    if len(names) == 1:
        return tasks.get(names[0])
    offered = [tasks.get(name) for name in names]
    what = "  \n".join(f"**{task.title}** {task.purpose}" for task in offered)
    wanted = st.query_params.get(TASK)
    chosen = st.selectbox(
        "Task",
        list(names),
        index=list(names).index(wanted) if wanted in names else 0,
        format_func=lambda name: tasks.get(name).title,
        key="task_choice",
        help=what,
    )
    if wanted is not None:
        st.query_params[TASK] = chosen
    st.caption(tasks.get(chosen).purpose)
    return tasks.get(chosen)
