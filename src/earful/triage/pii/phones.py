"""Phone numbers: what libphonenumber knows, what is written like one, and what somebody calls one."""

import re
from collections.abc import Iterator

from earful.model.rating import Span

_REGIONS = {
    "en": ("US", "GB"), "de": ("DE", "AT"), "fr": ("FR",), "es": ("ES", "MX"), "pt": ("PT", "BR"),
    "it": ("IT",), "nl": ("NL",),
}  # fmt: skip
_DATE = re.compile(r"\d{1,4}([./-])\d{1,2}\1\d{1,4}(?: \d.*)?")
_NET_ADDRESS = re.compile(r"(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?:25[0-5]|2[0-4]\d|1?\d?\d)){3}")
_WRITTEN = re.compile(
    r"(?:\+?1[ .-]?)?\(?[2-9]\d{2}\)?[ .-]?\d{3}[.-]\d{4}|\([2-9]\d{2}\) ?\d{3}[ .-]?\d{4}|555[ .-]?01\d\d|"
    r"0[1-9]\d{1,3}[ /-]\d{3,4}[ -]?\d{3,4}|0[1-9](?:[ .]\d\d){4}"
)
"""North American, British, German and French ways of writing; reserved ranges too."""
_CALLED = re.compile(
    r"\b(?:phone|tel|telephone|mobile|cell|fax|whatsapp|desk|landline|call|ring|text|reach|answering|"
    r"telefon|handy|mobil|rufnummer|anrufen|tel[ée]fono|m[óo]vil|ll[áa]m(?:ar|e|en)me|t[ée]l[ée]phone|portable|"
    r"appel(?:er|ez)|joindre|telefone|telem[óo]vel|celular|ligar|ligue(?:m)?|cellulare|chiamate(?:mi)?|telefoon|"
    r"mobiel|bel(?:len)?|registered)\b[^\d\n]{0,24}\Z",
    re.IGNORECASE,
)
_NAMED_AFTER = re.compile(r"[ (,]{1,2}(?:office|mobile|cell|fax|phone|home|work|desk)\b", re.IGNORECASE)
_CUE_REACH = 40
_CHECKED = 200
"""After so many candidates a message is a list of numbers: all that look like one are taken for one."""


def phones(text: str, runs: list[Span], language: str) -> Iterator[Span]:
    """The runs of digits that are phone numbers."""
    regions = _REGIONS.get(language, ("US", "GB"))
    for number, (start, end) in enumerate(runs):
        run = text[start:end]
        count = sum(map(str.isdecimal, run))
        if not 7 <= count <= 20 or _DATE.fullmatch(run) or _NET_ADDRESS.fullmatch(run):
            continue
        if (
            number > _CHECKED
            or _WRITTEN.fullmatch(run.partition("x")[0].rstrip())
            or _is_phone(text, start, end, regions)
        ):
            yield start, end


def _is_phone(text: str, start: int, end: int, regions: tuple[str, ...]) -> bool:
    if _CALLED.search(text, max(0, start - _CUE_REACH), start) or _NAMED_AFTER.match(text, end):
        return True
    return phone(text[start:end], regions)


def phone(text: str, regions: tuple[str, ...]) -> bool:
    """A valid number, by libphonenumber, in one of the regions; or one that can be in the country it names."""
    # Loaded when the first candidate comes: its tables cost more than the whole of triage.
    import phonenumbers  # noqa: PLC0415

    abroad = text.startswith("+")
    for region in (None,) if abroad else regions:
        try:
            number = phonenumbers.parse(text, region)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number) or (abroad and phonenumbers.is_possible_number(number)):
            return True
    return False
