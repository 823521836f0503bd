"""A simulated X API v2 (published document 2.167): one account, its webhook, timelines and messages."""

import html
import re
from collections.abc import Callable
from typing import Any, ClassVar

import msgspec

from earful.channels.hooks import Answer, Asked
from earful.channels.kit.macs import base64_mac
from earful.channels.kit.text import Counter, count
from earful.channels.x.hook import HEADER
from earful.channels.x.parse import between
from earful.model.message import Change, Network
from earful.model.time import Instant, rfc3339
from earful.playground.networks.shapes import Shape, listed, problems
from earful.playground.networks.simulator import Pushed, Refusal, Simulator, Told, Wiring, as_json, body_of
from earful.playground.networks.uploads import form_of
from earful.playground.networks.world import Account, Happened, Said, SentFile

SECRET, BEARER, TOKEN = "consumer-secret", "app-bearer", "user-token"
_ID = re.compile(r"[0-9]{1,19}")
_COUNT = re.compile(r"[0-9]{1,3}")
_POST_FIELDS = listed(
    "article", "article_title", "attachments", "card_uri", "community_id", "context_annotations", "conversation_id",
    "created_at", "display_text_range", "edit_controls", "entities", "geo", "id", "lang", "media_metadata",
    "note_post", "public_metrics", "reply_settings", "source", "text", "withheld",
)  # fmt: skip
_USER_FIELDS = listed(
    "created_at", "description", "id", "location", "name", "profile_image_url", "protected", "public_metrics", "url",
    "username", "verified", "verified_type",
)  # fmt: skip
_POSTS: dict[str, Shape] = {
    "post.fields": _POST_FIELDS,
    "user.fields": _USER_FIELDS,
    "expansions": listed(
        "attachments.media_keys", "author_id", "edit_history_post_ids", "entities.mentions.username",
        "in_reply_to_user_id", "referenced_posts",
    ),
}  # fmt: skip
_TIMELINE: dict[str, Shape] = _POSTS | {
    "max_results": _COUNT, "pagination_token": str, "start_time": str, "end_time": str, "since_id": _ID,
    "until_id": _ID,
}  # fmt: skip
_DM_EVENTS: dict[str, Shape] = {
    "max_results": _COUNT, "pagination_token": str, "event_types": listed("MessageCreate", "ParticipantsJoin"),
    "user.fields": _USER_FIELDS, "expansions": listed("attachments.media_keys", "participant_ids", "sender_id"),
    "dm_event.fields": listed(
        "attachments", "created_at", "dm_conversation_id", "entities", "event_type", "id", "text"
    ),
}  # fmt: skip
_EVENTS = (
    "post.create", "post.delete", "post.mention.create", "post.reply.create", "post.quote.create", "dm.sent",
    "dm.received", "chat.sent", "chat.received",
)  # fmt: skip
_BODIES: dict[str, Shape] = {
    "tweets": {
        "text": str, "quote_tweet_id": _ID, "made_with_ai": bool, "nullcast": bool,
        "media": {"media_ids!": [_ID]},
        "reply": {"in_reply_to_tweet_id!": _ID, "exclude_reply_user_ids": [_ID], "auto_populate_reply_metadata": bool},
    },
    "messages": {"text": str, "attachments": [{"media_id!": _ID}]},
    "metadata": {"id!": _ID, "metadata": {"alt_text": {"text!": str}}},
    "webhooks": {"url!": str},
    "subscriptions": {
        "event_type!": _EVENTS, "filter!": {"user_id": _ID, "keyword": str, "direction": str}, "tag": str,
        "webhook_id": _ID,
    },
    "replay": {
        "webhook_id!": _ID, "from_date!": re.compile(r"[0-9]{12}"), "to_date!": re.compile(r"[0-9]{12}")
    },
}  # fmt: skip


