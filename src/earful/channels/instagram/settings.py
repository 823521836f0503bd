"""What an admin fills in to connect a professional Instagram account."""

from typing import Annotated, ClassVar

from msgspec import Meta, Struct

from earful.channels.meta.settings import VERSION, Address, AdHours, AppAddress, AppId, MetaSecrets, Version


class InstagramSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One account."""

    ACCOUNT: ClassVar[str] = "account_id"

    account_id: Annotated[
        str,
        Meta(
            title="Account id",
            description="The user_id of the professional account: in the app's settings, beside the token.",
            pattern=r"^[0-9]{1,30}$",
        ),
    ]
    human_agent: Annotated[
        bool,
        Meta(
            title="Human agent",
            description="The app has Meta's feature Human Agent: people may answer for seven days, not one.",
        ),
    ] = False
    ad_window_hours: AdHours = 168
    """(M)"""
    app_id: AppId = ""
    api: Address = "https://graph.instagram.com"
    app_api: AppAddress = "https://graph.facebook.com"
    version: Version = VERSION


InstagramSecrets = MetaSecrets
