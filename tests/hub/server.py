"""A Hub of this machine: enough of its HTTP API for the real clients, with faults on demand.

    with LoopbackHub() as hub:
        hub.shelf.add("model", "owner/tiny", {"config.json": b"{}"})
        ...                                    # clients with HF_ENDPOINT=hub.url
        assert hub.asked("GET", "/resolve/")

Downloads are whole files or ranges with an ETag; uploads go as the commits of the API, large files by LFS (``HF_HUB_DISABLE_XET=1``).
"""

from __future__ import annotations

import base64
import contextlib
import json
import re
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.hub import facts
from tests.hub.faults import Faults
from tests.hub.repositories import DATASET, MAIN, MODEL, SPACE, Missing, Repository, Shelf, blob_id, is_lfs, sha256
from tests.hub.signing import Oauth, SigningIn

KINDS = {"models": MODEL, "datasets": DATASET, "spaces": SPACE}
PAGE = 50
STATUS = {"RepoNotFound": 404, "RevisionNotFound": 404, "EntryNotFound": 404, "GatedRepo": 403}


@dataclass(frozen=True)
class Asked:
    """A request that came in. ``user`` is whose token it had."""

    method: str
    path: str
    user: str | None
    headers: dict[str, str] = field(repr=False, default_factory=dict)


