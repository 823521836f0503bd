"""Settings of handoffs: how long they hold, the phone number, and the texts that invite."""

from collections.abc import Mapping

from msgspec import Struct

from earful.desk.handoff.rules import MOST_DAYS, Way
from earful.desk.outcomes.texts import problem

KIND = "handoff"
VARIABLES = frozenset({"name", "brand", "days"})
NEEDED: Mapping[Way, frozenset[str]] = {
    Way.FORM: frozenset({"link"}),
    Way.CHAT: frozenset({"link"}),
    Way.EMAIL: frozenset({"address", "code"}),
    Way.PHONE: frozenset({"number", "code"}),
}
"""Variables without which the customer could not come."""

SHIPPED: Mapping[Way, Mapping[str, str]] = {
    Way.FORM: {
        "en": "Let's sort this out in private; you need not start over: {link} (for you only, {days} days)",
        "es": "Resolvámoslo en privado, sin empezar de nuevo: {link} (solo para usted, {days} días)",
        "fr": "Réglons cela en privé, sans tout reprendre : {link} (pour vous seul, {days} jours)",
        "de": "Lassen Sie uns das privat klären, ohne von vorn anzufangen: {link} (nur für Sie, {days} Tage)",
        "pt": "Vamos resolver isto em privado, sem recomeçar: {link} (só para si, {days} dias)",
        "it": "Risolviamolo in privato, senza ricominciare: {link} (solo per lei, {days} giorni)",
        "nl": "Laten we dit privé oplossen, zonder opnieuw te beginnen: {link} (alleen voor u, {days} dagen)",
    },
    Way.CHAT: {
        "en": "Let's talk in private chat; you need not start over: {link} (for you only, {days} days)",
        "es": "Hablemos por chat en privado, sin empezar de nuevo: {link} (solo para usted, {days} días)",
        "fr": "Parlons-en par chat en privé, sans tout reprendre : {link} (pour vous seul, {days} jours)",
        "de": "Lassen Sie uns privat chatten, ohne von vorn anzufangen: {link} (nur für Sie, {days} Tage)",
        "pt": "Vamos falar por chat em privado, sem recomeçar: {link} (só para si, {days} dias)",
        "it": "Parliamone in chat privata, senza ricominciare: {link} (solo per lei, {days} giorni)",
        "nl": "Laten we privé chatten, zonder opnieuw te beginnen: {link} (alleen voor u, {days} dagen)",
    },
    Way.EMAIL: {
        "en": "Please write to {address} with {code} in the subject; we then have everything at hand.",
        "es": "Escríbanos a {address} con {code} en el asunto; así tendremos todo a mano.",
        "fr": "Écrivez-nous à {address} avec {code} en objet ; nous aurons tout sous la main.",
        "de": "Schreiben Sie bitte an {address} mit {code} im Betreff; dann haben wir alles zur Hand.",
        "pt": "Escreva para {address} com {code} no assunto; teremos tudo à mão.",
        "it": "Ci scriva a {address} con {code} nell'oggetto; avremo tutto a portata di mano.",
        "nl": "Mail naar {address} met {code} in het onderwerp; dan hebben we alles bij de hand.",
    },
    Way.PHONE: {
        "en": "Please call {number} and say the code {code}; we then have your case in front of us.",
        "es": "Llame al {number} y diga el código {code}; tendremos su caso delante.",
        "fr": "Appelez le {number} et donnez le code {code} ; nous aurons votre dossier sous les yeux.",
        "de": "Rufen Sie bitte {number} an und nennen Sie den Code {code}; dann liegt uns Ihr Fall vor.",
        "pt": "Ligue para {number} e diga o código {code}; teremos o seu caso à frente.",
        "it": "Chiami il {number} e dica il codice {code}; avremo il suo caso davanti.",
        "nl": "Bel {number} en noem de code {code}; dan hebben we uw zaak voor ons.",
    },
}


class Handoffs(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is in force. Texts by way and language; one that is not here is the one that Earful comes with."""

    days: int = 7
    """Days until an invitation ends."""
    number: str = ""
    """The phone number that customers call; empty offers no phone."""
    texts: dict[str, dict[str, str]] = {}

    def problem(self) -> str | None:
        """Why these settings cannot be used; None when they can."""
        if not 1 <= self.days <= MOST_DAYS:
            return f"An invitation holds for 1 to {MOST_DAYS} days."
        if len(self.number) > 40 or (self.number and not any(one.isdigit() for one in self.number)):
            return "Write the phone number as customers dial it: +44 20 7946 0000."
        for way, texts in self.texts.items():
            if way not in set(Way):
                return f"There is no way {way!r} to hand off."
            needed = NEEDED[Way(way)]
            wrong = next(
                (one for text in texts.values() if (one := problem(text, VARIABLES | needed, needed))), None
            )
            if wrong:
                return wrong
        return None
