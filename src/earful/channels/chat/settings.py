"""What an admin fills in for a web chat, all of it with a default that works."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

Origin = Annotated[str, Meta(pattern=r"^https?://[A-Za-z0-9.-]{1,253}(:[0-9]{1,5})?$", max_length=300)]


class ChatSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One web chat. Empty texts are those that Earful comes with."""

    allowed_origins: Annotated[
        list[Origin],
        Meta(
            title="Pages that may show it",
            description="Where your site lives, with commas between: https://shop.example.com. No other page can.",
            max_length=50,
        ),
    ] = []
    title: Annotated[str, Meta(title="Title", description="At the top of the chat.", max_length=60)] = ""
    greeting: Annotated[
        str, Meta(title="Greeting", description="What visitors read first.", max_length=400)
    ] = ""
    away: Annotated[
        str, Meta(title="When closed", description="What they read out of your hours.", max_length=400)
    ] = ""
    colour: Annotated[
        str,
        Meta(
            title="Colour",
            description="Of the button and of your visitors' words: #0b6b62.",
            pattern="^#[0-9a-fA-F]{6}$",
        ),
    ] = "#0b6b62"
    side: Annotated[Literal["right", "left"], Meta(title="Side", description="Corner of the button.")] = (
        "right"
    )
    calendar: Annotated[
        str,
        Meta(
            title="Hours",
            description="Id of the calendar in which you answer; empty promises no hours.",
            max_length=80,
        ),
    ] = ""
    mail_after_minutes: Annotated[
        int,
        Meta(
            title="By mail after (minutes)",
            description="An answer that took longer also goes to the address that the visitor left.",
            ge=1,
            le=10_080,
        ),
    ] = 10
    attachments: Annotated[
        bool, Meta(title="Visitors may send files", description="Pictures and documents up to 8 MB.")
    ] = True


class ChatSecrets(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What proves who a visitor is."""

    identity_secret: Annotated[
        str,
        Meta(
            title="Identity secret",
            description="Your site signs with it who is signed in there. Make one on the chat's page.",
            max_length=200,
        ),
    ] = ""
