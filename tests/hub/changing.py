"""What changes repositories of the loopback Hub: new ones, branches, and commits of small files and of large ones by LFS."""

from __future__ import annotations

import base64
import json
from typing import Any

from tests.hub.answering import A_REVISION, API, FILE, KINDS, Answering, Route
from tests.hub.repositories import MAIN, MODEL, Missing, Repository, blob_id, is_lfs, sha256

ROUTES: tuple[Route, ...] = (
    ("POST", r"/api/repos/create", "create"),
    ("DELETE", r"/api/repos/delete", "delete"),
    ("POST", rf"{API}/branch/(?P<name>.+)", "branch"),
    ("POST", rf"{API}/preupload/{A_REVISION}", "preupload"),
    ("POST", rf"{FILE}\.git/info/lfs/objects/batch", "lfs_batch"),
    ("PUT", r"/lfs/(?P<oid>[0-9a-f]{64})", "lfs_put"),
    ("POST", rf"{API}/commit/{A_REVISION}", "commit"),
)


class Changing(Answering):
    """Whoever may write can do this, and others by a pull request."""

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
