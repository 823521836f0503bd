"""What an admin fills in to connect a Facebook page."""

from typing import Annotated, ClassVar

from msgspec import Meta, Struct

from earful.channels.meta.settings import VERSION, Address, AppId, MetaSecrets, Version


class FacebookSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One page."""

    ACCOUNT: ClassVar[str] = "page_id"

    page_id: Annotated[
        str,
        Meta(title="Page id", description="A number: About, Page transparency.", pattern=r"^[0-9]{1,30}$"),
    ]
    app_id: AppId = ""
    api: Address = "https://graph.facebook.com"
    version: Version = VERSION


FacebookSecrets = MetaSecrets