class LoopbackHub:
    """The server. Attributes: ``url``, ``shelf``, ``faults``, ``requests``, ``oauth``."""

    def __init__(self) -> None:
        self.shelf, self.faults, self.oauth = Shelf(), Faults(), Oauth()
        self.requests: list[Asked] = []
        hub = self

        class Handler(_Handler):
            pass

        Handler.hub = hub
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def asked(self, method: str, part: str) -> list[Asked]:
        """The requests of a method whose address has this part."""
        return [one for one in self.requests if one.method == method and part in one.path]

    def __enter__(self) -> LoopbackHub:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Handler(SigningIn, BaseHTTPRequestHandler):
    """One request."""

    hub: LoopbackHub
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.serve()

    def do_HEAD(self) -> None:
        self.serve()

    def do_POST(self) -> None:
        self.serve()

    def do_PUT(self) -> None:
        self.serve()

    def do_DELETE(self) -> None:
        self.serve()

    def log_message(self, *_: object) -> None:
        """Nothing: the tests read ``requests``."""

    def serve(self) -> None:
        """Reads the request, meets its faults, and answers."""
        self.body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.headers.get("Transfer-Encoding") == "chunked":
            self.body = self.unchunked()
        address = urlsplit(self.path)
        self.asked_path, self.query = unquote(address.path), parse_qs(address.query, keep_blank_values=True)
        given = self.headers.get("Authorization") or ""
        token = "" if given.startswith("Basic ") else given.removeprefix("Bearer ")  # a client of OAuth, not a user
        self.user = self.hub.shelf.tokens.get(token)
        self.hub.requests.append(Asked(self.command, self.path, self.user, dict(self.headers)))
        self.fault = self.hub.faults.met_by(self.command, self.path)
        if self.fault:
            time.sleep(self.fault.wait)
            if self.fault.status:
                self.send(b"{}", status=self.fault.status, headers=dict(self.fault.headers))
                return
        if token and self.user is None:
            self.send(b'{"error": "Invalid credentials"}', status=401)
            return
        try:
            self.route()
        except Missing as missing:
            self.refuse(str(missing))

    def unchunked(self) -> bytes:
        parts = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def route(self) -> None:
        """Finds who answers."""
        for method, pattern, name in ROUTES:
            found = re.fullmatch(pattern, self.asked_path)
            if found and (method == self.command or (method == "GET" and self.command == "HEAD")):
                getattr(self, name)(**found.groupdict())
                return
        self.send(b'{"error": "no such address"}', status=404)

    # who and what

    def home(self) -> None:
        self.send(b"a Hub")

    def whoami(self) -> None:
        if self.user is None:
            self.send(b'{"error": "Invalid username or password."}', status=401)
        else:
            self.json(facts.whoami(self.user))

    def listing(self, kinds: str) -> None:
        found = facts.search(self.hub.shelf.listed(KINDS[kinds], self.user), self.query)
        size, start = int(self.query.get("limit", [PAGE])[0]), int(self.query.get("cursor", [0])[0])
        more = {}
        if start + size < len(found):
            rest = "&".join(f"{key}={value}" for key, values in self.query.items() if key != "cursor" for value in values)
            more["Link"] = f'<{self.hub.url}/api/{kinds}?{rest}&cursor={start + size}>; rel="next"'
        self.json(found[start : start + size], headers=more)

    def info(self, kinds: str, repo: str, revision: str | None = None) -> None:
        found = self.repository(KINDS[kinds], repo)
        self.json(facts.info(found, found.at(revision or MAIN), sizes="blobs" in self.query))

    def tree(self, kinds: str, repo: str, revision: str, folder: str | None = None) -> None:
        found = self.readable(KINDS[kinds], repo)
        flags = {name: self.query.get(name, ["false"])[0].lower() in ("true", "1") for name in ("recursive", "expand")}
        self.json(facts.tree(found.at(revision), (folder or "").strip("/"), **flags))

    def paths_info(self, kinds: str, repo: str, revision: str) -> None:
        found = self.readable(KINDS[kinds], repo).at(revision)
        asked = parse_qs(self.body.decode()).get("paths", []) if b"{" not in self.body[:1] else json.loads(self.body)["paths"]
        self.json([facts.entry(path, found.files[path], commit=found) for path in asked if path in found.files])

    def history(self, kinds: str, repo: str, revision: str) -> None:
        self.json([facts.history_entry(commit) for commit in self.readable(KINDS[kinds], repo).history(revision)])

    def references(self, kinds: str, repo: str) -> None:
        self.json(facts.references(self.readable(KINDS[kinds], repo)))

    def discussions(self, kinds: str, repo: str) -> None:
        found = self.readable(KINDS[kinds], repo)
        by = self.query.get("author", [None])[0]
        listed = [facts.discussion(found, pull) for pull in reversed(found.pulls) if by in (None, pull["author"])]
        self.json({"discussions": listed, "count": len(listed), "start": 0})

    def access(self, kinds: str, repo: str) -> None:
        self.readable(KINDS[kinds], repo)
        self.json({})

    def validate(self) -> None:
        """A card is taken as it is."""
        self.json({"errors": [], "warnings": []})

    # files

    def file(self, repo: str, revision: str, path: str, prefix: str | None = None) -> None:
        found = self.readable(KINDS.get((prefix or "models/").strip("/"), MODEL), repo)
        commit = found.at(revision)
        self.commit_header = {"X-Repo-Commit": commit.oid}
        if path not in commit.files:
            raise Missing("EntryNotFound")
        content = commit.files[path]
        large = is_lfs(path, content)
        etag = sha256(content) if large else blob_id(content)
        headers = {"ETag": f'"{etag}"', "X-Repo-Commit": commit.oid, "Accept-Ranges": "bytes"}
        if large:
            headers |= {"X-Linked-ETag": f'"{etag}"', "X-Linked-Size": str(len(content))}
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range") or "")
        if not asked:
            self.send(content, headers=headers, kind="application/octet-stream")
            return
        first, last = int(asked[1]), min(int(asked[2] or len(content) - 1), len(content) - 1)
        headers["Content-Range"] = f"bytes {first}-{last}/{len(content)}"
        self.send(content[first : last + 1], status=206, headers=headers, kind="application/octet-stream")

    # changes

    def create(self) -> None:
        asked = json.loads(self.body)
        name, kind = f"{asked.get('organization') or self.writer()}/{asked['name']}", asked.get("type") or MODEL
        if (kind, name) in self.hub.shelf.repositories:
            self.json({"error": "You already created this repo", "url": self.address(kind, name)}, status=409)
            return
        private = asked.get("visibility") == "private" or bool(asked.get("private"))
        self.hub.shelf.add(kind, name, private=private, facts={"sdk": asked["sdk"]} if asked.get("sdk") else {})
        self.json({"url": self.address(kind, name), "name": name, "id": name})

    def delete(self) -> None:
        asked = json.loads(self.body)
        name = f"{asked.get('organization') or self.writer()}/{asked['name']}"
        found = self.writable(asked.get("type") or MODEL, name)
        del self.hub.shelf.repositories[found.kind, found.id]
        self.json({})

    def branch(self, kinds: str, repo: str, name: str) -> None:
        found = self.writable(KINDS[kinds], repo)
        if name in found.refs:
            self.json({"error": "Reference already exists"}, status=409)
            return
        start = json.loads(self.body or b"{}").get("startingPoint") or MAIN
        found.refs[name] = found.at(start).oid
        self.json({})

    def preupload(self, kinds: str, repo: str, revision: str) -> None:
        found = self.writable(KINDS[kinds], repo, pull="create_pr" in self.query)
        there = {path: sha256(content) if is_lfs(path, content) else blob_id(content) for path, content in found.at(revision).files.items()}
        files = json.loads(self.body)["files"]
        modes = {one["path"]: "lfs" if is_lfs(one["path"], one["size"]) else "regular" for one in files}
        said = [{"path": path, "uploadMode": mode, "shouldIgnore": False, "oid": there.get(path)} for path, mode in modes.items()]
        self.json({"files": said})

    def lfs_batch(self, repo: str, prefix: str | None = None) -> None:
        self.writable(KINDS.get((prefix or "models/").strip("/"), MODEL), repo, pull=True)
        answered = []
        for one in json.loads(self.body)["objects"]:
            more = {} if one["oid"] in self.hub.shelf.blobs else {"actions": {"upload": {"href": f"{self.hub.url}/lfs/{one['oid']}"}}}
            answered.append({"oid": one["oid"], "size": one["size"], "authenticated": True, **more})
        self.json({"transfer": "basic", "objects": answered})

    def lfs_put(self, oid: str) -> None:
        if sha256(self.body) != oid:
            self.send(b"not what was announced", status=400)
            return
        self.hub.shelf.blobs[oid] = self.body
        self.send(b"")

    def commit(self, kinds: str, repo: str, revision: str) -> None:
        pull = "create_pr" in self.query
        found = self.writable(KINDS[kinds], repo, pull=pull)
        lines = [json.loads(line) for line in self.body.splitlines() if line.strip()]
        header = next(line["value"] for line in lines if line["key"] == "header")
        parent = header.get("parentCommit")
        if parent and parent != found.at(revision).oid:
            self.json({"error": "A commit has happened since. Please refresh and try again."}, status=412)
            return
        files = self.changes(found, revision, lines)
        more: dict[str, Any] = {}
        if pull:
            number = len(found.pulls) + 1
            found.refs[f"refs/pr/{number}"] = found.at(revision).oid
            revision = f"refs/pr/{number}"
            more["pullRequestUrl"] = f"{self.address(found.kind, found.id)}/discussions/{number}"
        made = found.commit(files, header["summary"], header.get("description", ""), revision)
        if pull:
            found.pulls.append({"num": len(found.pulls) + 1, "oid": made.oid, "title": header["summary"], "author": self.user})
        url = f"{self.address(found.kind, found.id)}/commit/{made.oid}"
        self.json({"success": True, "commitUrl": url, "commitOid": made.oid, "hookOutput": "", **more})

    def changes(self, repo: Repository, revision: str, lines: list[dict[str, Any]]) -> dict[str, bytes | None]:
        """Content by path of a commit's operations; ``None`` where a file goes."""
        files: dict[str, bytes | None] = {}
        for line in lines:
            value = line["value"]
            if line["key"] == "file":
                files[value["path"]] = base64.b64decode(value["content"])
            elif line["key"] == "lfsFile":
                files[value["path"]] = self.hub.shelf.blobs[value["oid"]]
            elif line["key"] == "deletedFile":
                if value["path"] not in repo.at(revision).files:
                    raise Missing("EntryNotFound")
                files[value["path"]] = None
            elif line["key"] == "deletedFolder":
                folder = value["path"].rstrip("/") + "/"
                files |= {path: None for path in repo.at(revision).files if path.startswith(folder)}
        return files

    # helpers

    def address(self, kind: str, name: str) -> str:
        return f"{self.hub.url}/{facts.PREFIX[kind]}{name}"

    def writer(self) -> str:
        """Who is signed in.

        Raises:
            Missing: nobody.
        """
        if self.user is None:
            raise Missing("RepoNotFound")
        return self.user

    def repository(self, kind: str, name: str) -> Repository:
        return self.hub.shelf.get(kind, name, self.user)

    def readable(self, kind: str, name: str) -> Repository:
        found = self.repository(kind, name)
        if reason := found.readable_by(self.user):
            raise Missing(reason)
        return found

    def writable(self, kind: str, name: str, *, pull: bool = False) -> Repository:
        found = self.repository(kind, name)
        if self.writer() != found.owner and not pull:
            raise Missing("RepoNotFound")
        return found

    def refuse(self, code: str) -> None:
        status = STATUS[code]
        if code in ("RepoNotFound", "GatedRepo") and self.user is None:
            status = 401
        headers = {"X-Error-Code": code, "X-Error-Message": f"{code}: {self.asked_path}"} | getattr(self, "commit_header", {})
        self.json({"error": code}, status=status, headers=headers)

    def json(self, value: object, *, status: int = 200, headers: dict[str, str] | None = None) -> None:
        self.send(json.dumps(value).encode(), status=status, headers=headers)

    def send(self, body: bytes, *, status: int = 200, headers: dict[str, str] | None = None, kind: str = "application/json") -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value.encode("ascii", "replace").decode())
        self.end_headers()
        if self.command == "HEAD":
            return
        cut = self.fault.cut if self.fault else None
        body = body if cut is None else body[:cut]
        if not (self.fault and self.fault.drip):
            self.wfile.write(body)
        else:
            with contextlib.suppress(OSError):  # nobody has to wait for it
                for at in range(len(body)):
                    self.wfile.write(body[at : at + 1])
                    time.sleep(self.fault.drip)
        if cut is not None:
            self.close_connection = True


