"""How long a reply is, in the unit in which its network counts."""

import re
import unicodedata
from enum import StrEnum

URL = re.compile(r"https?://[^\s<>\"]+", re.IGNORECASE)
_REMOTE_MENTION = re.compile(r"(?<![\w/])@(\w+(?:[\w.-]*\w)?)@[\w-]+(?:\.[\w-]+)*", re.IGNORECASE)

MASTODON_URL_LENGTH = 23
X_URL_LENGTH = 23
GSM_SEGMENT, GSM_JOINED = 160, 153
UCS2_SEGMENT, UCS2_JOINED = 70, 67
_GSM_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_EXTENSION = frozenset("\f^{}\\[~]|€")

_ZWJ = 0x200D
_REGIONAL = range(0x1F1E6, 0x1F200)
_SKIN = range(0x1F3FB, 0x1F400)
_TAGS = range(0xE0020, 0xE0080)
_PICTOGRAPHIC = (range(0x2190, 0x2C00), range(0x1F000, 0x1FB00))
_X_SINGLE = (range(4352), range(8192, 8206), range(8208, 8224), range(8242, 8248))


class Counter(StrEnum):
    """The units in which networks count."""

    CODEPOINTS = "codepoints"
    GRAPHEMES = "graphemes"
    UTF8 = "utf8"
    UTF16 = "utf16"
    MASTODON = "mastodon"
    X = "x"
    SMS = "sms"
    """As it goes over the air: see `segments`."""


def count(text: str, counter: Counter | str, *, url_length: int | None = None) -> int:
    """The length of `text` as its network counts it.

    `url_length` is what one link costs where links have a fixed price (Mastodon tells it in
    `/api/v2/instance` as `characters_reserved_per_url`); it defaults to 23 for Mastodon and X.

    Raises ValueError when `counter` is none of `Counter`.
    """
    match Counter(counter):
        case Counter.CODEPOINTS:
            return len(text)
        case Counter.GRAPHEMES:
            return len(graphemes(text))
        case Counter.UTF8:
            return len(text.encode("utf-8", "surrogatepass"))
        case Counter.UTF16:
            return len(text.encode("utf-16-le", "surrogatepass")) // 2
        case Counter.MASTODON:
            return _mastodon(text, MASTODON_URL_LENGTH if url_length is None else url_length)
        case Counter.X:
            return _x(text, X_URL_LENGTH if url_length is None else url_length)
        case Counter.SMS:
            return sum(_sms_units(text))


def segments(text: str) -> int:
    """How many SMS a text becomes: each is paid for.

    GSM 03.38: 160 characters of the basic alphabet, 153 where there are several, those of its extension counting two;
    with any other character 70 and 67 units of UTF-16. What counts two is never cut in half.
    """
    units = _sms_units(text)
    alone, joined = (GSM_SEGMENT, GSM_JOINED) if is_gsm(text) else (UCS2_SEGMENT, UCS2_JOINED)
    if sum(units) <= alone:
        return 1 if units else 0
    number, room = 1, joined
    for unit in units:
        if unit > room:
            number, room = number + 1, joined
        room -= unit
    return number


def is_gsm(text: str) -> bool:
    """Whether the whole text can be written in the 7-bit alphabet of SMS."""
    return all(char in _GSM_BASIC or char in _GSM_EXTENSION for char in text)


def _sms_units(text: str) -> list[int]:
    """What each character takes: septets, or units of UTF-16 where one is outside the 7-bit alphabet."""
    if is_gsm(text):
        return [2 if char in _GSM_EXTENSION else 1 for char in text]
    return [2 if ord(char) > 0xFFFF else 1 for char in text]


def graphemes(text: str) -> list[str]:
    """The characters a person would count: a simplification of the extended clusters of UAX #29.

    Joined to what stands before: combining marks, variation selectors, skin tones, emoji tags, anything after
    a zero-width joiner that follows a pictograph, the second of two regional indicators, CR+LF, and Hangul
    vowels and finals. Left out of the full rule: prepended marks and Indic conjuncts, which count one more.
    """
    clusters: list[str] = []
    for char in text:
        if clusters and _joins(clusters[-1], char):
            clusters[-1] += char
        else:
            clusters.append(char)
    return clusters


def _joins(cluster: str, char: str) -> bool:
    last = cluster[-1]
    if last in "\r\n" or char in "\r\n":
        return last == "\r" and char == "\n"
    code = ord(char)
    if code == _ZWJ or code in _SKIN or code in _TAGS or unicodedata.category(char) in ("Mn", "Me", "Mc"):
        return not unicodedata.category(last).startswith("C") or ord(last) == _ZWJ or ord(last) in _TAGS
    if ord(last) == _ZWJ:
        return _pictographic(code) and any(_pictographic(ord(c)) for c in cluster)
    if code in _REGIONAL:
        return len(cluster) == 1 and ord(last) in _REGIONAL
    return _hangul_joins(ord(last), code)


def _pictographic(code: int) -> bool:
    return any(code in block for block in _PICTOGRAPHIC)


def _hangul_joins(last: int, code: int) -> bool:
    lead, vowel, final = range(0x1100, 0x1160), range(0x1160, 0x11A8), range(0x11A8, 0x1200)
    syllable = range(0xAC00, 0xD7A4)
    if last in lead:
        return code in lead or code in vowel or code in syllable
    if last in vowel or (last in syllable and (last - 0xAC00) % 28 == 0):
        return code in vowel or code in final
    return (last in final or last in syllable) and code in final


def _mastodon(text: str, url_length: int) -> int:
    """A link costs a fixed price and a remote mention its local part only (Mastodon docs, "Posting").

    Characters are grapheme clusters there.
    """
    bare = URL.sub(lambda _: "x" * url_length, text)
    return len(graphemes(_REMOTE_MENTION.sub(r"@\1", bare)))


def _x(text: str, url_length: int) -> int:
    """The weighted length of X (docs, "Counting characters", configuration v3): most scripts 1, others 2.

    Any emoji cluster is 2 and any link 23; the text is first brought to NFC.
    """
    text = unicodedata.normalize("NFC", text)
    total = url_length * len(URL.findall(text))
    for cluster in graphemes(URL.sub("", text)):
        if _is_emoji(cluster):
            total += 2
        else:
            total += sum(1 if any(ord(c) in block for block in _X_SINGLE) else 2 for c in cluster)
    return total


def _is_emoji(cluster: str) -> bool:
    return ord(cluster[0]) in _REGIONAL or "\ufe0f" in cluster or ord(cluster[0]) in range(0x1F000, 0x1FB00)
