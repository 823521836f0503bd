"""All channels by network: what each needs, and how to connect it."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from msgspec import Struct

from earful.channels.contract import Connector
from earful.channels.email.connector import EmailConnector
from earful.channels.email.settings import EmailSecrets, EmailSettings
from earful.channels.feed.connector import FeedConnector
from earful.channels.feed.settings import FeedSecrets, FeedSettings
from earful.channels.mastodon.connector import MastodonConnector
from earful.channels.mastodon.settings import MastodonSecrets, MastodonSettings
from earful.model.message import Network

SETTINGS: Mapping[Network, type[Struct]] = {
    Network.EMAIL: EmailSettings,
    Network.MASTODON: MastodonSettings,
    Network.FEED: FeedSettings,
}
"""What an admin fills in, in the clear."""

SECRETS: Mapping[Network, type[Struct]] = {
    Network.EMAIL: EmailSecrets,
    Network.MASTODON: MastodonSecrets,
    Network.FEED: FeedSecrets,
}
"""What an admin fills in once: every field is kept encrypted and never shown again."""

_FACTORIES: Mapping[Network, Callable[..., Connector]] = {
    Network.EMAIL: EmailConnector,
    Network.MASTODON: MastodonConnector,
    Network.FEED: FeedConnector,
}


class SettingsRefused(Exception):
    """The settings of a channel are not usable as they stand; `field` names the first that is wrong."""

    def __init__(self, field: str, words: str) -> None:
        super().__init__(words)
        self.field = field


class Field(Struct, frozen=True, kw_only=True):
    """One field of a channel's form and of its documentation."""

    name: str
    title: str
    description: str
    secret: bool
    required: bool
    default: Any = None
    choices: tuple[str, ...] = ()
    many: bool = False
    """A list of words."""
    number: bool = False
    minimum: int | None = None
    maximum: int | None = None


def connect(
    network: Network, settings: dict[str, Any], secrets: dict[str, str], *, allow_private: bool = False
) -> Connector:
    """A connector from what is stored. Nothing is sent yet; `check` tries it.

    `allow_private` lets it reach addresses inside the own network.

    Raises SettingsRefused when a field is missing, unknown or out of range, or the network has no connector.
    """
    factory = _FACTORIES.get(network)
    if factory is None:
        raise SettingsRefused("network", f"There is no connector for {network} yet.")
    return factory(
        _convert(settings, SETTINGS[network]),
        _convert(secrets, SECRETS[network]),
        allow_private=allow_private,
    )


def fields(network: Network) -> list[Field]:
    """The form of a network, settings first, then secrets, in the order in which to ask."""
    return [
        _field(each, secret=secret)
        for kind, secret in ((SETTINGS[network], False), (SECRETS[network], True))
        for each in msgspec.structs.fields(kind)
    ]


def _convert(values: dict[str, Any], kind: type[Struct]) -> Struct:
    try:
        return msgspec.convert(values, kind)
    except msgspec.ValidationError as fault:
        # The words of msgspec name what was expected and where, never the value: no secret can slip out.
        words = str(fault)
        name = words.partition("`$.")[2].partition("`")[0] or words.partition("field `")[2].partition("`")[0]
        raise SettingsRefused(name, words) from None


def _field(each: msgspec.structs.FieldInfo, *, secret: bool) -> Field:
    about = msgspec.inspect.type_info(each.type)
    extra = about if isinstance(about, msgspec.inspect.Metadata) else None
    inner = extra.type if extra else about
    told = (extra.extra_json_schema if extra else None) or {}
    choices = inner.values if isinstance(inner, msgspec.inspect.LiteralType) else ()
    integer = inner if isinstance(inner, msgspec.inspect.IntType) else None
    default = each.default if each.default is not msgspec.NODEFAULT else None
    if each.default_factory is not msgspec.NODEFAULT:
        default = each.default_factory()
    return Field(
        name=each.name,
        title=str(told.get("title") or each.name),
        description=str(told.get("description") or ""),
        secret=secret,
        required=each.required,
        default=default,
        choices=tuple(str(value) for value in choices),
        many=isinstance(inner, msgspec.inspect.ListType),
        number=integer is not None,
        minimum=integer.ge if integer else None,
        maximum=integer.le if integer else None,
    )
