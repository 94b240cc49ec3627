"""Sign-in by OAuth: the authorization code flow of OpenID Connect, as a Space has it (https://huggingface.co/docs/hub/spaces-oauth).

Streamlit's own ``st.login`` is not used: it needs Authlib, keeps who signed in, and on request the token, in a cookie of the browser for
30 days, and reads the client's secret from a file. Here the token stays in the server's memory, for one workspace, as a pasted one does.

What is checked: ``state`` (RFC 6749, 10.12) belongs to the workspace that began and serves once; PKCE (RFC 7636) where the provider
offers it; the issuer (RFC 9207, and OpenID Connect Core 3.1.3.7, where TLS takes the place of the signature of the identity token).
"""

from __future__ import annotations

import base64
import hashlib
import ipaddress
import json
import os
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

from core.errors import HubError
from core.settings import Settings

CALLBACK = "/oauth/callback"
START = "/oauth/start"
AGAIN = "Sign in again."


@dataclass(frozen=True)
class Provider:
    """Who knows the users, and as whom this server asks it.

    Args:
        issuer: address of the provider, without a slash at its end.
        host: host, and port, under which browsers know this server.
    """

    client: str
    secret: str = field(repr=False)
    scopes: str
    issuer: str
    host: str

    @property
    def origin(self) -> str:
        """Address of this server as browsers know it."""
        return f"{'http' if _is_loopback(self.host) else 'https'}://{self.host}"


def provider() -> Provider | None:
    """The provider that the environment of a Space names; ``None`` unless everything is there and its address is https or loopback."""
    names = ("OAUTH_CLIENT_ID", "OAUTH_CLIENT_SECRET", "OAUTH_SCOPES", "OPENID_PROVIDER_URL", "SPACE_HOST")
    client, secret, scopes, issuer, host = (os.environ.get(name, "").strip() for name in names)
    if not all((client, secret, scopes, issuer, host)) or not _is_safe(issuer):
        return None
    return Provider(client, secret, scopes, issuer.rstrip("/"), host.strip("/"))


@dataclass(frozen=True)
class Attempt:
    """A sign-in that was begun. Nothing of it shows in a representation."""

    workspace: str = field(repr=False)
    verifier: str = field(repr=False)
    token_address: str
    ends: float


