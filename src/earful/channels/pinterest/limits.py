"""What Pinterest allows (Pinterest API v5, 5.23.0). The requests a minute are from memory."""

from earful.channels.contract import Capabilities
from earful.channels.kit.budget import Limit
from earful.channels.kit.oauth import Provider

CAPABILITIES = Capabilities(
    receive="poll",
    public_reply=False,
    private_reply=False,
    max_length=None,
    edits=False,
    deletes=False,
    idempotent_send=False,
    metrics_only=True,
)
SCOPES = ("user_accounts:read", "boards:read", "pins:read")
REQUESTS = "requests"
LIMITS = (Limit(name=REQUESTS, most=100, seconds=60),)
PAGE = 100


def provider(api: str) -> Provider:
    """How Pinterest gives tokens: for 30 days, renewed with the same refresh token for a year."""
    return Provider(
        authorize_url="https://www.pinterest.com/oauth/",
        token_url=f"{api.rstrip('/')}/v5/oauth/token",
        scopes=SCOPES,
        scope_separator=",",
        pkce=False,
    )
