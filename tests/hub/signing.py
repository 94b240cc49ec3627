"""OpenID Connect as the Hub speaks it: discovery, a page that says yes or no, codes that serve once, PKCE.

Attributes of :class:`Oauth` are what a test turns: who says yes, whether PKCE is offered, who the issuer claims to be.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode

from tests.hub.answering import Answering, Route

ROUTES: tuple[Route, ...] = (
    ("GET", r"/\.well-known/openid-configuration", "openid"),
    ("GET", r"/oauth/authorize", "authorize"),
    ("POST", r"/oauth/token", "token"),
    ("GET", r"/oauth/userinfo", "userinfo"),
)
CLIENT, SECRET = "client-of-the-space", "secret-canary-of-the-space"


@dataclass
class Oauth:
    """The provider's side. ``user`` says yes; an empty one says no."""

    user: str = "analyst"
    pkce: bool = True
    lives: int | None = 28_800
    claims: dict[str, Any] = field(default_factory=dict)  # over what the identity token says
    discovery: dict[str, Any] = field(default_factory=dict)  # over what the provider says of itself
    answer: dict[str, str] = field(default_factory=dict)  # over what the browser brings back
    codes: dict[str, dict[str, str]] = field(default_factory=dict)  # what was asked, by code
    tokens: list[str] = field(default_factory=list)


class SigningIn(Answering):
    """What a client of OAuth asks."""

    def openid(self) -> None:
        url, oauth = self.hub.url, self.hub.oauth
        said = {
            "issuer": url,
            "authorization_endpoint": f"{url}/oauth/authorize",
            "token_endpoint": f"{url}/oauth/token",
            "userinfo_endpoint": f"{url}/oauth/userinfo",
            "response_types_supported": ["code"],
        }
        self.json(said | ({"code_challenge_methods_supported": ["S256"]} if oauth.pkce else {}) | oauth.discovery)

    def authorize(self) -> None:
        """Answers for the user at once, as the Hub does for one who has said yes before."""
        asked, oauth = {name: values[0] for name, values in self.query.items()}, self.hub.oauth
        assert (asked["response_type"], asked["client_id"]) == ("code", CLIENT)
        assert not oauth.pkce or (asked["code_challenge_method"] == "S256" and asked["code_challenge"])
        if oauth.user:
            code = secrets.token_urlsafe(16)
            oauth.codes[code] = asked
            said = {"code": code, "state": asked["state"]}
        else:
            said = {"error": "access_denied", "state": asked["state"]}
        self.send(b"", status=303, headers={"Location": f"{asked['redirect_uri']}?{urlencode(said | oauth.answer)}"})

    def token(self) -> None:
        form, oauth = {name: values[0] for name, values in parse_qs(self.body.decode()).items()}, self.hub.oauth
        own = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        asked = oauth.codes.pop(form.get("code", ""), None)  # a code serves once
        fits = asked is not None and form["redirect_uri"] == asked["redirect_uri"] and self.headers["Authorization"] == f"Basic {own}"
        if fits and "code_challenge" in asked:
            digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
            fits = base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == asked["code_challenge"]
        if not fits:
            self.json({"error": "invalid_grant"}, status=400)
            return
        token = "hf_oauth_canary" + secrets.token_hex(12)
        self.hub.shelf.tokens[token] = oauth.user
        oauth.tokens.append(token)
        claims = {"iss": self.hub.url, "aud": CLIENT, "sub": oauth.user} | oauth.claims
        parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in ({"alg": "RS256"}, claims)]
        lives = {} if oauth.lives is None else {"expires_in": oauth.lives}
        self.json(
            {"access_token": token, "token_type": "bearer", "scope": "openid profile", "id_token": ".".join([*parts, "c2ln"])} | lives
        )

    def userinfo(self) -> None:
        if self.user is None:
            self.json({"error": "invalid_token"}, status=401)
        else:
            self.json({"sub": self.user, "preferred_username": self.user})
