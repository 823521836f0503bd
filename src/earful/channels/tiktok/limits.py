"""What TikTok allows (TikTok API for Business, "Accounts API", "Webhooks", "Return codes").

TikTok publishes no specification of these; the lengths of replies, the requests a minute and the codes are from memory.
"""

from msgspec import structs

from earful.channels.contract import Capabilities, Window
from earful.channels.kit.budget import Limit
from earful.channels.kit.oauth import Provider
from earful.model.time import HOUR, SECOND

CAPABILITIES = Capabilities(
    receive="push",
    public_reply=True,
    private_reply=True,
    private_to_public=False,
    max_length=150,
    private_max_length=6_000,
    edits=False,
    deletes=True,
    idempotent_send=False,
    history=True,
    window=Window(
        seconds=48 * HOUR // SECOND,
        after="Wait until the customer writes again, or answer by another channel.",
    ),
    reports=True,
)
"""With direct messages; an account without them has public replies only: see `without_messages`."""
SCOPES = ("user.info.basic", "video.list", "comment.list", "comment.list.manage")
MESSAGE_SCOPES = ("message.list.read", "message.list.send", "message.list.manage")
"""Of direct messages, a beta with an approval of its own."""
REQUESTS = "requests"
COMMENTS_AT_ONCE = 30
VIDEOS_AT_ONCE = 20
READ_AGAIN_MS = 3_600_000
"""A video whose number of comments stays the same is read again after that."""
RETRIED_HOURS = 72
"""How long TikTok tries to deliver an event."""
SIGNED_SECONDS = 300
"""How old a signature may be. Repeats within are recognised by what they bring."""

GOOD = 0
LIMITED = frozenset({40016, 40100, 40133})
NO_TOKEN = frozenset({40101, 40102, 40103, 40104, 40105})
FORBIDDEN = frozenset({40001, 40003})
FIRST_FAULT = 50_000


def limits(requests_a_minute: int) -> tuple[Limit, ...]:
    """TikTok counts for the app."""
    return (Limit(name=REQUESTS, most=requests_a_minute, seconds=60),)


def status_of(code: int) -> int:
    """A return code as a status of HTTP: TikTok answers 200 to everything."""
    if code == GOOD:
        return 200
    if code in LIMITED:
        return 429
    if code in NO_TOKEN:
        return 401
    if code in FORBIDDEN:
        return 403
    return 500 if code >= FIRST_FAULT else 400


def without_messages(can: Capabilities) -> Capabilities:
    """What an account can do for which TikTok has no direct messages, or did not approve them."""
    return structs.replace(can, private_reply=False, private_max_length=None, window=None, reports=False)


def provider(client_id: str, api: str, *, messages: bool = False) -> Provider:
    """How TikTok gives tokens: for a day; the refresh token may change with each use, and ends after a year."""
    tokens = f"{api.rstrip('/')}/tt_user/oauth2"
    return Provider(
        authorize_url="https://www.tiktok.com/v2/auth/authorize/",
        token_url=f"{tokens}/token/",
        renew_url=f"{tokens}/refresh_token/",
        scopes=(*SCOPES, *MESSAGE_SCOPES) if messages else SCOPES,
        scope_separator=",",
        pkce=False,
        basic=False,
        code_name="auth_code",
        enveloped=True,
        # The page of consent calls the app so, the token's address calls it client_id.
        extra={"client_key": client_id},
    )
