"""Which language a text is in, from its commonest short words: en, es, fr, de, pt, it, nl, or `und`."""

from earful.triage.tokens import Tokens, fold

_COMMON = {
    "en": """
        the and is are was you your my i it it's i'm to of for with this that on have not but we they be
        been has in at what how please can't don't why when just now no can do does did will would there
        an a me so if from
    """,
    "es": """
        el la los las un una y es de que por para con no mi me su se lo en como pero mas muy esta este
        hace desde cuando nadie llevo gracias hola vosotros puedo tengo hay sin otra vez al del quiero
        cuenta ya les si
    """,
    "fr": """
        le la les un une et est de que pour avec ne pas mon ma je vous votre nous dans sur des du ce
        cette mais tres depuis quand personne merci bonjour suis j'ai c'est sans au aux qui j'attends
        mes vos ca toujours plus
    """,
    "de": """
        der die das ein eine und ist nicht ich ihr mein meine mit fur auf zu den dem von es wir sie im
        ins schon seit wann wie was bitte danke kein keine habe habt bei nach uber noch mehr am dass
        euch wird
    """,
    "pt": """
        o a os as um uma e de que para com nao meu minha me seu se em como mas mais muito esta este ha
        desde quando ninguem obrigado obrigada voces no na do da sem tem ja foi ao por isso ontem podem
    """,
    "it": """
        il lo la i gli le un una e di che per con non mio mia mi vi si in come ma piu molto questo da
        quando nessuno grazie sono ho avete del della al alla senza ancora ci anche potete quanto
    """,
    "nl": """
        de het een en is niet ik jullie mijn met voor op te van dat wij ze in al sinds wanneer hoe wat
        graag dank geen heb hebben bij naar nog meer er aan om zijn wordt ben bedankt zonder deze maar
        ook
    """,
}
_CLEAR = 2
"""Words of lead over the next language that make an answer clear; one will do where nothing else fits."""


def _index() -> dict[str, tuple[tuple[str, float], ...]]:
    """Each word with its languages and the share of its vote that each gets."""
    words: dict[str, tuple[str, ...]] = {}
    for language, text in _COMMON.items():
        for word in sorted({fold(word) for word in text.split()}):
            words[word] = (*words.get(word, ()), language)
    return {word: tuple((name, 1 / len(names)) for name in names) for word, names in words.items()}


_WORDS = _index()
_MARKS = {
    "ñ": "es",
    "¿": "es",
    "¡": "es",
    "ß": "de",
    "ã": "pt",
    "õ": "pt",
    "œ": "fr",
    "ä": "de",
    "ê": "fr",
    "ù": "fr",
}


def detect(tokens: Tokens, hint: str = "") -> tuple[str, float]:
    """The language and how sure (0-1). The hint (BCP 47) decides a draw and what the words cannot tell."""
    votes = dict.fromkeys(_COMMON, 0.0)
    for word in tokens.words:
        if word in _WORDS:
            for language, share in _WORDS[word]:
                votes[language] += share
    if not tokens.text.isascii():
        low = tokens.text[:2_000].lower()
        for mark, language in _MARKS.items():
            if mark in low:
                votes[language] += 1.5
    primary = hint.partition("-")[0].lower()
    if primary in votes:
        votes[primary] += 0.6
    first, second = sorted(votes.values(), reverse=True)[:2]
    if first >= 1.0 and (first - second >= _CLEAR or first >= 1.4 * second + 0.3):
        return max(votes, key=votes.__getitem__), round((first - second) / (first + 0.5), 3)
    return (hint, 0.3) if primary else ("und", 0.0)
