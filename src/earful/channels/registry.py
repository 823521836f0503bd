"""All channels by network: what each needs, and how to connect it."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import msgspec
from msgspec import Struct

from earful.channels.blog.connector import BlogConnector
from earful.channels.blog.settings import BlogSecrets, BlogSettings
from earful.channels.bluesky.connector import BlueskyConnector
from earful.channels.bluesky.settings import BlueskySecrets, BlueskySettings
from earful.channels.chat.connector import ChatConnector
from earful.channels.chat.settings import ChatSecrets, ChatSettings
from earful.channels.contract import Capabilities, Connector
from earful.channels.email.bodies import file_in
from earful.channels.email.connector import EmailConnector
from earful.channels.email.settings import EmailSecrets, EmailSettings
from earful.channels.facebook.connector import FacebookConnector
from earful.channels.facebook.settings import FacebookSecrets, FacebookSettings
from earful.channels.feed.connector import FeedConnector
from earful.channels.feed.hook import hook as feed_hook
from earful.channels.feed.settings import FeedSecrets, FeedSettings
from earful.channels.google_reviews import limits as google_reviews
from earful.channels.google_reviews.connector import GoogleReviewsConnector
from earful.channels.google_reviews.hook import hook as google_reviews_hook
from earful.channels.google_reviews.settings import GoogleReviewsSecrets, GoogleReviewsSettings
from earful.channels.hooks import Hook
from earful.channels.instagram.connector import InstagramConnector
from earful.channels.instagram.settings import InstagramSecrets, InstagramSettings
from earful.channels.kit.oauth import Client, Provider
from earful.channels.kit.tools import Tools
from earful.channels.linkedin import limits as linkedin
from earful.channels.linkedin.connector import LinkedInConnector
from earful.channels.linkedin.hook import LinkedInHook
from earful.channels.linkedin.settings import LinkedInSecrets, LinkedInSettings
from earful.channels.mastodon.connector import MastodonConnector
from earful.channels.mastodon.settings import MastodonSecrets, MastodonSettings
from earful.channels.messenger.connector import MessengerConnector
from earful.channels.messenger.settings import MessengerSecrets, MessengerSettings
from earful.channels.meta.hook import MetaHook
from earful.channels.phone.connector import Connecting
from earful.channels.phone.hook import hook as phone_hook
from earful.channels.phone.settings import PhoneSecrets, PhoneSettings
from earful.channels.pinterest import limits as pinterest
from earful.channels.pinterest.connector import PinterestConnector
from earful.channels.pinterest.settings import PinterestSecrets, PinterestSettings
from earful.channels.reddit import limits as reddit
from earful.channels.reddit.connector import RedditConnector
from earful.channels.reddit.settings import RedditSecrets, RedditSettings
from earful.channels.sms import provider as sms
from earful.channels.sms.settings import SmsSecrets, SmsSettings
from earful.channels.telegram.connector import TelegramConnector
from earful.channels.telegram.hook import TelegramHook
from earful.channels.telegram.settings import TelegramSecrets, TelegramSettings
from earful.channels.threads.connector import ThreadsConnector
from earful.channels.threads.hook import ThreadsHook
from earful.channels.threads.settings import ThreadsSecrets, ThreadsSettings
from earful.channels.tiktok import limits as tiktok
from earful.channels.tiktok.connector import TikTokConnector
from earful.channels.tiktok.hook import TikTokHook
from earful.channels.tiktok.settings import TikTokSecrets, TikTokSettings
from earful.channels.tumblr import limits as tumblr
from earful.channels.tumblr.connector import TumblrConnector
from earful.channels.tumblr.settings import TumblrSecrets, TumblrSettings
from earful.channels.whatsapp.connector import WhatsAppConnector
from earful.channels.whatsapp.settings import WhatsAppSecrets, WhatsAppSettings
from earful.channels.x import limits as x
from earful.channels.x.connector import XConnector
from earful.channels.x.hook import XHook
from earful.channels.x.settings import XSecrets, XSettings
from earful.channels.youtube import limits as youtube
from earful.channels.youtube.connector import YouTubeConnector
from earful.channels.youtube.settings import YouTubeSecrets, YouTubeSettings
from earful.model.message import Attachment, Network
from earful.model.time import SECOND, moment


class Made(Struct, frozen=True):
    """What makes a channel of a network."""

    settings: type[Struct]
    """What an admin fills in, in the clear."""
    secrets: type[Struct]
    """What an admin fills in once: every field is kept encrypted and never shown again."""
    connector: Callable[[Any, Any, Tools], Connector]
    hook: Callable[..., Hook | None] | None = None
    """Reads the network's own webhooks, where it has them."""
    provider: Callable[[Any], Provider] | None = None
    """How its tokens are got by consent, from a channel's settings; None where an admin pastes one."""
    file_in: Callable[[bytes, Attachment], bytes | None] | None = None
    """Takes a file out of the raw delivery, where it came with it."""


