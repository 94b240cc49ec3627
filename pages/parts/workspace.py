"""Who owns the tables, runs and jobs that a page shows.

``local`` for everybody where the server listens on this machine only; otherwise a browser's own, derived from a cookie. The
cookie's value never appears in a path or a database: only its hash does.
"""

from __future__ import annotations

import hashlib
import ipaddress
import secrets
from collections.abc import Mapping

import streamlit as st

from core.place import Host, host
from core.settings import Settings
from core.workspaces import LOCAL

COOKIE = "sheetformer_workspace"
XSRF_COOKIE = "_streamlit_xsrf"

_SESSION_KEY = "workspace_of_this_visit"


def is_loopback(address: str | None) -> bool:
    """Whether a server bound to ``address`` can be reached from this machine only. No address means all of them."""
    if not address:
        return False
    if address.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def shared_by_all(settings: Settings) -> bool:
    """Whether every visitor works in the ``local`` workspace.

    A loopback address says so, except where a host's own proxy on the same machine lets the world in.
    """
    hosted = host() in (Host.SPACE, Host.COMMUNITY_CLOUD)
    return settings.share_workspace or (is_loopback(st.get_option("server.address")) and not hosted)


def from_cookies(cookies: Mapping[str, str]) -> str | None:
    """The workspace that a browser's cookies name, ``None`` where it has none yet."""
    if value := cookies.get(COOKIE):
        return _name("cookie", value)
    if value := _xsrf_token(cookies.get(XSRF_COOKIE, "")):
        return _name("xsrf", value)
    return None


def current(settings: Settings) -> str:
    """The workspace of this visit. Shows a notice where it will end with the tab."""
    if shared_by_all(settings):
        return LOCAL
    named = from_cookies(st.context.cookies)
    if named is not None:
        return named
    if _SESSION_KEY not in st.session_state:
        st.session_state[_SESSION_KEY] = _name("visit", secrets.token_hex(16))
    st.info("This browser sends no cookies, so its tables and jobs are found again only while this tab is open.")
    return st.session_state[_SESSION_KEY]


def _name(kind: str, value: str) -> str:
    return "w-" + hashlib.sha256(f"sheetformer/{kind}/{value}".encode()).hexdigest()[:40]


def _xsrf_token(cookie: str) -> str | None:
    """The lasting part of Streamlit's own cookie: ``2|mask|masked token|time``, masked anew each time it is sent."""
    parts = cookie.strip('"').split("|")
    if len(parts) != 4 or parts[0] != "2":
        return None
    try:
        mask, masked = bytes.fromhex(parts[1]), bytes.fromhex(parts[2])
    except ValueError:
        return None
    if not mask or not masked:
        return None
    return bytes(byte ^ mask[i % len(mask)] for i, byte in enumerate(masked)).hex()