class SignIns:
    """The sign-ins under way on one server, in memory. Safe for several threads.

    Args:
        clock: seconds; of the monotonic clock where none is given.
    """

    def __init__(self, settings: Settings, provider: Provider, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings, self._provider, self._clock = settings, provider, clock
        self._lock = threading.Lock()
        self._begun: dict[str, Attempt] = {}
        self._known: dict[str, Any] = {}

    def begin(self, workspace: str) -> str:
        """Begins a sign-in of a workspace; the address that its browser goes to.

        Raises:
            HubError: the provider does not answer, or is another one than it should be.
        """
        known = self._metadata()
        state, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(48)
        asked = {
            "response_type": "code",
            "client_id": self._provider.client,
            "redirect_uri": self._provider.origin + CALLBACK,
            "scope": self._provider.scopes,
            "state": state,
        }
        if "S256" in known.get("code_challenge_methods_supported", ()):
            digest = hashlib.sha256(verifier.encode()).digest()
            asked |= {"code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(), "code_challenge_method": "S256"}
        else:
            verifier = ""
        attempt = Attempt(workspace, verifier, known["token_endpoint"], self._clock() + self._settings.sign_in_seconds)
        with self._lock:
            self._forget_old()
            while len(self._begun) >= self._settings.max_sign_ins:
                del self._begun[next(iter(self._begun))]  # the oldest
            self._begun[state] = attempt
        return f"{known['authorization_endpoint']}?{urlencode(asked)}"

    def finish(self, workspace: str | None, answer: Mapping[str, str]) -> tuple[str, float | None]:
        """The access token that the provider's answer stands for, and the seconds that it lives.

        Args:
            workspace: of the browser that brings the answer.
            answer: parameters that the provider sent it with.

        Raises:
            HubError: the user said no, or the answer is not one to a question of this workspace.
        """
        with self._lock:
            self._forget_old()
            attempt = self._begun.get(answer.get("state", ""))
            if attempt is not None and attempt.workspace == workspace:
                del self._begun[answer["state"]]  # an answer serves once
            else:
                attempt = None
        if attempt is None:
            raise HubError("an answer to a sign-in that was begun in this browser", "one that was not, or is over", AGAIN)
        if answer.get("iss", self._provider.issuer).rstrip("/") != self._provider.issuer:
            raise HubError("an answer of the Hub", "one of another issuer", AGAIN)
        if "error" in answer:
            raise Denied("a yes on the Hub's page", "a no", "Sign in again, or work without it.")
        if not answer.get("code"):
            raise HubError("a code from the Hub", "none", AGAIN)
        return self._token(attempt, answer["code"])

    def _forget_old(self) -> None:
        now = self._clock()
        for state in [state for state, attempt in self._begun.items() if attempt.ends <= now]:
            del self._begun[state]

    def _metadata(self) -> dict[str, Any]:
        """What the provider says about itself (OpenID Connect Discovery 1.0); it is asked once."""
        if self._known:
            return self._known
        known = self._asked("GET", f"{self._provider.issuer}/.well-known/openid-configuration")
        if str(known.get("issuer", "")).rstrip("/") != self._provider.issuer:
            raise HubError("the Hub's sign-in", "another issuer", "Tell the administrator: OPENID_PROVIDER_URL names another one.")
        for name in ("authorization_endpoint", "token_endpoint"):
            if _origin(str(known.get(name, ""))) != _origin(self._provider.issuer):
                raise HubError("the Hub's sign-in", f"its {name} on another server", "Tell the administrator.")
        self._known = known
        return known

    def _token(self, attempt: Attempt, code: str) -> tuple[str, float | None]:
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": self._provider.origin + CALLBACK}
        if attempt.verifier:
            form["code_verifier"] = attempt.verifier
        given = self._asked("POST", attempt.token_address, form=form)
        token, lives = given.get("access_token"), given.get("expires_in")
        if not isinstance(token, str) or not token or str(given.get("token_type", "bearer")).lower() != "bearer":
            raise HubError("a token from the Hub", "none", AGAIN)
        if "id_token" in given:
            self._check_identity(str(given["id_token"]))
        return token, float(lives) if isinstance(lives, int | float) else None

    def _check_identity(self, identity: str) -> None:
        """Refuses an identity token of another issuer or for another client."""
        try:
            body = identity.split(".")[1]
            said = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
            issuer, audience = str(said["iss"]).rstrip("/"), said["aud"]
        except (ValueError, LookupError, TypeError) as error:
            raise HubError("an identity token of the Hub", "one that cannot be read", AGAIN) from error
        if issuer != self._provider.issuer:
            raise HubError("an identity token of the Hub", "one of another issuer", AGAIN)
        if self._provider.client not in (audience if isinstance(audience, list) else [audience]):
            raise HubError("an identity token for this server", "one for another", AGAIN)

    def _asked(self, method: str, address: str, form: Mapping[str, str] | None = None) -> dict[str, Any]:
        """JSON of one request; no word of what was sent or answered is in an error."""
        import httpx2

        own = (self._provider.client, self._provider.secret) if form is not None else None
        try:
            answer = httpx2.request(method, address, data=form, auth=own, timeout=self._settings.hub_probe_seconds, follow_redirects=False)
            said = answer.json() if answer.status_code == 200 else None
        except (httpx2.HTTPError, OSError, ValueError) as error:
            raise HubError("the Hub's sign-in", f"no answer ({type(error).__name__})", AGAIN) from None
        if not isinstance(said, dict):
            raise HubError("the Hub's sign-in", f"status {answer.status_code}", AGAIN)
        return said


class Denied(HubError):
    """The user, or the Hub, said no."""


def _origin(address: str) -> tuple[str, str | None, int | None]:
    try:
        parts = urlsplit(address)
        return parts.scheme, parts.hostname, parts.port
    except ValueError:
        return "", None, None


def _is_safe(address: str) -> bool:
    scheme, host, _ = _origin(address)
    return bool(host) and (scheme == "https" or (scheme == "http" and _is_loopback(host)))


def _is_loopback(host: str) -> bool:
    name = urlsplit(f"//{host}").hostname or ""
    try:
        return name == "localhost" or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