class _OwnClient:
    """A connector that makes its own HTTP client; `given` names what else it gets of the tools."""

    def __init__(self, kind: Any, *given: str) -> None:
        self._make = kind
        self._given = given
        self.capabilities: Capabilities = kind.capabilities

    def __call__(self, settings: Any, secrets: Any, tools: Tools) -> Connector:
        made: Connector = self._make(
            settings,
            secrets,
            allow_private=tools.allow_private,
            now=lambda: moment(tools.now()),
            **{name: getattr(tools, name) for name in self._given},
        )
        return made


NETWORKS: Mapping[Network, Made] = {
    Network.EMAIL: Made(EmailSettings, EmailSecrets, _OwnClient(EmailConnector), file_in=file_in),
    Network.MASTODON: Made(MastodonSettings, MastodonSecrets, _OwnClient(MastodonConnector, "pace")),
    Network.FEED: Made(FeedSettings, FeedSecrets, _OwnClient(FeedConnector, "hook_url", "pace"), feed_hook),
    Network.BLOG: Made(BlogSettings, BlogSecrets, BlogConnector),
    Network.TELEGRAM: Made(TelegramSettings, TelegramSecrets, TelegramConnector, TelegramHook),
    Network.FACEBOOK: Made(FacebookSettings, FacebookSecrets, FacebookConnector, MetaHook),
    Network.MESSENGER: Made(
        MessengerSettings, MessengerSecrets, MessengerConnector, partial(MetaHook, network=Network.MESSENGER)
    ),
    Network.INSTAGRAM: Made(
        InstagramSettings, InstagramSecrets, InstagramConnector, partial(MetaHook, network=Network.INSTAGRAM)
    ),
    Network.THREADS: Made(ThreadsSettings, ThreadsSecrets, ThreadsConnector, ThreadsHook),
    Network.WHATSAPP: Made(
        WhatsAppSettings, WhatsAppSecrets, WhatsAppConnector, partial(MetaHook, network=Network.WHATSAPP)
    ),
    Network.SMS: Made(SmsSettings, SmsSecrets, sms.Provided(), sms.hook),
    Network.PHONE: Made(PhoneSettings, PhoneSecrets, Connecting(), phone_hook),
    Network.BLUESKY: Made(BlueskySettings, BlueskySecrets, BlueskyConnector),
    Network.CHAT: Made(ChatSettings, ChatSecrets, ChatConnector),
    Network.REDDIT: Made(
        RedditSettings,
        RedditSecrets,
        RedditConnector,
        provider=lambda given: reddit.provider(given.token_url),
    ),
    Network.X: Made(XSettings, XSecrets, XConnector, XHook, lambda given: x.provider(given.api)),
    Network.YOUTUBE: Made(
        YouTubeSettings,
        YouTubeSecrets,
        YouTubeConnector,
        provider=lambda given: youtube.provider(given.token_url),
    ),
    Network.LINKEDIN: Made(
        LinkedInSettings,
        LinkedInSecrets,
        LinkedInConnector,
        LinkedInHook,
        lambda given: linkedin.provider(given.token_url),
    ),
    Network.TIKTOK: Made(
        TikTokSettings,
        TikTokSecrets,
        TikTokConnector,
        TikTokHook,
        lambda given: tiktok.provider(given.client_id, given.api, messages=given.direct_messages),
    ),
    Network.TUMBLR: Made(
        TumblrSettings,
        TumblrSecrets,
        TumblrConnector,
        provider=lambda given: tumblr.provider(given.token_url),
    ),
    Network.PINTEREST: Made(
        PinterestSettings,
        PinterestSecrets,
        PinterestConnector,
        provider=lambda given: pinterest.provider(given.api),
    ),
    Network.REVIEW: Made(
        GoogleReviewsSettings,
        GoogleReviewsSecrets,
        GoogleReviewsConnector,
        google_reviews_hook,
        provider=lambda given: google_reviews.provider(given.token_url),
    ),
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
    network: Network, settings: Mapping[str, Any], secrets: Mapping[str, str], tools: Tools
) -> Connector:
    """A connector from what is stored. Nothing is sent yet; `check` tries it.

    Raises SettingsRefused when a field is missing, unknown or out of range, or the network has no connector.
    """
    made, ready, kept = _made(network, settings, secrets)
    return made.connector(ready, kept, tools)


