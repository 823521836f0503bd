"""A simulated Bluesky: one server with its index and its chat, over XRPC (lexicons of 2026)."""

import base64
import re
from collections.abc import Callable
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlsplit

import msgspec

from earful.channels.bluesky.records import POST, tid
from earful.channels.hooks import Answer, Asked
from earful.channels.kit.text import Counter, count
from earful.model.message import Network
from earful.model.time import HOUR, Instant, rfc3339
from earful.playground.networks.jetstream import Jetstream
from earful.playground.networks.shapes import Shape, problems
from earful.playground.networks.simulator import Pushed, Refusal, Simulator, Told, Wiring, as_json, body_of
from earful.playground.networks.world import Account, Happened, Said, SentFile

PASSWORD = "abcd-efgh-ijkl-mnop"  # noqa: S105 - of a network that is not there
_REFERENCE: Shape = {"uri!": re.compile(r"at://\S+"), "cid!": str}
_FACET: Shape = {
    "index!": {"byteStart!": int, "byteEnd!": int}, "features!": [{"$type!": str, "uri": str, "did": str, "tag": str}],
}  # fmt: skip
_IMAGES: Shape = {
    "$type!": ("app.bsky.embed.images",),
    "images!": [
        {
            "image!": {"$type!": ("blob",), "ref!": {"$link!": str}, "mimeType!": re.compile("image/.+"), "size!": int},
            "alt!": str, "aspectRatio": dict,
        }
    ],
}  # fmt: skip
LARGEST_IMAGE = 2_000_000
_BODIES: dict[str, Shape] = {
    "com.atproto.server.createSession": {"identifier!": str, "password!": str, "authFactorToken": str},
    "com.atproto.repo.putRecord": {
        "repo!": str, "collection!": str, "rkey!": re.compile(r"[234567abcdefghij][234567a-z]{12}"), "validate": bool,
        "swapRecord": str, "swapCommit": str,
        "record!": {
            "$type!": (POST,), "text!": str, "createdAt!": re.compile(r"\d{4}-\d\d-\d\dT\S+Z"), "langs": [str],
            "facets": [_FACET], "embed": _IMAGES, "reply": {"root!": _REFERENCE, "parent!": _REFERENCE},
        },
    },
    "chat.bsky.convo.sendMessage": {
        "convoId!": str, "message!": {"text!": str, "facets": [_FACET], "embed": dict, "replyTo": dict}
    },
}  # fmt: skip
_QUERIES: dict[str, Shape] = {
    "app.bsky.notification.listNotifications": {"reasons": str, "limit": str, "cursor": str, "priority": str},
    "app.bsky.feed.getPosts": {"uris!": str},
    "app.bsky.actor.getProfile": {"actor!": str},
    "com.atproto.repo.listRecords": {"repo!": str, "collection!": str, "limit": str, "cursor": str, "reverse": str},
    "com.atproto.repo.getRecord": {"repo!": str, "collection!": str, "rkey!": str, "cid": str},
    "chat.bsky.convo.getLog": {"cursor": str},
    "chat.bsky.convo.getConvoForMembers": {"members!": str},
    "chat.bsky.convo.getMessages": {"convoId!": str, "limit": str, "cursor": str},
    "chat.bsky.convo.listConvos": {"limit": str, "cursor": str},
}  # fmt: skip


