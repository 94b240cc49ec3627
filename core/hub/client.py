"""What the rooms above need of the Hub. The endpoint is read from the environment by huggingface_hub, never from a user."""

from __future__ import annotations

import ipaddress
import json
import queue
import threading
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from core.errors import HubError, NotAllowed
from core.files import write_bytes
from core.hub.errors import LOCAL_MODEL, one_error
from core.settings import Settings

# Weights as safetensors, and the text files that go with them. Pickles are not even downloaded.
PATTERNS = ("*.safetensors", "*.json", "*.txt", "*.model", "README.md")
TEXT_PATTERNS = tuple(pattern for pattern in PATTERNS if pattern != "*.safetensors")
INDEX = "model.safetensors.index.json"
COMMIT_LENGTH = 40
MAIN = "main"


def is_commit(revision: str | None) -> bool:
    """A full commit id: 40 hexadecimal digits."""
    return revision is not None and len(revision) == COMMIT_LENGTH and set(revision) <= set("0123456789abcdef")


def endpoint() -> str:
    """The address of the Hub.

    Raises:
        NotAllowed: it is neither https nor a server of this machine.
    """
    from huggingface_hub import constants

    address = urlsplit(constants.ENDPOINT)
    host = address.hostname or ""
    if address.scheme == "https" or host == "localhost":
        return constants.ENDPOINT
    try:
        loopback = ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if address.scheme != "http" or not loopback:
        raise NotAllowed("HF_ENDPOINT with https, or on this machine", constants.ENDPOINT, "Correct the environment of the server.")
    return constants.ENDPOINT


def probe(settings: Settings, *, seconds: float | None = None) -> None:
    """Asks the Hub for a sign of life, once and without a retry: its client needs 23 s to find out that nobody answers.

    Args:
        seconds: what is left of ``hub_probe_seconds``, where other questions have taken some of it.

    Raises:
        HubError: no answer within ``hub_probe_seconds``, or the Hub is switched off by HF_HUB_OFFLINE.
    """
    from huggingface_hub import constants

    if constants.is_offline_mode():
        raise HubError("the Hub", "HF_HUB_OFFLINE, which switches it off", LOCAL_MODEL)
    address, answers = endpoint(), queue.SimpleQueue()
    seconds = settings.hub_probe_seconds if seconds is None else seconds
    # Name resolution knows no timeout of its own, hence the thread.
    threading.Thread(target=_ask, args=(address, seconds, answers), daemon=True).start()
    try:
        problem = answers.get(timeout=seconds)
    except queue.Empty:
        problem = f"no answer within {settings.hub_probe_seconds:g} s"
    if problem:
        raise HubError("the Hub", f"{problem} from {address}", LOCAL_MODEL)


def _ask(address: str, seconds: float, answers: queue.SimpleQueue[str]) -> None:
    import httpx2

    try:
        status = httpx2.head(address, timeout=seconds).status_code
    except (httpx2.HTTPError, OSError, ValueError) as error:
        answers.put(f"{type(error).__name__}")
    else:
        answers.put(f"status {status}" if status >= 500 else "")


def cached_snapshot(repository: str, revision: str | None) -> tuple[str, Path] | None:
    """Commit and folder of a snapshot that an earlier download left, weights included; without the network."""
    from huggingface_hub import try_to_load_from_cache

    with one_error(f"model {repository}"):
        config = try_to_load_from_cache(repository, "config.json", revision=revision)
    if not isinstance(config, str):
        return None
    folder = Path(config).parent
    return (folder.name, folder) if is_commit(folder.name) and has_weights(folder) else None


def has_weights(folder: Path) -> bool:
    """Whether a snapshot has weights: where they are several files, all that their index names."""
    try:
        named = json.loads((folder / INDEX).read_bytes())["weight_map"].values()
    except FileNotFoundError:
        return any(folder.glob("*.safetensors"))
    except (ValueError, KeyError, TypeError, AttributeError):
        return False
    return all((folder / str(name)).is_file() for name in named)


def cached_tokenizer(repository: str, revision: str | None) -> tuple[str, Path] | None:
    """Commit and folder of a snapshot whose tokenizer an earlier download left, with or without weights; without the network."""
    from huggingface_hub import try_to_load_from_cache

    with one_error(f"model {repository}"):
        found = try_to_load_from_cache(repository, "tokenizer_config.json", revision=revision)
    if not isinstance(found, str):
        return cached_snapshot(repository, revision)
    folder = Path(found).parent
    return (folder.name, folder) if is_commit(folder.name) else None


def download(
    repository: str, commit: str, *, name: str | None = None, patterns: Sequence[str] = PATTERNS, token: str | None = None
) -> Path:
    """The snapshot's folder, after fetching what is missing: safetensors and text files only.

    Args:
        repository: owner/name.
        commit: the commit to fetch.
        name: branch or tag that stands for this commit now. It is noted as the client itself would, for times without a network.
        token: of whoever asks; without one, nobody's.
        patterns: which files.

    Raises:
        HubError: the download broke off.
    """
    from huggingface_hub import snapshot_download

    with one_error(f"model {repository}"):
        folder = Path(snapshot_download(repository, revision=commit, allow_patterns=list(patterns), token=token or False))
        if name and not is_commit(name):
            note = folder.parents[1] / "refs" / name
            note.parent.mkdir(parents=True, exist_ok=True)
            write_bytes(note, commit.encode())
    return folder
