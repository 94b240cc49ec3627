"""Sign-in by OAuth in the server's own layer: two addresses, where a browser leaves for the Hub and where it comes back.

No page is involved, so neither the code nor the token ever reaches one. Both addresses lead to fixed ones; nothing in a request chooses
where a browser goes.
"""

from __future__ import annotations

import logging

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from core import hub
from core.errors import HubError
from core.hub.oauth import CALLBACK, START
from core.settings import Settings
from pages.parts.door import has_cookie, new_cookie, new_value
from pages.parts.hub.account import DENIED, FAILED, NO_COOKIE, OUTCOME, tokens
from pages.parts.workspace import COOKIE, from_cookies, shared_by_all

BACK = "/hub"
log = logging.getLogger(__name__)


def routes(settings: Settings, provider: hub.Provider | None) -> list[Route]:
    """The two addresses; none where no provider is set, or where everybody shares one workspace and so would share one sign-in."""
    if provider is None or shared_by_all(settings):
        return []
    sign_ins = hub.SignIns(settings, provider)

    def start(request: Request) -> Response:
        if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            return _back(FAILED)  # another site may not begin one
        known = has_cookie(request.headers)
        value = request.cookies[COOKIE] if known else new_value()
        try:
            leave = _redirect(sign_ins.begin(from_cookies({COOKIE: value}) or ""))
        except HubError as error:
            log.warning("A sign-in could not begin: %s", error.one_line())
            return _back(FAILED)
        if not known:
            leave.headers.append("set-cookie", new_cookie(value, secure=provider.origin.startswith("https")))
        return leave

    def callback(request: Request) -> Response:
        if not has_cookie(request.headers):
            return _back(NO_COOKIE)
        workspace = from_cookies({COOKIE: request.cookies[COOKIE]}) or ""
        try:
            value, lives = sign_ins.finish(workspace, request.query_params)
            user = hub.owner_of(settings, value)
        except hub.Denied:
            return _back(DENIED)
        except HubError as error:
            log.warning("A sign-in came to nothing: %s", error.one_line())
            return _back(FAILED)
        held = tokens()
        held.hold(workspace, hub.Token(value, user, None if lives is None else held.now() + lives))
        return _back()

    return [Route(START, start, methods=["GET"]), Route(CALLBACK, callback, methods=["GET"])]


def _back(outcome: str = "") -> Response:
    return _redirect(f"{BACK}?{OUTCOME}={outcome}" if outcome else BACK)


def _redirect(address: str) -> Response:
    return RedirectResponse(address, status_code=303, headers={"cache-control": "no-store", "referrer-policy": "no-referrer"})
