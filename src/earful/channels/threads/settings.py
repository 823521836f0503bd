"""What an admin fills in to connect a Threads profile."""

from typing import Annotated, ClassVar

from msgspec import Meta, Struct

from earful.channels.meta.settings import Address, AppAddress, AppId, MetaSecrets, Version


class ThreadsSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One profile."""

    ACCOUNT: ClassVar[str] = "user_id"

    user_id: Annotated[
        str, Meta(title="User id", description="A number: GET /me of the API.", pattern=r"^[0-9]{1,30}$")
    ]
    username: Annotated[
        str,
        Meta(
            title="User name",
            description="Without @: tells our posts from others'.",
            pattern=r"^[\w.]{1,60}$",
        ),
    ]
    app_id: AppId = ""
    api: Address = "https://graph.threads.net"
    app_api: AppAddress = "https://graph.facebook.com"
    version: Version = "v1.0"


ThreadsSecrets = MetaSecrets
