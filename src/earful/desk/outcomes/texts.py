"""Texts that go to customers, in their language, with variables. Pure."""

import re
from collections.abc import Mapping

LANGUAGES = ("en", "es", "fr", "de", "pt", "it", "nl")
"""Languages that Earful comes with texts for; English stands in for every other."""
LONGEST = 500
VARIABLES: Mapping[str, str] = {
    "name": "the customer's name",
    "first_name": "the first word of the customer's name",
    "handle": "the customer's handle, as the network writes it",
    "network": "the network of the message that is answered",
    "case": "the number of the case",
    "agent": "the name of whoever writes",
    "brand": "the name of the workspace",
    "days": "days that an invitation holds",
    "link": "the private link of a handoff",
    "code": "the code of a handoff",
    "address": "the mail address to write to",
    "number": "the phone number to call",
}
"""Every variable of every text, and what it stands for."""
_VARIABLE = re.compile(r"\{([a-z_]+)\}")

ASK: Mapping[str, str] = {
    "en": "Hi {name}, we believe this is fixed now. Does it work for you?",
    "es": "Hola {name}, creemos que ya está solucionado. ¿Le funciona?",
    "fr": "Bonjour {name}, nous pensons que c'est réglé. Est-ce que cela fonctionne pour vous ?",
    "de": "Hallo {name}, wir denken, dass es jetzt behoben ist. Klappt es bei Ihnen?",
    "pt": "Olá {name}, achamos que já está resolvido. Está a funcionar consigo?",
    "it": "Buongiorno {name}, crediamo che sia risolto. Ora le funziona?",
    "nl": "Hallo {name}, we denken dat het nu is opgelost. Werkt het bij u?",
}


def text_for(texts: Mapping[str, str], shipped: Mapping[str, str], language: str) -> str:
    """The text of a language: the workspace's own, else what Earful comes with, else English."""
    tongue = language[:2].lower()
    for one in (tongue, "en"):
        found = texts.get(one, "").strip() or shipped.get(one, "")
        if found:
            return found
    return ""


def fill(text: str, values: Mapping[str, str]) -> str:
    """A text with its variables; one that is not in `values` stays as it is written."""
    return _VARIABLE.sub(lambda found: values.get(found.group(1), found.group()), text)


def problem(text: str, allowed: frozenset[str], needed: frozenset[str] = frozenset()) -> str | None:
    """Why a text cannot be used; None when it can. An empty one means the text that Earful comes with."""
    if not text.strip():
        return None
    if len(text) > LONGEST:
        return f"A text has at most {LONGEST} characters, so that every network takes it."
    named = set(_VARIABLE.findall(text))
    unknown = sorted(named - allowed)
    if unknown:
        names = ", ".join(f"{{{one}}}" for one in sorted(allowed))
        return f"{{{unknown[0]}}} is not a variable here; there are {names}."
    missing = sorted(needed - named)
    if missing:
        return f"The text needs {{{missing[0]}}}, or the customer could not come."
    return None