def check(network: Network, settings: Mapping[str, Any], secrets: Mapping[str, str]) -> None:
    """Whether a channel could be made of this. Raises SettingsRefused as `connect`."""
    _made(network, settings, secrets)


def _made(
    network: Network, settings: Mapping[str, Any], secrets: Mapping[str, str]
) -> tuple[Made, Struct, Struct]:
    made = NETWORKS.get(network)
    if made is None:
        raise SettingsRefused("network", f"There is no connector for {network} yet.")
    return made, _convert(settings, made.settings), _convert(secrets, made.secrets)


def hook(network: Network, settings: Mapping[str, Any], secrets: Mapping[str, str]) -> Hook | None:
    """What reads the webhooks of a channel's network; None where it has none, or the settings do not fit any more."""
    try:
        made, ready, kept = _made(network, settings, secrets)
    except SettingsRefused:
        return None
    return None if made.hook is None else made.hook(ready, kept)


def capabilities(network: Network) -> Capabilities | None:
    """What channels of a network can do before anything is asked of it; None where there is no connector."""
    made = NETWORKS.get(network)
    found: Capabilities | None = getattr(made.connector, "capabilities", None) if made is not None else None
    return found


def window(network: str) -> int:
    """Milliseconds in which a network lets us answer freely after a private message; 0 for no limit."""
    can = capabilities(Network(network))
    return can.window.seconds * SECOND if can is not None and can.window is not None else 0


def gives_media(network: Network) -> bool:
    """Whether a file that a network names by an id only can be had: from its channel, or from the delivery."""
    made = NETWORKS.get(network)
    return made is not None and (hasattr(made.connector, "media") or made.file_in is not None)


def media_in(network: Network) -> Callable[[bytes, Attachment], bytes | None] | None:
    """What takes a file out of a raw delivery of a network; None where files do not come with it."""
    made = NETWORKS.get(network)
    return None if made is None else made.file_in


def consent(
    network: Network, settings: Mapping[str, Any], secrets: Mapping[str, str]
) -> tuple[Provider, Client] | None:
    """How a channel's account is connected by consent: the settings `client_id` and the secret `client_secret` name our
    app at the network. None where there is no such way, or the app is not named."""
    made = NETWORKS.get(network)
    client_id = str(settings.get("client_id", ""))
    if made is None or made.provider is None or not client_id:
        return None
    provider = made.provider(_convert(settings, made.settings))
    return provider, Client(client_id=client_id, client_secret=secrets.get("client_secret", ""))


def account(network: Network, settings: Mapping[str, Any]) -> str:
    """The native id by which the network's deliveries name our account; empty where they do not."""
    name = account_field(network)
    return str(settings.get(name, "")) if name else ""


def account_field(network: Network) -> str:
    """The setting that holds the account's native id; empty for networks whose deliveries name none."""
    made = NETWORKS.get(network)
    return str(getattr(made.settings, "ACCOUNT", "")) if made is not None else ""


def fields(network: Network) -> list[Field]:
    """The form of a network, settings first, then secrets, in the order in which to ask."""
    return [
        _field(each, secret=secret)
        for kind, secret in ((NETWORKS[network].settings, False), (NETWORKS[network].secrets, True))
        for each in msgspec.structs.fields(kind)
    ]


def _convert(values: Mapping[str, Any], kind: type[Struct]) -> Struct:
    try:
        return msgspec.convert(values, kind)
    except msgspec.ValidationError as fault:
        # The words of msgspec name what was expected and where, never the value: no secret can slip out.
        words = str(fault)
        name = words.partition("`$.")[2].partition("`")[0] or words.partition("field `")[2].partition("`")[0]
        raise SettingsRefused(name.partition("[")[0], words) from None


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