class XSimulator(Simulator):
    """What a customer says in public mentions the brand; what says nothing in words is an encrypted chat."""

    network: ClassVar[Network] = Network.X
    pushes: ClassVar[bool] = True
    unknown_kind: ClassVar[str] = "chat"
    permission: ClassVar[str] = "tweet.write"

    def __init__(self, base_url: str, clock: Callable[[], Instant]) -> None:
        super().__init__(base_url, clock)
        self.webhook: dict[str, Any] = {}
        self.subscriptions: list[dict[str, Any]] = []
        self.replays: list[dict[str, Any]] = []
        self._versions: dict[str, list[str]] = {}

    def wiring(self) -> Wiring:
        """By webhook, with quick looks for what is not pushed."""
        return Wiring(
            settings={
                "user_id": self.world.brand.id, "receive": "webhook", "api": self.base_url, "poll_seconds": 20,
                "look_again_minutes": 1,
            },
            secrets={"consumer_secret": SECRET, "bearer_token": BEARER, "access_token": TOKEN},
        )  # fmt: skip

    def handle(self, asked: Asked, path: str) -> Answer:
        """One call of the API v2."""
        token = asked.headers.get("authorization", "").removeprefix("Bearer ")
        match [asked.method, *path.strip("/").split("/")]:
            case ["GET", "2", "users", "me"]:
                self._must(token == TOKEN)
                return as_json({"data": self._user(self.world.brand)})
            case ["GET", "2", "users", who, "mentions" | "tweets" as which] if who == self.world.brand.id:
                self._must(token == TOKEN)
                return self._timeline(asked, path, ours=which == "tweets")
            case ["GET", "2", "tweets"]:
                self._check(
                    asked, path, dict(asked.query), _POSTS | {"ids!": re.compile(r"[0-9]+(,[0-9]+){0,99}")}
                )
                return self._lookup(asked.query.get("ids", "").split(","))
            case ["GET", "2", "dm_events"]:
                self._must(token == TOKEN)
                self._check(asked, path, dict(asked.query), _DM_EVENTS)
                return self._dm_events()
            case ["POST", "2", "tweets"]:
                self._must(token == TOKEN)
                return self._reply(self._body(asked, path, "tweets"))
            case ["POST", "2", "dm_conversations", "with", customer, "messages"]:
                self._must(token == TOKEN)
                return self._message(customer, self._body(asked, path, "messages"))
            case ["POST", "2", "media", which]:
                self._must(token == TOKEN)
                return self._media(asked, path, which)
            case [_, "2", "webhooks" | "activity", *rest]:
                self._must(token in (BEARER, TOKEN))
                return self._set_up(asked, path, rest)
        raise Refusal(404, {"title": "Not Found", "detail": "no such thing", "type": "about:blank"})

    def _set_up(self, asked: Asked, path: str, rest: list[str]) -> Answer:
        match [asked.method, *rest]:
            case ["GET", "subscriptions"]:
                return as_json({"data": self.subscriptions})
            case ["POST", "subscriptions"]:
                made = self._body(asked, path, "subscriptions") | {"subscription_id": self.world.new_id()}
                self.subscriptions.append(made)
                return as_json({"data": {"subscription": made}})
            case ["GET"]:
                return as_json({"data": [self.webhook] if self.webhook else []})
            case ["POST"]:
                body = self._body(asked, path, "webhooks")
                self.webhook = {
                    "id": "77",
                    "url": body["url"],
                    "valid": True,
                    "created_at": rfc3339(self.clock()),
                }
                return as_json({"data": self.webhook})
            case ["PUT", "77"]:
                self.webhook["valid"] = True
                return as_json({"data": {"valid": True}})
            case ["POST", "replay"]:
                self.replays.append(self._body(asked, path, "replay"))
                return as_json({"data": {"job_id": "1", "created_at": rfc3339(self.clock())}})
        raise Refusal(404, {"title": "Not Found", "detail": "no such thing"})

    def _must(self, holds: bool) -> None:
        if not holds:
            raise Refusal(401, {"title": "Unauthorized", "status": 401, "detail": "Unauthorized"})

    def _body(self, asked: Asked, path: str, kind: str) -> dict[str, Any]:
        body = body_of(asked)
        self._check(asked, path, body, _BODIES[kind])
        return body

    def _check(self, asked: Asked, path: str, value: object, shape: Shape) -> None:
        for problem in problems(value, shape):
            self.violated(asked, path, problem)

    def _timeline(self, asked: Asked, path: str, *, ours: bool) -> Answer:
        self._check(asked, path, dict(asked.query), _TIMELINE)
        since = int(asked.query.get("since_id", "0"))
        there = [one for one in self._public() if one.ours is ours and int(self._version(one)) > since]
        return self._posts(sorted(there, key=lambda one: -int(self._version(one))))

    def _lookup(self, ids: list[str]) -> Answer:
        there = {one.id: one for one in self._public()}
        answer = msgspec.json.decode(self._posts([there[one] for one in ids if one in there]).body)
        missing = [
            {
                "type": "https://api.x.com/2/problems/resource-not-found", "title": "Not Found Error",
                "resource_type": "tweet", "resource_id": one, "value": one, "detail": f"Could not find {one}",
            }
            for one in ids if one not in there
        ]  # fmt: skip
        return as_json(answer | ({"errors": missing} if missing else {}))

    def _posts(self, there: list[Said]) -> Answer:
        answer: dict[str, Any] = {"meta": {"result_count": len(there)}}
        if there:
            answer["data"] = [self._post(one) for one in there]
            answer["includes"] = {
                "users": [self._user(one) for one in {one.by.id: one.by for one in there}.values()]
            }
        return as_json(answer)

    def _dm_events(self) -> Answer:
        there = [one for one in self.world.said.values() if one.private and not one.deleted and not one.kind]
        events = [
            {
                "id": one.id, "event_type": "MessageCreate", "text": html.escape(one.text, quote=False),
                "sender_id": one.by.id, "created_at": rfc3339(one.at),
                "dm_conversation_id": between(self.world.brand.id, one.to),
                "participant_ids": [self.world.brand.id, one.to],
            }
            for one in reversed(there)
        ]  # fmt: skip
        users = [self._user(one) for one in [self.world.brand, *self.world.customers.values()]]
        return as_json({"data": events, "includes": {"users": users}, "meta": {"result_count": len(events)}})

    def _media(self, asked: Asked, path: str, which: str) -> Answer:
        if which == "metadata":
            body = self._body(asked, path, "metadata")
            file = self._handed([body["id"]])[0]
            self.handed[body["id"]] = msgspec.structs.replace(file, alt=body["metadata"]["alt_text"]["text"])
            return as_json({"data": {"id": body["id"]}})
        form = form_of(asked)
        category = form.words.get("media_category", "")
        if form.words.keys() != {"media_category"} or not re.fullmatch("(tweet|dm)_(image|gif)", category):
            self.violated(asked, path, "media_category is missing or none of those for pictures")
        kept = self.keep_file(form.files["media"])
        return as_json({"data": {"id": kept, "media_key": f"3_{kept}", "expires_after_secs": 86_400}})

    def _handed(self, ids: list[str]) -> list[SentFile]:
        if not set(ids) <= set(self.handed):
            raise Refusal(
                400, {"title": "Invalid Request", "detail": "Your media IDs are invalid.", "status": 400}
            )
        return [self.handed[one] for one in ids]

    def _reply(self, body: dict[str, Any]) -> Answer:
        text, parent = str(body.get("text", "")), str(body.get("reply", {}).get("in_reply_to_tweet_id", ""))
        above = next((one for one in self._public() if self._version(one) == parent), None)
        if above is None:
            raise Refusal(
                403, {"title": "Forbidden", "detail": "The post you answer is not there.", "status": 403}
            )
        if count(text, Counter.X) > 280:
            raise Refusal(403, {"title": "Forbidden", "detail": "Your post text is too long.", "status": 403})
        files = self._handed(body.get("media", {}).get("media_ids", []))
        said = self.world.say(self.world.brand, text, parent=above.id, files=files)
        data = {"id": said.id, "text": text, "edit_history_tweet_ids": [said.id]}
        return Answer(status=201, body=msgspec.json.encode({"data": data}), media_type="application/json")

    def _message(self, customer: str, body: dict[str, Any]) -> Answer:
        if customer not in {one.id for one in self.world.customers.values()}:
            raise Refusal(403, {"title": "Forbidden", "detail": "You cannot write to them.", "status": 403})
        if not body.get("text") and not body.get("attachments"):
            raise Refusal(
                400, {"title": "Invalid Request", "detail": "There is nothing in it.", "status": 400}
            )
        files = self._handed([one["media_id"] for one in body.get("attachments", [])])
        text = str(body.get("text", ""))
        said = self.world.say(self.world.brand, text, private=True, to=customer, files=files)
        data = {"dm_conversation_id": between(self.world.brand.id, customer), "dm_event_id": said.id}
        return Answer(status=201, body=msgspec.json.encode({"data": data}), media_type="application/json")

    def deliveries(self, happened: Happened) -> list[Pushed]:
        """Events for what was subscribed to; of edits X tells nothing."""
        said = happened.said
        if happened.change is Change.EDIT:
            history = self._versions.setdefault(said.id, [said.id])
            history.append(self.world.new_id())
            return []
        if happened.change is Change.DELETE:
            # X tells of the account's own deletes only; others are found by looking.
            payload: dict[str, Any] = {"id": said.id, "author_id": said.by.id}
            return [self._event("post.delete", payload, {})] if said.ours and not said.private else []
        users = {"users": [self._user(said.by), self._user(self.world.brand)]}
        if said.kind:
            return [self._event("chat.received", self._sealed(said), {})]
        if said.private:
            return [self._event("dm.sent" if said.ours else "dm.received", self._dm(said), {})]
        if said.ours:
            return [self._event("post.create", self._post(said), users)]
        # The author is not told with replies to the account's own posts.
        reply = said.parent in self.world.said and self.world.said[said.parent].ours
        kind = "post.reply.create" if reply else "post.mention.create"
        return [self._event(kind, self._post(said), {} if reply else users)]

    @property
    def knows_where(self) -> bool:
        """A webhook is there."""
        return bool(self.webhook)

    def strange(self) -> list[Pushed]:
        """An event of a kind that does not exist yet."""
        return [self._event("post.telepathy", {"thought": "…"}, {}, subscribed=True)]

    def limited(self, *, bare: bool) -> Told:
        """429 with the counters of X, or without a word."""
        reset = self.clock() // 1000 + self.knobs.wait_seconds
        headers = {
            "x-rate-limit-limit": "100",
            "x-rate-limit-remaining": "0",
            "x-rate-limit-reset": str(reset),
        }
        body = b'{"title":"Too Many Requests","detail":"Too Many Requests","type":"about:blank","status":429}'
        return Told(status=429, body=body, headers={} if bare else headers)

    def is_send(self, asked: Asked, path: str) -> bool:
        """Posts and messages."""
        return asked.method == "POST" and path.strip("/").endswith(("2/tweets", "/messages"))

    def _event(
        self, kind: str, payload: dict[str, Any], includes: dict[str, Any], *, subscribed: bool = False
    ) -> Pushed:
        body = msgspec.json.encode(
            {
                "data": {
                    "event_uuid": self.world.new_id(), "filter": {"user_id": self.world.brand.id},
                    "event_type": kind, "tag": "earful", "payload": payload, "includes": includes,
                }
            }
        )  # fmt: skip
        signature = f"sha256={base64_mac(SECRET, body)}"
        headers = {"content-type": "application/json", HEADER: signature}
        return Pushed(url=str(self.webhook.get("url", "")), body=body, headers=headers)

    def _public(self) -> list[Said]:
        return [one for one in self.world.said.values() if not (one.private or one.deleted or one.kind)]

    def _version(self, said: Said) -> str:
        return self._versions.get(said.id, [said.id])[-1]

    def _post(self, said: Said) -> dict[str, Any]:
        post: dict[str, Any] = {
            "id": self._version(said),
            "text": html.escape(said.text, quote=False),
            "author_id": said.by.id,
            "created_at": rfc3339(said.at),
            "conversation_id": said.root,
            "edit_history_tweet_ids": self._versions.get(said.id, [said.id]),
            "lang": "en",
            "public_metrics": {"retweet_count": 0, "reply_count": 0, "like_count": 0, "quote_count": 0},
        }
        if not said.ours:
            brand = self.world.brand
            post["entities"] = {
                "mentions": [{"start": 0, "end": 0, "username": brand.handle, "id": brand.id}]
            }
        if said.parent:
            post["referenced_tweets"] = [{"type": "replied_to", "id": said.parent}]
        return post

    def _dm(self, said: Said) -> dict[str, Any]:
        to = said.to if said.ours else self.world.brand.id
        people = [self.world.brand, *(one for one in self.world.customers.values() if one.id == said.to)]
        return {
            "direct_message_events": [
                {
                    "type": "message_create", "id": said.id, "created_timestamp": str(said.at),
                    "message_create": {
                        "target": {"recipient_id": to}, "sender_id": said.by.id,
                        "message_data": {"text": html.escape(said.text, quote=False), "entities": {"urls": []}},
                    },
                }
            ],
            "users": {one.id: {"data": self._user(one)} for one in people},
        }  # fmt: skip

    def _sealed(self, said: Said) -> dict[str, Any]:
        return {
            "id": said.id, "created_at_msec": str(said.at), "sender_id": said.by.id,
            "conversation_id": f"{said.by.id}:{self.world.brand.id}", "encoded_event": "CwABAAAAEw==",
        }  # fmt: skip

    def _user(self, account: Account) -> dict[str, Any]:
        return {
            "id": account.id, "username": account.handle, "name": account.name,
            "public_metrics": {"followers_count": account.followers},
        }  # fmt: skip