class BlueskySimulator(Simulator):
    """What a customer says in public mentions the brand. Nothing is pushed."""

    network: ClassVar[Network] = Network.BLUESKY
    renews: ClassVar[bool] = True
    has_edits: ClassVar[bool] = False
    unknown_kind: ClassVar[str] = "hologram"
    permission: ClassVar[str] = "write"

    def __init__(self, base_url: str, clock: Callable[[], Instant]) -> None:
        super().__init__(base_url, clock)
        self.sign_ins = 0
        self._keys: dict[str, str] = {}
        self._embeds: dict[str, dict[str, Any]] = {}
        self.jetstream = Jetstream()

    def wiring(self) -> Wiring:
        """With an app password, and quick looks."""
        settings = {"handle": f"{self.world.brand.handle}.test", "server": self.base_url}
        return Wiring(
            settings=settings
            | {
                "poll_seconds": 5,
                "look_again_minutes": 1,
                "watch": [self.world.brand.name],
                "jetstream": self.base_url.replace("http", "ws", 1),
            },
            secrets={"app_password": PASSWORD},
        )

    def deliveries(self, happened: Happened) -> list[Pushed]:
        """Nothing is pushed; whoever listens to all posts is told."""
        said = happened.said
        if said.private:
            return []
        commit: dict[str, Any] = {
            "did": _did(said.by), "collection": POST, "rkey": self._key(said),
            "operation": "delete" if said.deleted else "create",
        }  # fmt: skip
        if not said.deleted:
            commit |= {"record": self._value(said), "cid": _cid(self._key(said))}
        self.jetstream.tell(self.clock(), commit)
        return []

    def native_id(self, said: Said) -> str:
        """The at-uri of a post, the id of a chat message."""
        return said.id if said.private else self._uri(said)

    def handle(self, asked: Asked, path: str) -> Answer:
        """One query or procedure."""
        name = path.strip("/").removeprefix("xrpc/")
        if name == "com.atproto.server.createSession":
            return self._sign_in(self._body(asked, name))
        self._allowed(asked, name)
        if asked.method == "GET" and name in _QUERIES:
            self._check(asked, name, dict(asked.query), _QUERIES[name])
        match name:
            case "com.atproto.server.refreshSession":
                return self._session()
            case "com.atproto.server.getSession":
                return as_json({"did": _did(self.world.brand), "handle": f"{self.world.brand.handle}.test"})
            case "app.bsky.notification.listNotifications":
                there = [one for one in self._posts() if not one.ours]
                return as_json({"notifications": [self._notification(one) for one in reversed(there)]})
            case "app.bsky.actor.getProfile":
                return as_json(self._profile(self._anybody(asked.query.get("actor", ""))))
            case "app.bsky.feed.getPosts":
                wanted = [value for key, value in _pairs(asked.url) if key == "uris"]
                there = [one for one in self._posts() if self._uri(one) in wanted]
                return as_json({"posts": [self._view(one) for one in there]})
            case "com.atproto.repo.listRecords":
                ours = [one for one in self._posts() if one.ours]
                return as_json({"records": [self._record(one) for one in reversed(ours)]})
            case "com.atproto.repo.getRecord":
                return self._get(asked)
            case "com.atproto.repo.uploadBlob" | "com.atproto.repo.putRecord":
                return self._blob(asked) if name.endswith("Blob") else self._put(self._body(asked, name))
            case _ if name.startswith("chat.bsky.convo."):
                return self._chat(asked, name)
        raise Refusal(501, {"error": "MethodNotImplemented", "message": "Method Not Implemented"})

    def _sign_in(self, body: dict[str, Any]) -> Answer:
        self.sign_ins += 1
        if body.get("password") != PASSWORD or body.get("identifier") != f"{self.world.brand.handle}.test":
            raise Refusal(
                401, {"error": "AuthenticationRequired", "message": "Invalid identifier or password"}
            )
        return self._session()

    def _session(self) -> Answer:
        token = _jwt(int(self.clock() // 1000) + 2 * HOUR // 1000)
        return as_json(
            {
                "accessJwt": token, "refreshJwt": _jwt(2**33), "did": _did(self.world.brand),
                "handle": f"{self.world.brand.handle}.test", "active": True,
            }
        )  # fmt: skip

    def _allowed(self, asked: Asked, name: str) -> None:
        token = asked.headers.get("authorization", "").removeprefix("Bearer ")
        try:
            until = msgspec.json.decode(base64.urlsafe_b64decode(token.split(".")[1] + "=="))["exp"]
        except (IndexError, ValueError, KeyError):
            raise Refusal(401, {"error": "AuthMissing", "message": "Authentication Required"}) from None
        if until * 1000 < self.clock():
            raise Refusal(400, {"error": "ExpiredToken", "message": "Token has expired"})

    def _chat(self, asked: Asked, name: str) -> Answer:
        if not asked.headers.get("atproto-proxy", "").endswith("#bsky_chat"):
            raise Refusal(501, {"error": "MethodNotImplemented", "message": "Method Not Implemented"})
        chats = [one for one in self.world.said.values() if one.private and not one.deleted]
        match name.rpartition(".")[2]:
            case "listConvos":
                return as_json({"convos": []})
            case "getLog":
                after = int(asked.query.get("cursor", "0"))
                logs = [
                    {
                        "$type": "chat.bsky.convo.defs#logCreateMessage", "rev": one.id, "convoId": f"c{one.to}",
                        "message": self._message(one),
                        "relatedProfiles": [self._profile(one.by), self._profile(self.world.brand)],
                    }
                    for one in chats if int(one.id) > after
                ]  # fmt: skip
                return as_json({"logs": logs, "cursor": chats[-1].id if chats else "0"})
            case "getConvoForMembers":
                return as_json({"convo": {"id": f"c{self._customer(asked.query.get('members', '')).id}"}})
            case "getMessages":
                there = [one for one in chats if f"c{one.to}" == asked.query.get("convoId")]
                return as_json({"messages": [self._message(one) for one in reversed(there)]})
            case "sendMessage":
                body = self._body(asked, name)
                to = str(body.get("convoId", ""))[1:]
                text = str(body.get("message", {}).get("text", ""))
                said = self.world.say(self.world.brand, text, private=True, to=to)
                return as_json(self._message(said))
        raise Refusal(501, {"error": "MethodNotImplemented", "message": "Method Not Implemented"})

    def _customer(self, did: str) -> Account:
        for one in self.world.customers.values():
            if _did(one) == did:
                return one
        raise Refusal(400, {"error": "RecipientNotFound", "message": "recipient not found"})

    def _anybody(self, did: str) -> Account:
        return self.world.brand if did == _did(self.world.brand) else self._customer(did)

    def _blob(self, asked: Asked) -> Answer:
        mime = asked.headers.get("content-type", "")
        kept = self.keep_file(SentFile(name="", mime=mime, content=asked.body))
        blob = {
            "$type": "blob",
            "ref": {"$link": f"bafkrei{kept}"},
            "mimeType": mime,
            "size": len(asked.body),
        }
        return as_json({"blob": blob})

    def _pictures(self, record: dict[str, Any]) -> list[SentFile]:
        found = []
        for one in record.get("embed", {}).get("images", []):
            file = self.handed.get(one["image"]["ref"]["$link"].removeprefix("bafkrei"))
            if file is None or len(file.content) > LARGEST_IMAGE:
                raise Refusal(
                    400, {"error": "InvalidRequest", "message": "Could not find blob, or it is too large"}
                )
            found.append(msgspec.structs.replace(file, alt=one["alt"]))
        return found

    def _put(self, body: dict[str, Any]) -> Answer:
        record, key = body.get("record", {}), str(body.get("rkey"))
        if count(str(record.get("text")), Counter.GRAPHEMES) > 300:
            raise Refusal(
                400, {"error": "InvalidRequest", "message": "Record/text must not be longer than 300"}
            )
        known = next((said for said, one in self._keys.items() if one == key), None)
        if known is None:
            parent = record.get("reply", {}).get("parent", {}).get("uri", "")
            above = next((one for one in self._posts() if self._uri(one) == parent), None)
            # The key must be known before anybody is told of the post.
            pictures, parent = self._pictures(record), above.id if above else ""
            if pictures:
                self._embeds[key] = record["embed"]
            self._keys[str(int(self.world.new_id()) + 1)] = key
            self.world.say(self.world.brand, str(record.get("text")), parent=parent, files=pictures)
        return as_json({"uri": f"at://{_did(self.world.brand)}/{POST}/{key}", "cid": _cid(key)})

    def _get(self, asked: Asked) -> Answer:
        uri = "at://{repo}/{collection}/{rkey}".format_map(dict(asked.query))
        for one in self._posts():
            if self._uri(one) == uri:
                return as_json(self._record(one))
        raise Refusal(400, {"error": "RecordNotFound", "message": f"Could not locate record: {uri}"})

    def _posts(self) -> list[Said]:
        return [one for one in self.world.said.values() if not (one.private or one.deleted)]

    def limited(self, *, bare: bool) -> Told:
        """429 with the counters of a server, or without a word."""
        reset = self.clock() // 1000 + self.knobs.wait_seconds
        headers = {"ratelimit-limit": "5000", "ratelimit-remaining": "0", "ratelimit-reset": str(reset)}
        body = b'{"error":"RateLimitExceeded","message":"Rate Limit Exceeded"}'
        return Told(status=429, body=body, headers={} if bare else headers)

    def unauthorised(self) -> Told:
        """The app password was taken back."""
        return Told(status=401, body=b'{"error":"AuthenticationRequired","message":"Invalid token"}')

    def is_send(self, asked: Asked, path: str) -> bool:
        """Records and chat messages."""
        return path.endswith(("putRecord", "sendMessage"))

    def _body(self, asked: Asked, name: str) -> dict[str, Any]:
        body = body_of(asked)
        self._check(asked, name, body, _BODIES[name])
        return body

    def _check(self, asked: Asked, name: str, value: object, shape: Shape) -> None:
        for problem in problems(value, shape):
            self.violated(asked, name, problem)

    def _key(self, said: Said) -> str:
        return self._keys.get(said.id) or tid(said.at * 1000 + int(said.id) % 1000, 7)

    def _uri(self, said: Said) -> str:
        return f"at://{_did(said.by)}/{POST}/{self._key(said)}"

    def _notification(self, said: Said) -> dict[str, Any]:
        return self._view(said) | {"reason": "reply" if said.parent else "mention", "isRead": False}

    def _view(self, said: Said) -> dict[str, Any]:
        return {
            "uri": self._uri(said), "cid": _cid(self._key(said)), "author": self._profile(said.by),
            "record": self._value(said), "indexedAt": rfc3339(said.at),
        }  # fmt: skip

    def _record(self, said: Said) -> dict[str, Any]:
        return {"uri": self._uri(said), "cid": _cid(self._key(said)), "value": self._value(said)}

    def _value(self, said: Said) -> dict[str, Any]:
        value: dict[str, Any] = {
            "$type": POST, "text": said.text, "createdAt": rfc3339(said.at), "langs": ["en"],
        }  # fmt: skip
        if self._key(said) in self._embeds:
            value["embed"] = self._embeds[self._key(said)]
        if said.kind:
            value["embed"] = {"$type": f"app.bsky.embed.{said.kind}"}
        if said.parent:
            above, root = self.world.said[said.parent], self.world.said[said.root]
            value["reply"] = {
                name: {"uri": self._uri(one), "cid": _cid(self._key(one))}
                for name, one in (("parent", above), ("root", root))
            }
        return value

    def _message(self, said: Said) -> dict[str, Any]:
        return {
            "$type": "chat.bsky.convo.defs#messageView", "id": said.id, "rev": said.id, "text": said.text,
            "sender": {"did": _did(said.by)}, "sentAt": rfc3339(said.at),
        }  # fmt: skip

    def _profile(self, account: Account) -> dict[str, Any]:
        return {"did": _did(account), "handle": f"{account.handle}.test", "displayName": account.name}


def _did(account: Account) -> str:
    return f"did:plc:{account.id.zfill(24)}"


def _cid(key: str) -> str:
    return f"bafyrei{key}"


def _jwt(until: int) -> str:
    parts = (b'{"alg":"none"}', msgspec.json.encode({"exp": until}), b"signature")
    return ".".join(base64.urlsafe_b64encode(one).decode().rstrip("=") for one in parts)


def _pairs(url: str) -> list[tuple[str, str]]:
    return parse_qsl(urlsplit(url).query)
