"""What all APIs of Google have in common: consent, and how they say no."""

import httpx2
import msgspec

from earful.channels.kit.loose import mapping, members, word
from earful.channels.kit.oauth import Provider


def provider(token_url: str, scopes: tuple[str, ...]) -> Provider:
    """How Google gives tokens. Its refresh tokens stay the same."""
    return Provider(
        authorize_url="https://accounts.google.com/o/oauth2/v2/auth",
        token_url=token_url,
        scopes=scopes,
        basic=False,
        extra={"access_type": "offline", "prompt": "consent"},
    )


def words(response: httpx2.Response, name: str) -> str:
    """The reason and the words of a refusal; empty when there are none."""
    try:
        error = mapping(msgspec.json.decode(response.content), "error")
    except msgspec.MsgspecError:
        return ""
    first = next(iter(members(error, "errors")), {})
    reason = word(first, "reason") or word(error, "status")
    told = ": ".join(one for one in (reason, word(error, "message")) if one)
    return f"{name} says: {told[:300]}" if told else ""
