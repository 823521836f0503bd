"""What the story's lines look like as messages of their networks. Pure."""

import msgspec

from earful.model.message import (
    Actor,
    Attachment,
    Change,
    Direction,
    IncomingMessage,
    MessageKind,
    Network,
    Visibility,
)
from earful.model.time import Instant, moment
from earful.playground.story import US, Delete, Edit, Person, Say, Story

CHANNELS: dict[Network, tuple[str, str]] = {
    Network.X: ("brewline.x", "brewline"),
    Network.FACEBOOK: ("brewline.facebook", "brewline.coffee"),
    Network.INSTAGRAM: ("brewline.instagram", "brewline.coffee"),
    Network.MASTODON: ("brewline.mastodon", "brewline@social.brewline.example"),
    Network.BLUESKY: ("brewline.bluesky", "brewline.example"),
    Network.REDDIT: ("r-brewline", "brewline_team"),
    Network.YOUTUBE: ("brewline.youtube", "brewlinetv"),
    Network.REVIEW: ("shop-reviews", "Brewline"),
    Network.EMAIL: ("support-mail", "help@brewline.example"),
    Network.CHAT: ("web-chat", "Brewline chat"),
    Network.SMS: ("text-line", "+44 7700 900100"),
    Network.PHONE: ("hotline", "0800 brewline"),
}
"""Accounts of the company: network -> (channel name, handle)."""

OWN_KIND = {
    Network.EMAIL: MessageKind.EMAIL,
    Network.SMS: MessageKind.SMS,
    Network.CHAT: MessageKind.CHAT,
    Network.PHONE: MessageKind.CALL,
    Network.REVIEW: MessageKind.REVIEW,
}
PRIVATE_NETWORKS = frozenset({Network.EMAIL, Network.SMS, Network.CHAT, Network.PHONE})
COMMENTED = frozenset({Network.FACEBOOK, Network.INSTAGRAM, Network.YOUTUBE, Network.REDDIT})


def kind_of(say: Say) -> MessageKind:
    """What the network would call it."""
    if say.kind is not None:
        return say.kind
    if say.on in OWN_KIND:
        return OWN_KIND[say.on]
    if say.dm:
        return MessageKind.DM
    if say.quotes:
        return MessageKind.QUOTE
    if say.to:
        return MessageKind.COMMENT if say.on in COMMENTED else MessageKind.REPLY
    if say.on is Network.FACEBOOK:
        # On our page: nobody writes there but to us.
        return MessageKind.MENTION
    handle = "@" + CHANNELS[say.on][1].partition("@")[0].lower()
    return MessageKind.MENTION if handle in say.text.lower() else MessageKind.POST


def actor_of(person: Person, network: Network) -> Actor:
    """A person's account on a network."""
    handle = person.on[network]
    reach = None if network in PRIVATE_NETWORKS | {Network.REVIEW} else person.followers
    alt = {"email": handle} if network is Network.EMAIL else {}
    return Actor(
        native_id=f"{network.value}:{handle}",
        handle=handle,
        name=person.name,
        followers=reach,
        bot=person.bot,
        alt_ids=alt,
    )


def us(network: Network) -> Actor:
    """Our own account on a network."""
    handle = CHANNELS[network][1]
    return Actor(native_id=handle, handle=handle, name="Brewline")


def incoming(story: Story, say: Say, at: Instant) -> IncomingMessage:
    """A line as its network would bring it."""
    private = say.dm or say.on in PRIVATE_NETWORKS
    ours = say.by == US
    return IncomingMessage(
        native_id=say.id,
        occurred_at=moment(at),
        author=us(say.on) if ours else actor_of(story.people[say.by], say.on),
        text=say.text,
        kind=kind_of(say),
        direction=Direction.OUTBOUND if ours else Direction.INBOUND,
        visibility=Visibility.DIRECT if private else Visibility.PUBLIC,
        subject=say.subject,
        language="" if say.on in PRIVATE_NETWORKS else say.lang,
        thread=thread_of(story, say),
        parent_id=say.to,
        quoted_id=say.quotes,
        attachments=[
            Attachment(kind=file.kind, name=file.name, alt=file.alt, native_id=f"{say.id}-file-{number}")
            for number, file in enumerate(say.files, start=1)
        ],
        metrics=say.metrics,
    )


def thread_of(story: Story, say: Say) -> str:
    """Chats and calls have a session of their own; everything else follows what it answers."""
    if say.on in (Network.CHAT, Network.PHONE, Network.SMS):
        return f"session-{story.root_of[say.id]}"
    return ""


def changed(story: Story, say: Say, written: Instant, step: Edit | Delete, at: Instant) -> IncomingMessage:
    """An edit or a delete of a line, as its network would bring it."""
    before = incoming(story, say, written)
    if isinstance(step, Edit):
        return msgspec.structs.replace(before, text=step.text, edited_at=moment(at), change=Change.EDIT)
    return IncomingMessage(
        native_id=say.id, occurred_at=moment(at), change=Change.DELETE, kind=before.kind, author=before.author
    )
