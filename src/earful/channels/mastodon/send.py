"""A reply as a status: never wider than asked, always addressed."""

import re
from typing import Any

import httpx2
import msgspec

from earful.channels.contract import Reply, SendPostponed, SendRefused, SendUnknown, Sent
from earful.channels.kit.addresses import AddressRefused
from earful.channels.kit.html import scrub, to_text
from earful.channels.kit.http import ResponseTooLarge, fetch, postponed
from earful.channels.kit.text import Counter, count
from earful.channels.mastodon.api import Api, ApiRefused, Instance, Status
from earful.channels.mastodon.limits import PAGE, VISIBILITY, WIDTH
from earful.channels.mastodon.parse import host_of, namespace_of
from earful.model.message import Visibility
from earful.model.time import Instant

MENTION = re.compile(r"(?<![\w/@.])@(\w(?:[\w.-]*\w)?(?:@[\w-]+(?:\.[\w-]+)*(?::\d+)?)?)")
_FIND_PAGES = 5


def compose(reply: Reply, server: str, instance: Instance) -> tuple[str, str]:
    """The text to post, with its mention of the addressee, and the network's name of the audience.

    Raises SendRefused rather than show a reply to anybody it was not meant for: an audience the network does
    not have, one wider than that of a private message being answered, a private reply that names others (they
    would get it), nobody to address, or a text that is too long.
    """
    visibility = _visibility(reply)
    acct = _acct(reply, server)
    named = {_bare(each, server) for each in MENTION.findall(reply.text)}
    if reply.audience in (Visibility.DIRECT, Visibility.FOLLOWERS) and named - {_bare(acct, server)}:
        others = ", ".join(sorted(f"@{each}" for each in named - {_bare(acct, server)}))
        raise SendRefused(
            f"The reply is private and names {others}: Mastodon would show it to them. Nothing was sent; "
            "write the names without @."
        )
    if not reply.text.strip():
        raise SendRefused("The reply has no text; nothing was sent.")
    words = scrub(reply.text)
    text = words if _bare(acct, server) in named else f"@{acct} {words}"
    length = count(text, Counter.MASTODON, url_length=instance.url_length)
    if length > instance.max_length:
        raise SendRefused(
            f"The reply is {length} characters long with the mention of the addressee, the server allows "
            f"{instance.max_length}; nothing was sent."
        )
    return text, visibility


def _visibility(reply: Reply) -> str:
    asked = reply.audience
    if asked not in WIDTH:
        raise SendRefused(f"Mastodon has no {asked} audience; nothing was sent.")
    answered = reply.to.visibility
    private = answered not in (Visibility.PUBLIC, Visibility.UNLISTED)
    if private and WIDTH[asked] > WIDTH.get(answered, 0):
        raise SendRefused(
            f"The message is {answered}, a {asked} answer would show it to others; nothing was sent."
        )
    return next(name for name, visibility in VISIBILITY.items() if visibility is asked)


def _acct(reply: Reply, server: str) -> str:
    told = reply.to.context.get("acct")
    acct = told if isinstance(told, str) and told else reply.to.author_handle.removeprefix("@")
    acct = acct.removesuffix(f"@{host_of(server)}")
    if not MENTION.fullmatch(f"@{acct}"):
        raise SendRefused("The author of the message is unknown, nobody can be addressed; nothing was sent.")
    return acct


def _bare(acct: str, server: str) -> str:
    return acct.lower().removesuffix(f"@{host_of(server)}")


async def post(
    api: Api, reply: Reply, text: str, visibility: str, *, now: Instant, media_ids: list[str]
) -> Status:
    """POST /api/v1/statuses with the Idempotency-Key (kept for an hour by the server).

    Raises SendRefused, SendPostponed or SendUnknown.
    """
    form: dict[str, Any] = {
        "status": text,
        "in_reply_to_id": reply.to.native_id,
        "visibility": visibility,
    }
    if media_ids:
        form["media_ids"] = media_ids
    headers = {"idempotency-key": reply.client_id}
    try:
        response = await fetch(api.http, "POST", "/api/v1/statuses", json=form, headers=headers)
    except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, AddressRefused) as fault:
        raise SendPostponed(f"The server could not be reached ({fault}); nothing was sent.") from None
    except (httpx2.HTTPError, ResponseTooLarge) as fault:
        raise SendUnknown(
            f"The server did not answer in time ({type(fault).__name__}). The reply may be out."
        ) from None
    if response.status_code == 200:
        return _posted(response)
    refused = ApiRefused(response)
    if response.status_code in (429, 503):
        raise postponed(response, now)
    if response.status_code == 401:
        raise SendPostponed(f"{refused}; nothing was sent, the reply is kept. Connect the account again.")
    if response.status_code >= 500:
        raise SendUnknown(f"{refused}. The reply may be out.")
    raise SendRefused(f"{refused}; nothing was sent.")


def _posted(response: httpx2.Response) -> Status:
    try:
        return msgspec.json.decode(response.content, type=Status)
    except msgspec.MsgspecError:
        raise SendUnknown("The server's answer could not be read. The reply may be out.") from None


async def withdraw_if_wider(api: Api, reply: Reply, status: Status) -> None:
    """Take back what the server showed to more people, or to nobody, against what was asked.

    Raises SendRefused after deleting it, SendUnknown when it could not be deleted.
    """
    shown = VISIBILITY.get(status.visibility, Visibility.PUBLIC)
    reached = {each.id for each in status.mentions}
    if WIDTH[shown] > WIDTH[reply.audience]:
        why = f"the server made it {shown} though {reply.audience} was asked"
    elif reply.audience is Visibility.DIRECT and reply.to.author_native_id not in ({""} | reached):
        why = "the server did not recognise the addressee, so nobody would have seen it"
    else:
        return
    try:
        response = await fetch(api.http, "DELETE", f"/api/v1/statuses/{status.id}")
    except httpx2.HTTPError:
        response = None
    if response is not None and response.status_code in (200, 404, 410):
        raise SendRefused(f"The reply was taken back at once: {why}.")
    raise SendUnknown(f"The reply is out and could not be taken back: {why}. Delete it by hand: {status.url}")


async def find_own(api: Api, reply: Reply, text: str, me: str) -> Status | None:
    """Our status that answers the same message with the same words; None when there is none."""
    after = reply.to.native_id
    for _ in range(_FIND_PAGES):
        page: list[Status] = await api.statuses_of(me, min_id=after)
        for status in page:
            if status.in_reply_to_id == reply.to.native_id and _same_words(status.content or "", text):
                return status
        if len(page) < PAGE:
            return None
        after = max((each.id for each in page), key=id_order)
    return None


def id_order(native_id: str) -> tuple[int, str]:
    """Ids in order of age: numbers as text on Mastodon, other sortable text elsewhere."""
    return len(native_id), native_id


def _same_words(html: str, text: str) -> bool:
    return _words(to_text(html, links=False)) == _words(text)


def _words(text: str) -> list[str]:
    """Without mentions, which the server may write in another way, and without spacing."""
    return MENTION.sub(" ", text).split()


def sent(status: Status, reply: Reply, server: str) -> Sent:
    """What the network made of a reply."""
    return Sent(
        native_id=status.id,
        namespace=namespace_of(server),
        occurred_at=status.created_at,
        permalink=status.url or "",
        thread=reply.to.thread,
    )
