"""What an admin fills in to follow a feed."""

from typing import Annotated

from msgspec import Meta, Struct


class FeedSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One RSS or Atom document."""

    url: Annotated[str, Meta(title="Address", description="Of the feed itself.", pattern=r"^https?://\S+$")]
    poll_seconds: Annotated[
        int,
        Meta(
            title="Look every (seconds)",
            description="The feed may ask for longer pauses by Cache-Control or Retry-After, and gets them.",
            ge=1,
            le=86_400,
        ),
    ] = 900


class FeedSecrets(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A feed behind a log-in: name and password empty for a public one."""

    username: Annotated[str, Meta(title="User name")] = ""
    password: Annotated[str, Meta(title="Password")] = ""
    push_secret: Annotated[
        str,
        Meta(
            title="Push secret",
            description="Anything long that nobody else knows. With it a feed that names a hub (WebSub) is pushed as "
            "soon as something is new.",
            max_length=500,
        ),
    ] = ""
