"""A real HTTP server that speaks the Hub's protocol, with faults that can be switched on.

    with HubServer() as hub:
        hub.add("owner/name").commit({"manifest.json": b"{}"})
        hub.fault("manifest.json", status=503, times=2)
        ...  # endpoint: hub.url; what was asked: hub.requests

The Hub listens on 127.0.0.1 and the storage, where it redirects large files, on `localhost`: another host, as in life.
`python tests/hub_server.py FOLDER` serves a folder as the dataset test/index and prints its endpoint.
"""

from __future__ import annotations

import json
import re
import sys
import threading
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from hub_answers import Answering
from hub_faults import Fault, Request
from hub_repositories import LFS_BYTES, Blob, Repositories, Repository

_API = re.compile(r"/api/(models|datasets)/([^/]+/[^/]+)(?:/(revision|tree|paths-info|preupload|commit)/([^/]+))?/?")
_RESOLVE = re.compile(r"/(datasets/)?([^/]+/[^/]+)/resolve/([^/]+)/(.+)")
_BATCH = re.compile(r"/(datasets/)?([^/]+/[^/]+)\.git/info/lfs/objects/batch")
STORAGE = "/storage/"


class _Handler(Answering):
    hub: HubServer

    def setup(self) -> None:
        super().setup()
        self.hub.connections.append(self.connection)

    def do_GET(self) -> None:
        self._handle()

    do_HEAD = do_POST = do_PUT = do_GET

    def _handle(self) -> None:
        quoted = urlsplit(self.path).path
        path = unquote(quoted)
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        if self.headers.get("Transfer-Encoding") == "chunked":
            body = self._read_chunks()
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.seen = Request(self.command, path, headers.get("host", ""), headers)
        with self.hub.lock:
            self.hub.requests.append(self.seen)
            self.fault = next((fault for fault in self.hub.faults if fault.fits(self.command, path)), Fault(""))
        try:
            if self.fault.stall is not None and self.command == "HEAD":
                # It has no body to stall in.
                self.hub.closing.wait(self.fault.stall)
            self._answer(quoted, body)
        except (ConnectionError, TimeoutError):
            self.close_connection = True

    def _read_chunks(self) -> bytes:
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def _answer(self, path: str, body: bytes) -> None:
        fault = self.fault
        if fault.drop:
            self.close_connection = True
        elif fault.status is not None:
            self.send(fault.status, fault.body or b"", fault.headers)
        elif path.startswith(STORAGE):
            self._storage(path.removeprefix(STORAGE), body)
        elif found := _RESOLVE.fullmatch(path):
            self._resolve("dataset" if found[1] else "model", found[2], unquote(found[3]), unquote(found[4]))
        elif path == "/api/repos/create":
            value = json.loads(body)
            name = "/".join(part for part in (value.get("organization"), value["name"]) if part)
            created = self.hub.repositories.add(name, value.get("type") or "model")
            if not created.branches:
                created.commit({".gitattributes": b"*.bin filter=lfs\n"})
            self.json({"url": f"{self.hub.url}/{value.get('type', 'model')}s/{name}"})
        elif path == "/api/validate-yaml":
            self.json({"errors": [], "warnings": []})
        elif found := _BATCH.fullmatch(path):
            self._batch(json.loads(body))
        elif found := _API.fullmatch(path):
            self._api(found[1].removesuffix("s"), found[2], found[3], unquote(found[4] or "main"), body)
        else:
            self.send(404, b"<html>nothing here</html>", {"Content-Type": "text/html"})

    def _storage(self, digest: str, body: bytes) -> None:
        if self.command in ("PUT", "POST"):
            if self.command == "PUT":
                self.hub.repositories.objects[digest] = Blob(body)
            self.json({})
        elif digest in self.hub.stored:
            self.content(self.hub.stored[digest], {"ETag": f'"{digest}"'})
        else:
            self.send(403, b"")

    def _resolve(self, kind: str, name: str, revision: str, path: str) -> None:
        repository = self.hub.repositories.by_name.get((kind, name))
        if repository is None:
            return self.error(401, "RepoNotFound")
        commit = repository.resolve(revision)
        if commit is None:
            return self.error(404, "RevisionNotFound")
        blob = repository.commits[commit].get(path)
        if blob is None:
            return self.error(404, "EntryNotFound", {"X-Repo-Commit": commit})
        if not blob.is_lfs:
            return self.content(blob, {"X-Repo-Commit": commit, "ETag": f'"{blob.hash_with("git")}"'})
        digest = blob.hash_with("sha256")
        self.hub.stored[digest] = blob
        linked = {"X-Repo-Commit": commit, "X-Linked-Etag": f'"{digest}"', "X-Linked-Size": str(blob.size)}
        self.send(302, b"", {**linked, "Location": f"{self.hub.storage_url}{STORAGE}{digest}"})

    def _api(self, kind: str, name: str, what: str | None, revision: str, body: bytes) -> None:
        repository = self.hub.repositories.by_name.get((kind, name))
        if repository is None:
            return self.error(401, "RepoNotFound")
        if what == "preupload":
            files = [_upload_mode(file) for file in json.loads(body)["files"]]
            return self.json({"files": files})
        if what == "commit":
            lines = [json.loads(line) for line in body.splitlines() if line.strip()]
            commit = self.hub.repositories.apply(repository, lines, revision)
            url = f"{self.hub.url}/{kind}s/{name}/commit/{commit}"
            return self.json({"success": True, "commitOid": commit, "commitUrl": url, "hookOutput": ""})
        return self._describe(repository, name, what, revision, body)

    def _describe(self, repository: Repository, name: str, what: str | None, revision: str, body: bytes) -> None:
        commit = repository.resolve(revision)
        if commit is None:
            return self.error(404, "RevisionNotFound")
        blobs = repository.commits[commit]
        if what == "tree":
            return self.json([blob.tree_entry(path) for path, blob in blobs.items()])
        if what == "paths-info":
            wanted = _paths(body)
            return self.json([blob.tree_entry(path) for path, blob in blobs.items() if path in wanted])
        date = "2026-01-01T00:00:00.000Z"
        about = {
            "id": name,
            "sha": commit,
            "private": False,
            "gated": False,
            "disabled": False,
            "tags": [],
            "downloads": 0,
        }
        self.json(
            {
                **about,
                "likes": 0,
                "createdAt": date,
                "lastModified": date,
                "siblings": [{"rfilename": p} for p in blobs],
            }
        )

    def _batch(self, value: dict[str, Any]) -> None:
        objects = []
        for wanted in value["objects"]:
            href = f"{self.hub.storage_url}{STORAGE}{wanted['oid']}"
            stored = wanted["oid"] in self.hub.repositories.objects
            actions = {} if stored else {"actions": {"upload": {"href": href}, "verify": {"href": href}}}
            objects.append({**wanted, **actions})
        self.json({"transfer": "basic", "objects": objects}, {"Content-Type": "application/vnd.git-lfs+json"})


