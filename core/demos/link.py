"""Where a demo that runs can be found, for its owner alone: the path in it cannot be guessed."""

from __future__ import annotations

import ipaddress
from contextlib import suppress

from pydantic import BaseModel, ConfigDict, ValidationError

from core.files import replacing
from core.runs import RunFolder

FILE = "link.json"
OWNER_ONLY = 0o600  # from the first byte on: a mode that is set afterwards comes too late


class Link(BaseModel):
    """Address of a demo.

    Args:
        host: address that it listens on.
        port: of this host.
        path: text that only the owner is told.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str
    port: int
    path: str

    def url(self, host: str = "") -> str:
        """The link. Args: ``host``: name by which the owner reaches this server, where the demo listens to more than this machine."""
        return f"http://{host if host and not self.local else link_host(self.host)}:{self.port}/{self.path}/"

    @property
    def local(self) -> bool:
        """Whether it can be opened on this machine alone."""
        return is_local(self.host)


def is_local(host: str) -> bool:
    """Whether an address to listen on is one that only this machine reaches."""
    with suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost"


def link_host(host: str) -> str:
    """By which this machine itself reaches what listens on an address."""
    if host in ("0.0.0.0", "::", ""):
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def note_link(run: RunFolder, link: Link) -> None:
    """Writes it beside the run, readable by this user of the machine alone."""
    with replacing(run.path / FILE) as temporary:
        temporary.touch(mode=OWNER_ONLY, exist_ok=False)
        temporary.write_bytes(link.model_dump_json().encode())


def forget_link(run: RunFolder) -> None:
    """Once the demo has ended."""
    (run.path / FILE).unlink(missing_ok=True)


def read_link(run: RunFolder, owner: str) -> Link | None:
    """The link of a demo that answers; ``None`` where it does not (yet), and for everybody but its owner."""
    if run.owner() != owner:
        return None
    try:
        return Link.model_validate_json((run.path / FILE).read_bytes())
    except (OSError, ValidationError):
        return None
