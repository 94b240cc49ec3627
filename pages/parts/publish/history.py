"""A repository as it is: its files, single ones sent or deleted, its versions, and what two of them have not in common."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from core import publish
from pages.parts.frames import grid
from pages.parts.hub import account
from pages.parts.publish import asked
from pages.parts.publish.pushes import last_repository, pushes
from pages.parts.text import count, option, plain, size, visible
from pages.parts.visit import Visit, errors_shown

KINDS: dict[publish.Kind, str] = {"model": "A model", "dataset": "A data set", "space": "A Space"}
REPOSITORY, KIND = "repo", "kind"
MOST_NAMED = 50
CARD_PIXELS, SHORT_CARD = 420, 20  # lines


def show(visit: Visit) -> None:
    """The repository of the address, or one that is written."""
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    last_kind, last = last_repository(visit) or ("model", "")
    named = st.query_params.get(REPOSITORY, last)
    name = left.text_input("Repository", named, placeholder="owner/name", key="history-repository").strip()
    kinds = list(KINDS)
    known = st.query_params.get(KIND, last_kind)
    kind = right.selectbox(
        "It is", kinds, index=kinds.index(known) if known in KINDS else 0, format_func=KINDS.__getitem__, key="history-kind"
    )
    if not name:
        st.info(
            "Name a repository to see its files and versions, to send or delete single ones, and to compare.", icon=":material/history:"
        )
        return
    with errors_shown():
        publish.check_repository(name)
        st.query_params[REPOSITORY], st.query_params[KIND] = name, kind
        user, token = account.signed_in(visit), account.token_of(visit)
        found = asked.state(visit.settings, kind, name, user, token)
        who = "private" if found.private else "public"
        much = f"{count(len(found.files), 'file')}, {size(sum(one.size for one in found.files))}"
        st.caption(f"{plain(name)}: {who}, {much}, commit {found.commit[:12]} of main.")
        _files(visit, kind, name, found)
        _versions(visit, kind, name, user, token)


def _files(visit: Visit, kind: publish.Kind, name: str, found: publish.State) -> None:
    """Files with their sizes; ticked ones can be deleted, and one can be sent."""
    st.subheader("Files", anchor=False)
    ticked = grid(
        pd.DataFrame({"file": [one.path for one in found.files], "size": [size(one.size) for one in found.files]}),
        alt=f"{count(len(found.files), 'file')} of the repository with their sizes.",
        limit=visit.settings.max_shown_characters,
        key=f"history-files-{found.commit}",
        selection="multi-row",
    )
    gone = tuple(found.files[row].path for row in ticked if row < len(found.files))
    write = account.token_of(visit) is not None
    label = f"Delete {count(len(gone), 'ticked file')}" if gone else "Delete ticked files"
    if st.button(label, icon=":material/delete:", disabled=not gone or not write, key="history-delete"):
        words = f"Delete {gone[0]}" if len(gone) == 1 else f"Delete {len(gone)} files"
        _start(visit, publish.Order(kind=kind, repository=name, parent=found.commit, message=words[:200], deletions=gone))
    with st.expander("Send a single file", icon=":material/upload_file:"):
        _upload(visit, kind, name, found, write=write)


def _upload(visit: Visit, kind: publish.Kind, name: str, found: publish.State, *, write: bool) -> None:
    given = st.file_uploader("File", key=f"history-upload-{found.commit}", max_upload_size=visit.settings.max_upload_mb)
    path = st.text_input("Its path in the repository", given.name if given else "", key=f"history-path-{given.file_id if given else ''}")
    if given is None:
        return
    publish.check_path(path)
    if st.button("Send it", type="primary", disabled=not write, key="history-send"):
        parcel = publish.pack_file(visit.settings, visit.workspace, path, given.getvalue())
        stops = [one for one in publish.findings(visit.settings, parcel) if one.secret]
        if stops:
            parcel.discard()
            st.error(f"{plain(stops[0].line(), 300)}. It must go before the file is sent.", icon=":material/block:")
            return
        order = publish.Order(kind=kind, repository=name, parent=found.commit, message=f"Send {path}"[:200], files=parcel.files())
        _start(visit, order, parcel)


def _start(visit: Visit, order: publish.Order, parcel: publish.Parcel | None = None) -> None:
    pushes().start(
        visit.settings, visit.workspace, order, token=account.token_of(visit), on_done=parcel.discard if parcel is not None else None
    )
    asked.forget()
    st.rerun()


def _versions(visit: Visit, kind: publish.Kind, name: str, user: str, token: str | None) -> None:
    """Commits of the main branch, and what two of them have not in common."""
    st.subheader("Versions", anchor=False)
    known = asked.versions(visit.settings, kind, name, user, token)
    made = [f"{one.made:%Y-%m-%d %H:%M}" if one.made else "" for one in known]
    grid(
        pd.DataFrame(
            {
                "commit": [one.commit[:12] for one in known],
                "what": [one.title for one in known],
                "who": [one.author for one in known],
                "when": made,
            }
        ),
        alt=f"{count(len(known), 'commit')}, newest first: what each was, who made it and when.",
        limit=visit.settings.max_shown_characters,
    )
    if len(known) < 2:
        st.caption("There is one version; with the next one, two can be compared.")
        return
    titles = {one.commit: f"{one.commit[:12]} {option(one.title, 60)}" for one in known}
    left, right = st.columns(2)
    old = left.selectbox("From", list(titles), index=1, format_func=titles.__getitem__, key=f"history-old-{name}")
    new = right.selectbox("To", list(titles), index=0, format_func=titles.__getitem__, key=f"history-new-{name}")
    if old != new:
        _differences(asked.compared(visit.settings, kind, name, old, new, user, token))


def _differences(found: publish.Differences) -> None:
    for word, paths in (("Added", found.added), ("Changed", found.changed), ("Removed", found.removed)):
        if paths:
            more = f" and {len(paths) - MOST_NAMED:,} more" if len(paths) > MOST_NAMED else ""
            st.markdown(f"**{word}** {', '.join(plain(path) for path in paths[:MOST_NAMED])}{more}")
    if not (found.added or found.changed or found.removed):
        st.caption("The same files.")
    if found.card:
        st.markdown("**The card**")
        with st.container(height=CARD_PIXELS if len(found.card) > SHORT_CARD else "content", border=False):
            st.code("\n".join(visible(line) for line in found.card), language="diff", wrap_lines=True)