def _upload_mode(file: dict[str, Any]) -> dict[str, Any]:
    mode = "lfs" if file["size"] >= LFS_BYTES else "regular"
    return {"path": file["path"], "uploadMode": mode, "shouldIgnore": False, "oid": None}


def _paths(body: bytes) -> set[str]:
    try:
        return set(json.loads(body)["paths"])
    except ValueError:
        return {
            unquote(part.partition("=")[2]).replace("+", " ")
            for part in body.decode().split("&")
            if part.startswith("paths=")
        }


class HubServer:
    """The Hub and its storage, on free ports of the loopback. `faults` are tried in order for each request."""

    def __init__(self) -> None:
        self.repositories = Repositories()
        self.stored: dict[str, Blob] = {}
        self.faults: list[Fault] = []
        self.requests: list[Request] = []
        self.connections: list[Any] = []
        self.lock = threading.Lock()
        self.closing = threading.Event()
        handler = type("Handler", (_Handler,), {"hub": self, "closing": self.closing})
        self._servers = [ThreadingHTTPServer(("127.0.0.1", 0), handler) for _ in range(2)]
        self.url = f"http://127.0.0.1:{self._servers[0].server_port}"
        self.storage_url = f"http://localhost:{self._servers[1].server_port}"

    def add(self, name: str, kind: str = "dataset") -> Repository:
        """A repository, made at the first call."""
        return self.repositories.add(name, kind)

    def fault(self, pattern: str, **trouble: Any) -> Fault:
        """Switch a fault on for requests whose path contains this pattern (a regular expression)."""
        fault = Fault(pattern, **trouble)
        with self.lock:
            self.faults.append(fault)
        return fault

    def bytes_sent(self, pattern: str = STORAGE) -> int:
        """Bytes of bodies that went out for paths that contain this pattern."""
        return sum(request.sent for request in self.requests if re.search(pattern, request.path))

    def __enter__(self) -> HubServer:
        for server in self._servers:
            server.daemon_threads = True
            server.block_on_close = False
            threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        for server in self._servers:
            server.shutdown()
            server.server_close()


def main() -> None:
    """Serve one folder until standard input ends."""
    with HubServer() as hub:
        hub.add("test/index").commit_folder(Path(sys.argv[1]))
        print(hub.url, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
