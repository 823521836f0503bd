"""What an admin fills in to connect the private conversations of a page."""

from typing import Annotated, ClassVar

from msgspec import Meta, Struct

from earful.channels.meta.settings import VERSION, Address, AdHours, AppId, MetaSecrets, Version


class MessengerSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One page."""

    ACCOUNT: ClassVar[str] = "page_id"

    page_id: Annotated[
        str,
        Meta(title="Page id", description="A number: About, Page transparency.", pattern=r"^[0-9]{1,30}$"),
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
    api: Address = "https://graph.facebook.com"
    version: Version = VERSION


MessengerSecrets = MetaSecrets
