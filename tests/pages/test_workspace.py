"""Whose page it is."""

import re

import pytest
import streamlit as st
from streamlit.web.server.starlette.starlette_app_utils import generate_xsrf_token_string

from core.workspaces import workspace_folder
from pages.parts.workspace import COOKIE, XSRF_COOKIE, from_cookies, is_loopback, shared_by_all


@pytest.mark.parametrize(
    ("address", "local"),
    [
        ("127.0.0.1", True),
        ("127.8.0.1", True),
        ("localhost", True),
        ("::1", True),
        (None, False),
        ("", False),
        ("0.0.0.0", False),
        ("::", False),
        ("10.0.0.7", False),
        ("localhost.evil.test", False),
    ],
)
def test_only_a_loopback_address_is_local(address, local):
    assert is_loopback(address) is local


def test_a_cookie_names_one_workspace_and_its_value_is_not_in_it(settings):
    value = "0123456789abcdef" * 2
    name = from_cookies({COOKIE: value})
    assert name == from_cookies({COOKIE: value})
    assert name != from_cookies({COOKIE: value[::-1]})
    assert value not in name
    assert re.fullmatch(r"[a-z0-9-]{1,64}", name)
    assert workspace_folder(settings, name).is_relative_to(settings.home)


def test_streamlits_own_cookie_serves_where_ours_is_missing():
    token = bytes(range(16))
    first, second = generate_xsrf_token_string(token), generate_xsrf_token_string(token)
    assert first != second  # masked anew each time
    assert from_cookies({XSRF_COOKIE: first}) == from_cookies({XSRF_COOKIE: second})
    assert from_cookies({XSRF_COOKIE: generate_xsrf_token_string()}) != from_cookies({XSRF_COOKIE: first})


@pytest.mark.parametrize("value", ["", "2|", "2|zz|zz|1", "2|aa||1", "1|aa|bb|1", "x" * 5_000])
def test_nonsense_names_no_workspace(value):
    assert from_cookies({XSRF_COOKIE: value}) is None


def test_no_cookie_names_no_workspace():
    assert from_cookies({}) is None


def test_where_a_hosts_proxy_lets_the_world_in_a_loopback_address_shares_nothing(settings, monkeypatch):
    monkeypatch.setattr(st, "get_option", lambda name: "127.0.0.1")
    monkeypatch.delenv("SPACE_ID", raising=False)
    assert shared_by_all(settings)
    monkeypatch.setenv("SPACE_ID", "owner/name")
    assert not shared_by_all(settings)
    monkeypatch.delenv("SPACE_ID")
    monkeypatch.setattr("core.place.hosting.COMMUNITY_SOURCES", settings.home.parents[-1])  # as if checked out by Community Cloud
    assert not shared_by_all(settings)
