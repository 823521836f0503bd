"""The whole rating: golden messages for each label, and what holds for any text."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from earful.model.rating import ABUSES, KINDS, PII_TYPES, SENTIMENTS, TOPICS, TRIED_CHANNELS, UNSURE, Rating
from earful.triage.rate import REASONS_MOST, Triage, load
from earful.triage.subject import Brand, Subject

TRIAGE: Triage = load(Brand(names=("Lumen",), handles=("@lumenbank",)))

GOLDEN = [
    ("kind", "complaint", "the zipper broke on day one, terrible quality"),
    ("kind", "question", "do you ship to Iceland?"),
    ("kind", "request", "please unlock my account"),
    ("kind", "praise", "thank you so much, the staff were amazing 😍"),
    ("kind", "suggestion", "would be great if you could add a dark mode to the app"),
    ("kind", "other", "lol 😂"),
    ("sentiment", "negative", "worst service ever, absolutely useless"),
    ("sentiment", "neutral", "what time do you open?"),
    ("sentiment", "positive", "love it, thank you ❤️"),
    ("topic", "delivery", "where is my parcel, the courier never came"),
    ("topic", "billing", "you charged my card twice, money gone"),
    ("topic", "defect", "my laptop battery won't charge"),
    ("topic", "staff", "your agent was so rude to my wife"),
    ("topic", "app_or_site", "the app crashes whenever I open settings"),
    ("topic", "outage", "internet down since this morning, no signal at all"),
    ("topic", "returns", "can I return the shoes, and how long do I have to send them back"),
    ("topic", "account_access", "I can't log in to my account, password reset fails"),
    ("topic", "price", "how much is the monthly plan"),
    ("topic", "safety", "your charger caught fire and burned my hand"),
    ("topic", "other", "good morning everyone"),
    ("severity", 0, "how do I change my username?"),
    ("severity", 1, "subtitles lag behind again, annoying"),
    ("severity", 2, "my account got suspended and I can't log in"),
    ("severity", 3, "Third month without heating. Called eleven times, emailed you, nothing"),
    ("severity", 4, "my account was hacked and the thief spent my money"),
    ("urgency", "none", "can you help?"),
    ("urgency", "soon", "locked out of my account, please help asap"),
    ("urgency", "now", "somebody is in my account right now and money is going out"),
    ("wants", "help", "my router keeps rebooting"),
    ("wants", "answer", "is the store open today?"),
    ("wants", "heard", "shame on you, absolute joke of a company"),
    ("wants", "nothing", "thanks, that worked 👍"),
    ("language", "es", "no puedo entrar en mi cuenta desde ayer"),
    ("language", "fr", "je ne peux pas ouvrir mon compte depuis hier"),
    ("language", "de", "ich kann mein Konto nicht öffnen"),
    ("language", "pt", "não consigo entrar na minha conta"),
    ("language", "it", "non riesco ad aprire il mio conto"),
    ("language", "nl", "ik kan niet inloggen op mijn rekening"),
    ("language", "ja", "荷物が届きません"),
    ("language", "und", "ამანათი არ მოვიდა"),
]


@pytest.mark.parametrize(("field", "label", "text"), GOLDEN)
def test_a_plain_example_of_each_label(field: str, label: object, text: str) -> None:
    assert getattr(rate(text), field) == label


def test_a_text_of_unknown_words_is_unsure_and_says_so() -> None:
    rating = rate("ამანათი არ მოვიდა")
    assert (rating.kind, rating.sentiment, rating.topic, rating.wants) == (UNSURE,) * 4
    assert rating.confidence["kind"] == 0.0
    assert any(reason.field == "kind" and "to tell" in reason.because for reason in rating.reasons)


def test_reasons_show_the_words() -> None:
    rating = rate("I've called you three times, my parcel is still lost")
    shown = {reason.field: reason.words for reason in rating.reasons if reason.words}
    assert "called you three" in shown["tried_before"]
    assert {"kind", "topic"} <= shown.keys()


def test_the_smallest_account_keeps_its_points() -> None:
    text = "locked out of my account, please help asap"
    small = rate(text)
    large = TRIAGE.rate([Subject(text=text, addressed=True, followers=10**7, reactions={"likes": 10**6})])[0]
    assert 0 <= large.priority - small.priority <= 6
    assert (small.severity, small.urgency) == (large.severity, large.urgency)
    kept = [{r.because: r.weight for r in one.reasons if r.field == "priority"} for one in (small, large)]
    for because in kept[0]:
        if "order only" not in because:
            assert kept[0][because] == kept[1][because]


def test_each_message_is_rated_alone() -> None:
    one, two = Subject(text="never again"), Subject(text="thank you")
    assert TRIAGE.rate([one, two]) == [*TRIAGE.rate([one]), *TRIAGE.rate([two])]
    assert TRIAGE.rate([]) == []


WORDS = (
    "please called you three times never again refund 😡 @lumenbank 4111111111111111 a@b.co . !? İ ß ’ lawyer"
)
ODD = ("\ud800", "\0", "4111 1111 1111 1111", "order 12345", "+442079460958", "https://x.example/a", "not")
PIECES = st.sampled_from((*WORDS.split(), *ODD))
TEXTS = st.one_of(
    st.text(alphabet=st.characters(exclude_categories=()), max_size=300),
    st.lists(PIECES, max_size=40).map(" ".join),
)


@settings(max_examples=300, deadline=None)
@given(
    TEXTS,
    st.integers(-5, 10**12) | st.none(),
    st.dictionaries(st.sampled_from(["likes", "views", "replies", "x"]), st.integers(-9, 10**15)),
    st.integers(-9, 10**15),
    st.booleans(),
)
def test_any_text_gives_a_sound_rating(
    text: str, followers: int | None, reactions: dict[str, int], age_ms: int, addressed: bool
) -> None:
    subject = Subject(text=text, followers=followers, reactions=reactions, age_ms=age_ms, addressed=addressed)
    check(text, TRIAGE.rate([subject])[0])


@pytest.mark.parametrize("visibility", ["public", "direct", "group", "unheard-of"])
@pytest.mark.parametrize("text", ["", " ", "\0", "\ud800" * 9, "😡🤬", "?" * 99, "a" * 20_000])
def test_odd_texts(text: str, visibility: str) -> None:
    rating = TRIAGE.rate([Subject(text=text, visibility=visibility, language="de-AT")])[0]
    check(text, rating)
    assert (rating.reach_tier == "private") == (visibility in {"direct", "group"})


REPEATED = (
    *("a", "1", "1 ", "4111 ", "@", "a@", "a@b.co ", "555-010-1234 ", "😡", "Aa ", "Via a ", "DE89 3704 "),
    *("order 1", "never again not ", "not thinking of leaving ", "?", "http://", "\ud800", "\0", "12 Elm "),
)


@pytest.mark.parametrize("piece", REPEATED)
def test_time_is_linear_in_the_text(piece: str) -> None:
    def seconds(length: int) -> float:
        subject = Subject(text=(piece * length)[:length] + "x")
        return min(timed(subject) for _ in range(2))

    # Twelve times for eight times the text leaves room for noise; a square would take 64 times.
    assert seconds(64_000) < max(12 * seconds(8_000), 0.05)


def timed(subject: Subject) -> float:
    start = time.process_time()
    TRIAGE.rate([subject])
    return time.process_time() - start


def rate(text: str) -> Rating:
    return TRIAGE.rate([Subject(text=text, addressed=True)])[0]


def check(text: str, rating: Rating) -> None:
    contributions = [reason.weight for reason in rating.reasons if reason.field == "priority"]
    assert rating.priority == sum(contributions)
    assert 0 <= rating.priority <= 100
    assert rating.kind in (*KINDS, UNSURE)
    assert rating.topic in (*TOPICS, UNSURE)
    assert tuple(rating.kind_p) == KINDS
    assert tuple(rating.sentiment_p) == SENTIMENTS
    assert sum(rating.kind_p.values()) == pytest.approx(1, abs=0.005)
    assert sum(rating.sentiment_p.values()) == pytest.approx(1, abs=0.005)
    assert set(rating.abuse) <= set(ABUSES)
    assert {pii.type for pii in rating.pii} <= set(PII_TYPES)
    assert {tried.channel for tried in rating.tried_before} <= set(TRIED_CHANNELS)
    assert len(rating.reasons) <= REASONS_MOST
    assert rating.reach >= 0
    for p in (rating.relevance, rating.churn_risk, *rating.confidence.values()):
        assert 0 <= p <= 1
    spans = [pii.span for pii in rating.pii] + [tried.span for tried in rating.tried_before]
    spans += [reason.span for reason in rating.reasons if reason.span is not None]
    for start, end in spans:
        assert 0 <= start < end <= len(text)
