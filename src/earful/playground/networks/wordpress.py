"""A simulated WordPress: customers comment below two posts, and an editor sees them by its REST API."""

import base64
import html
import re
from typing import Any, ClassVar

import msgspec

from earful.channels.hooks import Answer, Asked
from earful.model.message import Network
from earful.model.time import rfc3339
from earful.playground.networks.markup import without_tags
from earful.playground.networks.shapes import Shape, problems
from earful.playground.networks.simulator import Refusal, Simulator, Told, Wiring, as_json, body_of
from earful.playground.networks.world import Said

USER, PASSWORD = "editor", "abcd efgh ijkl mnop qrst uvwx"
POSTS = (11, 12)
_NUMBERS = re.compile(r"[0-9]+(?:,[0-9]+)*")
_LIST: Shape = {
    "context": ("view", "edit", "embed"), "status": ("all", "approve", "hold", "spam", "trash"),
    "per_page": re.compile(r"[1-9][0-9]?|100"), "page": re.compile(r"[1-9][0-9]*"), "order": ("asc", "desc"),
    "orderby": ("date", "date_gmt", "id", "include", "post", "parent", "type"), "include": _NUMBERS,
    "parent": _NUMBERS, "author": _NUMBERS, "post": _NUMBERS, "offset": re.compile(r"[0-9]+"),
}  # fmt: skip
_COMMENT: Shape = {
    "post!": int, "parent": int, "content!": str, "status": ("approved", "hold"), "author_name": str,
    "author_email": str,
}  # fmt: skip


class WordPressSimulator(Simulator):
    """Nothing is pushed, everything is public, and nothing tells of an edit or a delete but looking again."""

    network: ClassVar[Network] = Network.BLOG
    has_private: ClassVar[bool] = False
    permission: ClassVar[str] = "moderate_comments"

    def wiring(self) -> Wiring:
        """With an application password and quick looks."""
        settings = {
            "system": "wordpress",
            "url": self.base_url,
            "name": USER,
            "poll_seconds": 5,
            "look_again_minutes": 1,
        }
        return Wiring(settings=settings, secrets={"password": PASSWORD})

    def handle(self, asked: Asked, path: str) -> Answer:
        """One route of the API: below wp-json, or named in the query."""
        query = dict(asked.query)
        route = query.pop("rest_route", "") or f"/{path.strip('/')}".removeprefix("/wp-json")
        if (
            asked.headers.get("authorization")
            != f"Basic {base64.b64encode(f'{USER}:{PASSWORD}'.encode()).decode()}"
        ):
            raise Refusal(
                401,
                _no(401, "incorrect_password", "The provided password is an invalid application password."),
            )
        match [asked.method, *route.strip("/").split("/")[2:]]:
            case ["GET", "users", "me"]:
                return as_json({"id": int(self.world.brand.id), "name": self.world.brand.name, "slug": USER})
            case ["GET", "comments"]:
                return self._list(asked, route, query)
            case ["GET", "comments", number]:
                return as_json(self._comment(self._said(number)))
            case ["POST", "comments"]:
                return self._create(asked, route)
        raise Refusal(
            404, _no(404, "rest_no_route", "No route was found matching the URL and request method.")
        )

    def _said(self, number: str) -> Said:
        said = self.world.said.get(number)
        if said is None or said.deleted:
            raise Refusal(404, _no(404, "rest_comment_invalid_id", "Invalid comment ID."))
        return said

    def _list(self, asked: Asked, route: str, query: dict[str, str]) -> Answer:
        self._check(asked, route, query, _LIST)
        found = [one for one in self.world.said.values() if not one.deleted]
        if "include" in query:
            found = [one for one in found if one.id in query["include"].split(",")]
        if "parent" in query:
            found = [one for one in found if one.parent in query["parent"].split(",")]
        if "author" in query:
            found = [one for one in found if one.ours and one.by.id in query["author"].split(",")]
        found.sort(key=lambda one: int(one.id), reverse=query.get("order", "desc") == "desc")
        size = int(query.get("per_page", "10"))
        start = (int(query.get("page", "1")) - 1) * size
        return as_json([self._comment(one) for one in found[start : start + size]])

    def _create(self, asked: Asked, route: str) -> Answer:
        body = body_of(asked)
        self._check(asked, route, body, _COMMENT)
        parent = self._said(str(body.get("parent") or ""))
        if body.get("post") != _post(parent):
            self.violated(asked, route, "the comment that is answered is below another post")
        text = html.unescape(str(body.get("content", "")))
        if any(
            one.ours and one.parent == parent.id and one.text == text
            for one in self.world.thread(parent.root)
        ):
            words = "Duplicate comment detected; it looks as though you’ve already said that!"
            raise Refusal(409, _no(409, "comment_duplicate", words))
        said = self.world.say(self.world.brand, text, parent=parent.id)
        return as_json(self._comment(said), 201)

    def unauthorised(self) -> Told:
        """The application password was taken back."""
        body = _no(401, "incorrect_password", "The provided password is an invalid application password.")
        return Told(status=401, body=msgspec.json.encode(body))

    def forbidden(self) -> Told:
        """The user may not moderate any more."""
        body = _no(
            403, "rest_comment_invalid_status", "Sorry, you are not allowed to edit 'status' for comments."
        )
        return Told(status=403, body=msgspec.json.encode(body))

    def _check(self, asked: Asked, route: str, value: object, shape: Shape) -> None:
        for problem in problems(value, shape):
            self.violated(asked, route, problem)

    def _comment(self, said: Said) -> dict[str, Any]:
        # What visitors write loses the tags that they may not use; editors' markup stays, ours is escaped.
        raw = html.escape(said.text, quote=False) if said.ours else without_tags(said.text)
        rendered = (
            "<p>"
            + raw.replace("\n\n", "</p>\n<p>").replace("\n", "<br />\n").replace("'", "&#8217;")
            + "</p>"
        )
        at = rfc3339(said.at).removesuffix("Z").partition(".")[0]
        return {
            "id": int(said.id), "post": _post(said), "parent": int(said.parent or 0),
            "author": int(said.by.id) if said.ours else 0, "author_name": html.escape(said.by.name),
            "author_url": "", "author_email": f"{said.by.handle}@example.test", "author_ip": "192.0.2.1", "date": at,
            "date_gmt": at, "content": {"rendered": rendered, "raw": raw},
            "link": f"{self.base_url}/?p={_post(said)}#comment-{said.id}", "status": "approved", "type": "comment",
            "author_avatar_urls": {"24": f"{self.base_url}/24.png", "96": f"{self.base_url}/96.png"}, "meta": [],
        }  # fmt: skip


def _post(said: Said) -> int:
    return POSTS[int(said.root) % len(POSTS)]


def _no(status: int, code: str, words: str) -> dict[str, Any]:
    return {"code": code, "message": words, "data": {"status": status}}