_KINDS = r"(?P<kinds>models|datasets|spaces)"
_REPO = r"(?P<repo>[^/]+/[^/]+)"
_API = rf"/api/{_KINDS}/{_REPO}"
_FILE = rf"/(?P<prefix>datasets/|spaces/)?{_REPO}"
_REVISION = r"(?P<revision>refs/pr/\d+|[^/]+)"

ROUTES = (
    ("GET", r"/", "home"),
    ("GET", r"/api/whoami-v2", "whoami"),
    ("GET", r"/\.well-known/openid-configuration", "openid"),
    ("GET", r"/oauth/authorize", "authorize"),
    ("POST", r"/oauth/token", "token"),
    ("GET", r"/oauth/userinfo", "userinfo"),
    ("GET", rf"/api/{_KINDS}", "listing"),
    ("GET", rf"{_API}/revision/(?P<revision>.+)", "info"),
    ("GET", rf"{_API}/tree/{_REVISION}(?P<folder>/.*)?", "tree"),
    ("POST", rf"{_API}/paths-info/{_REVISION}", "paths_info"),
    ("GET", rf"{_API}/commits/{_REVISION}", "history"),
    ("GET", rf"{_API}/refs", "references"),
    ("GET", rf"{_API}/discussions", "discussions"),
    ("GET", rf"{_API}/auth-check", "access"),
    ("GET", _API, "info"),
    ("GET", rf"{_FILE}/resolve/{_REVISION}/(?P<path>.+)", "file"),
    ("POST", r"/api/validate-yaml", "validate"),
    ("POST", r"/api/repos/create", "create"),
    ("DELETE", r"/api/repos/delete", "delete"),
    ("POST", rf"{_API}/branch/(?P<name>.+)", "branch"),
    ("POST", rf"{_API}/preupload/{_REVISION}", "preupload"),
    ("POST", rf"{_FILE}\.git/info/lfs/objects/batch", "lfs_batch"),
    ("PUT", r"/lfs/(?P<oid>[0-9a-f]{64})", "lfs_put"),
    ("POST", rf"{_API}/commit/{_REVISION}", "commit"),
)
"""Method, pattern of the address, and the method of :class:`_Handler` that answers; the first that fits."""
