"""A reply as its writer hands it in, as its connector gets it, and as the message that it becomes."""

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct

from earful.channels.contract import Reply, ReplyFile, ReplyTarget, Sent
from earful.desk.attaching.rules import File
from earful.model.message import Actor, Attachment, Direction, IncomingMessage, MessageKind, Visibility
from earful.model.template import FilledTemplate
from earful.outbox import rules
from earful.outbox.rules import OnNews
from earful.store.tx import Row

_author = msgspec.json.Decoder(Actor)
_template = msgspec.json.Decoder(FilledTemplate)


class RefusedReplyError(ValueError):
    """The reply cannot be sent as asked; the message says why and what to do."""


class PrivateDataError(RefusedReplyError):
    """A public reply has private data in it."""


class Draft(Struct, frozen=True, kw_only=True):
    """A reply as its writer hands it in."""

    id: str
    """Chosen by the writer's screen: handing in the same one twice is one reply."""
    in_reply_to: str
    audience: Visibility
    text: str
    seen_version: int | None = None
    """The case's version that the writer saw; None when nothing was on a screen."""
    delay: int = rules.UNDO
    """Milliseconds in which it can be taken back."""
    send_at: int | None = None
    """The instant at which it goes out; None for at once."""
    on_news: OnNews = OnNews.HOLD
    """What becomes of it when something is said before that."""
    for_approval: bool = False
    """Somebody else reads it first."""
    parts: list[str] = []
    """How it is divided, where it is too long for one; empty for whole."""
    private_reason: str = ""
    """Why somebody who may decided that its private data goes out in public."""
    files: list[str] = []
    """Ids of files of the writer's draft that go with it, in order."""
    template: FilledTemplate | None = None
    """The template that goes out; `text` is how it reads."""


class _Extras(Struct):
    ancestor_ids: list[str] = []
    permalink: str = ""
    context: dict[str, Any] = {}


_extras = msgspec.json.Decoder(_Extras)


def template_of(row: Row) -> FilledTemplate | None:
    """The template that a reply is; None for words."""
    return _template.decode(row["template"]) if row["template"] else None


def reply_of(row: Row, files: Sequence[File] = ()) -> Reply:
    """What a connector gets, the content of its files apart.

    Raises RefusedReplyError when the audience would be wider than the message's.
    """
    visibility = Visibility(row["target_visibility"])
    if rules.widens(Visibility(row["audience"]), visibility):
        raise RefusedReplyError("This reply would be seen by more people than the message it answers.")
    author, extras = _author.decode(row["target_author"]), _extras.decode(row["target_data"])
    above = list(dict.fromkeys([*extras.ancestor_ids, row["target_parent"]]))
    return Reply(
        client_id=row["id"],
        text=row["text"],
        audience=Visibility(row["audience"]),
        subject=row["subject"],
        sender_name=row["user_name"],
        files=[ReplyFile(id=one.id, name=one.name, mime=one.mime, alt=one.alt) for one in files],
        template=template_of(row),
        to=ReplyTarget(
            native_id=row["before_native_id"] or row["target_native_id"],
            namespace=row["before_namespace"] or row["target_namespace"],
            thread=row["target_thread"],
            author_native_id=author.native_id,
            author_handle=author.handle,
            author_name=author.name,
            visibility=visibility,
            subject=row["target_subject"],
            ancestor_ids=[name for name in above if name],
            permalink=extras.permalink,
            context=extras.context,
        ),
    )


def as_message(row: Row, proof: Sent, files: Sequence[Attachment] = ()) -> IncomingMessage:
    """What the network took, as its echo would be; its files are here already."""
    kind = {"email": MessageKind.EMAIL, "sms": MessageKind.SMS}.get(row["network"])
    if kind is None:
        kind = MessageKind.DM if row["audience"] == Visibility.DIRECT else MessageKind.REPLY
    handle = row["channel_handle"] or row["channel_name"]
    return IncomingMessage(
        native_id=proof.native_id,
        namespace=proof.namespace or row["target_namespace"],
        occurred_at=proof.occurred_at,
        author=Actor(native_id=handle, handle=handle, name=row["user_name"]),
        text=row["text"],
        subject=row["subject"],
        kind=kind,
        direction=Direction.OUTBOUND,
        visibility=Visibility(row["audience"]),
        thread=proof.thread or row["target_thread"],
        parent_id=row["before_native_id"] or row["target_native_id"],
        permalink=proof.permalink,
        client_id=row["id"],
        attachments=list(files),
    )
