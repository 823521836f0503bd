"""A channel's form: what its connector asks for, as fields of a page, and back into settings and secrets."""

from typing import Any

import msgspec

from earful.channels import registry
from earful.model.message import Network
from earful.web.views import Choice, Field, NetworkOffer

SUMMARIES = {
    Network.EMAIL: "A mailbox: reads new mail as it comes, answers by mail.",
    Network.MASTODON: "Mentions, replies and direct messages of one account.",
    Network.TELEGRAM: "Private chats and groups of a bot, and chats of a business account.",
    Network.WHATSAPP: "Messages to a business number, by the Cloud API, with what became of the answers.",
    Network.FACEBOOK: "Comments, posts by visitors, mentions and reviews of a page.",
    Network.MESSENGER: "Private conversations of a page.",
    Network.INSTAGRAM: "Comments, mentions and private messages of a professional account.",
    Network.THREADS: "Replies to a profile and mentions of it.",
    Network.BLUESKY: "Mentions, replies, quotes and direct messages of one account.",
    Network.REDDIT: "Mentions, replies and messages of one account, and chosen subreddits.",
    Network.X: "Mentions, replies, quotes and direct messages of one account. X charges for them.",
    Network.YOUTUBE: "Comments below the videos of one channel.",
    Network.LINKEDIN: "Comments below the posts of a company page, and posts that mention it.",
    Network.TIKTOK: "Comments below the videos of a business account.",
    Network.TUMBLR: "Replies to a blog, mentions of it and reblogs with words. Answers are reblogs.",
    Network.REVIEW: "Google reviews of your places, with stars, and the reply to each.",
    Network.PINTEREST: "Metrics only: your pins and their counts. Pinterest lets no app read or answer comments.",
    Network.SMS: "Text messages to one number, by Twilio or a Kannel of your own, with what became of the answers.",
    Network.PHONE: "Calls to one number: recorded by Twilio, told by a telephone system, or logged by hand.",
    Network.FEED: "Posts and comments of a blog or news feed. Read only.",
    Network.CHAT: "A chat on your own site: a widget of ours, with files and answers by mail for who has left.",
    Network.BLOG: "Comments below the articles of a WordPress, or of a blog with isso, and answers below them.",
}
API = "api"
"""What the form calls a channel without a connector of ours."""
API_SUMMARY = "Anything that can call a webhook or our API: your app, another chat, a phone system."
API_NETWORKS = tuple(Network)
"""Networks whose messages programs may hand in."""


def offers() -> list[NetworkOffer]:
    """The networks that can be connected, and what each needs."""
    return [
        *(
            NetworkOffer(network=network, summary=summary, fields=fields(network))
            for network, summary in SUMMARIES.items()
        ),
        NetworkOffer(network=API, summary=API_SUMMARY, fields=fields(API)),
    ]


def offer(network: str) -> NetworkOffer | None:
    """The offer for one network."""
    return next((one for one in offers() if one.network == network), None)


def fields(
    network: Network | str, given: dict[str, str] | None = None, wrong: tuple[str, str] = ("", "")
) -> list[Field]:
    """A form's fields with what was given before; `wrong` is (field, words)."""
    given = given or {}
    name = Field(
        name="name",
        label="Name",
        placeholder="support-mail",
        help="What colleagues call it: small letters, digits, dots and hyphens.",
        value=given.get("name", ""),
        error=wrong[1] if wrong[0] == "name" else "",
    )
    if network == API:
        choices = [Choice(value=one.value, label=one.value) for one in API_NETWORKS]
        kind = Field(
            name="of",
            label="Network",
            kind="choice",
            value=given.get("of", Network.CHAT.value),
            choices=choices,
            help="Where its messages come from; they are handed in by webhook or API.",
        )
        return [name, kind]
    return [name, *(_field(one, given, wrong) for one in registry.fields(Network(network)))]


def _field(one: registry.Field, given: dict[str, str], wrong: tuple[str, str]) -> Field:
    default = written(one.default)
    switch = isinstance(one.default, bool)
    kind = "secret" if one.secret else "switch" if switch else "choice" if one.choices else "text"
    if kind == "text" and one.number:
        kind = "number"
    return Field(
        name=one.name,
        label=one.title,
        kind=kind,
        help=one.description,
        required=one.required,
        value="" if one.secret else given.get(one.name, default),
        choices=[Choice(value=choice, label=choice) for choice in one.choices],
        error=wrong[1] if wrong[0] == one.name else "",
    )


def settings_of(
    network: Network, given: dict[str, str], *, kept: bool = False
) -> tuple[dict[str, Any], dict[str, str]]:
    """Settings and secrets from a sent form; with `kept`, an empty secret means the one that is kept.

    Raises registry.SettingsRefused that names the field.
    """
    settings: dict[str, Any] = {}
    secrets: dict[str, str] = {}
    for one in registry.fields(network):
        value = given.get(one.name, "").strip()
        if isinstance(one.default, bool):
            settings[one.name] = value == "true"
        elif not value:
            if one.required and not (kept and one.secret):
                raise registry.SettingsRefused(one.name, f"{one.title} is needed.")
        elif one.secret:
            secrets[one.name] = value
        elif one.number:
            if not value.lstrip("-").isdigit():
                raise registry.SettingsRefused(one.name, f"{one.title} must be a whole number.")
            settings[one.name] = int(value)
        elif one.many:
            settings[one.name] = [part.strip() for part in value.split(",") if part.strip()]
        else:
            settings[one.name] = value
    return settings, secrets


def is_editable(network: Network, settings: dict[str, Any]) -> bool:
    """Whether these are settings that a form of ours asked for; a web chat has a page of its own."""
    if not settings or network is Network.CHAT or network not in registry.NETWORKS:
        return False
    return set(settings) <= {one.name for one in registry.fields(network)}


def written(value: Any) -> str:
    """A setting as its form holds it."""
    if isinstance(value, bool):
        return "true" if value else ""
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)


def shown(network: Network, settings: dict[str, Any]) -> list[tuple[str, str]]:
    """(title, words) of the settings that a connector asked for."""
    asked = registry.fields(network) if network in registry.NETWORKS else []
    found = [(one.title, settings[one.name]) for one in asked if one.name in settings]
    return [
        (title, ("Yes" if value else "No") if isinstance(value, bool) else written(value))
        for title, value in found
    ]


def again(network: Network, given: dict[str, str], wrong: tuple[str, str]) -> NetworkOffer:
    """The form of a channel that is there: its name stays, and secrets that are left empty do."""
    asked = [one for one in fields(network, given, wrong) if one.name != "name"]
    return NetworkOffer(
        network=network,
        summary=SUMMARIES.get(network, ""),
        fields=[
            msgspec.structs.replace(
                one, required=False, help=f"Leave it empty to keep the one in force. {one.help}"
            )
            if one.kind == "secret"
            else one
            for one in asked
        ],
    )


def filled(chosen: NetworkOffer, given: dict[str, str], wrong: tuple[str, str]) -> NetworkOffer:
    """An offer with what was given before, and what is wrong with it."""
    again = fields(chosen.network, given, wrong)
    return NetworkOffer(network=chosen.network, summary=chosen.summary, fields=again)
