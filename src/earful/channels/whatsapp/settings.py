"""What an admin fills in to connect a WhatsApp number."""

from typing import Annotated, ClassVar

from msgspec import Meta, Struct

from earful.channels.meta.settings import VERSION, Address, AdHours, AppId, MetaSecrets, Version


class WhatsAppSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One number of a WhatsApp business account."""

    ACCOUNT: ClassVar[str] = "phone_number_id"

    phone_number_id: Annotated[
        str,
        Meta(
            title="Phone number id",
            description="The id, not the number: WhatsApp, API setup.",
            pattern=r"^[0-9]{1,30}$",
        ),
    ]
    business_account_id: Annotated[
        str,
        Meta(
            title="WhatsApp business account id",
            description="Beside the number id.",
            pattern=r"^[0-9]{1,30}$",
        ),
    ]
    ad_window_hours: AdHours = 72
    """(M)"""
    app_id: AppId = ""
    api: Address = "https://graph.facebook.com"
    version: Version = VERSION


WhatsAppSecrets = MetaSecrets
