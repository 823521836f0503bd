"""Rules: for each sign, words that show it and near misses that do not."""

import pytest

from earful.triage.extract import find
from earful.triage.rulebook import phrasebook, table
from earful.triage.rules import by_label, churn, severity, tried_before, urgency

TRIED = [
    ("I've called you three times already", {"phone"}),
    ("rang customer service twice", {"phone"}),
    ("been on hold for 50 minutes", {"phone"}),
    ("your agent hung up on me", {"phone"}),
    ("can I call you?", set()),
    ("please call me back", set()),
    ("you called me yesterday", set()),
    ("I called my mum", set()),
    ("emailed you twice and no reply to my emails", {"email"}),
    ("what's your email address", set()),
    ("you emailed me a voucher", set()),
    ("spent an hour in your live chat", {"chat"}),
    ("can we chat?", set()),
    ("went to the store and they sent me away", {"store"}),
    ("your app store says update", set()),
    ("I've DMed you four times", {"social"}),
    ("check your DMs please", set()),
    ("the recovery form fails", {"website"}),
    ("how do I reset my password", set()),
    ("contacted support several times", {"other"}),
    ("I restarted the router twice", set()),
    ("hotline cut me off at minute 40", {"phone"}),
    ("your line keeps ringing out", {"phone"}),
    ("my phone keeps dropping calls", set()),
    ("the chat told me to wait", {"chat"}),
    ("our group chat said yes", set()),
    ("mails unanswered since May", {"email"}),
    ("third visit to the branch, same shrug", {"store"}),
    ("the claims form rejects my photo", {"website"}),
    ("passed from department to department", {"other"}),
    ("zwölfmal angerufen, fünf Mails geschrieben", {"phone", "email"}),
    ("he llamado seis veces", {"phone"}),
    ("dix appels, des mails sans réponse", {"phone", "email"}),
    ("ho chiamato dieci volte", {"phone"}),
    ("al zes keer gebeld en gemaild", {"phone", "email"}),
]


@pytest.mark.parametrize(("text", "channels"), TRIED)
def test_channels_that_failed_before(text: str, channels: set[str]) -> None:
    assert {entry.channel for entry in tried_before(finds(text), [], "complaint", text)[0]} == channels


@pytest.mark.parametrize(
    ("text", "channel", "words"),
    [
        ("webchat again, zilch", "chat", "webchat"),
        ("seguimos igual, tanto teléfono para nada", "phone", "teléfono"),
        ("die Filiale weiß von nichts", "store", "Filiale"),
        ("not a word from any of you", "email", "not a word from any of you"),
    ],
)
def test_a_channel_that_only_the_model_sees_has_the_words_for_it(text: str, channel: str, words: str) -> None:
    tried, reasons = tried_before(finds(text), [channel], "complaint", text)
    spans = {entry.channel: entry.span for entry in tried}
    assert text[slice(*spans[channel])] == words
    assert words in [reason.words for reason in reasons]


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("Never again.", 2),
        ("I'm done with you", 2),
        ("switched to another provider", 2),
        ("cancelled my subscription", 2),
        ("ich habe gekündigt", 2),
        ("je résilie mon abonnement", 2),
        ("nunca más", 2),
        ("thinking of leaving", 1),
        ("loyal for 12 years and this", 1),
        ("comparing quotes tonight", 1),
        ("please cancel my subscription", 0),
        ("I'm not leaving", 0),
        ("you cancelled my order", 0),
        ("never used it", 0),
        ("how do I switch my plan", 0),
        ("the train leaves at nine", 0),
    ],
)
def test_words_of_leaving(text: str, level: int) -> None:
    risk, reasons = churn(0.04, "complaint", finds(text), text)
    assert (2 if risk > 0.7 else 1 if risk > 0.25 else 0) == level
    assert bool(reasons) == bool(level)


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("my solicitor will write to you", 4),
        ("see you in small claims court", 4),
        ("reported you to Ofcom", 4),
        ("mein Anwalt meldet sich", 4),
        ("my account was hacked", 4),
        ("payments I did not make", 4),
        ("this is a data breach", 4),
        ("the battery burst into flames", 4),
        ("food poisoning after your sandwiches", 4),
        ("strong smell of gas", 4),
        ("my wheelchair did not fit", 3),
        ("we sit here with a newborn", 3),
        ("this life hack failed", 1),
        ("the tennis court was wet", 1),
        ("my fire stick is slow", 1),
        ("I'm trying to log in to my account", 1),
        ("my account got disabled", 1),
        ("there is a blind spot in the mirror", 1),
        ("the baby spinach was brown", 1),
    ],
)
def test_grave_words_set_the_floor_of_severity(text: str, level: int) -> None:
    assert severity(1, "complaint", finds(text), 0, text)[0] == level


def test_grave_words_in_praise_and_chatter_do_not_alarm() -> None:
    text = "your lawyer show burst into flames, love it"
    assert severity(0, "praise", finds(text), 0, text)[0] == 0
    assert severity(0, "other", finds(text), 0, text)[0] == 0


@pytest.mark.parametrize(
    ("text", "haste"),
    [
        ("can't log in, please help", "soon"),
        ("locked out, need this asap", "soon"),
        ("locked out and my flight is tomorrow", "soon"),
        ("someone is in my account right now", "now"),
        ("the whole shop is down, every minute costs us", "now"),
        ("can you help?", "none"),
        ("locked out", "none"),
        ("asap would be nice", "none"),
        ("where is the emergency exit", "none"),
        ("locked out, but no rush", "none"),
    ],
)
def test_haste(text: str, haste: str) -> None:
    assert urgency("none", 2, "complaint", finds(text), text)[0] == haste


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("I will kill you", {"threat"}),
        ("this app will kill my battery", set()),
        ("see you in court", set()),
        ("what a damn mess", set()),
        ("you people are vermin", {"hate"}),
        ("follow the link in my bio", {"spam"}),
        ("the link in your app is broken", set()),
        ("I am a bot", {"bot"}),
        ("your bot keeps telling me nonsense", set()),
        ("copy and paste this to your wall", {"copypasta"}),
        ("copy-paste answers again", set()),
    ],
)
def test_abuse_is_not_strong_language(text: str, names: set[str]) -> None:
    found = finds(text)
    assert {name for name in ("threat", "hate", "spam", "bot", "copypasta") if name in found} == names


def test_a_phrase_before_any_label_is_refused() -> None:
    with pytest.raises(ValueError, match="line 1"):
        table("never again\n[x]\n")


def finds(text: str) -> dict[str, list]:
    return by_label(find(phrasebook(), text))
