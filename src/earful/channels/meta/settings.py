"""What the channels of Meta ask an admin for, each in its own form."""

from typing import Annotated

from msgspec import Meta, Struct

Version = Annotated[
    str,
    Meta(
        title="Version of the API",
        description="As in the addresses of the API. Old ones end after two years.",
        pattern=r"^v[0-9]{1,3}\.[0-9]$",
    ),
]
VERSION = "v26.0"
Address = Annotated[
    str,
    Meta(title="Address of the API", description="Only for a test server.", pattern=r"^https?://[^\s?#]+$"),
]
AppAddress = Annotated[
    str,
    Meta(
        title="Address of the API for apps",
        description="Where an app is told where to deliver.",
        pattern=r"^https?://[^\s?#]+$",
    ),
]
AppId = Annotated[
    str,
    Meta(
        title="App id",
        description="With it Earful tells Meta where to deliver. Without it, fill in the address of this channel as "
        "callback in the app's settings at Meta, with the same verify token.",
        pattern=r"^[0-9]{0,30}$",
    ),
]


AdHours = Annotated[
    int,
    Meta(
        title="Hours to answer who came by an advertisement",
        description="Meta gives more time then; how much has changed before. 0: no more than usual.",
        ge=0,
        le=720,
    ),
]


class MetaSecrets(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Kept encrypted, never shown again, never logged."""

    app_secret: Annotated[
        str,
        Meta(title="App secret", description="Proves deliveries. App settings, Basic.", min_length=8),
    ]
    verify_token: Annotated[
        str,
        Meta(
            title="Verify token",
            description="Any words of yours; Meta shows them when it asks whether the address is ours.",
            min_length=4,
        ),
    ]
    access_token: Annotated[
        str, Meta(title="Access token", description="A long-lived token with the permissions in the README.")
    ] = ""
