"""What is asked of the loopback Hub: who somebody is, what there is, and files, whole or in ranges with an ETag."""

from __future__ import annotations

import json
import re
from urllib.parse import parse_qs

from tests.hub import facts
from tests.hub.answering import A_KIND, A_REVISION, API, FILE, KINDS, Answering, Route
from tests.hub.repositories import MAIN, MODEL, Missing, blob_id, is_lfs, sha256

PAGE = 50  # repositories of a search
ROUTES: tuple[Route, ...] = (
    ("GET", r"/", "home"),
    ("GET", r"/api/whoami-v2", "whoami"),
    ("GET", rf"/api/{A_KIND}", "listing"),
    ("GET", rf"{API}/revision/(?P<revision>.+)", "info"),
    ("GET", rf"{API}/tree/{A_REVISION}(?P<folder>/.*)?", "tree"),
    ("POST", rf"{API}/paths-info/{A_REVISION}", "paths_info"),
    ("GET", rf"{API}/commits/{A_REVISION}", "history"),
    ("GET", rf"{API}/refs", "references"),
    ("GET", rf"{API}/discussions", "discussions"),
    ("GET", rf"{API}/auth-check", "access"),
    ("GET", API, "info"),
    ("GET", rf"{FILE}/resolve/{A_REVISION}/(?P<path>.+)", "file"),
    ("POST", r"/api/validate-yaml", "validate"),
)


class Reading(Answering):
    """Nothing here changes a repository."""

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
