"""A morning at Brewline, a fictional maker of home coffee machines: values for previews and tests."""

from earful.model.desk import (
    AuthorCard,
    CaseDetail,
    CaseRow,
    Draft,
    Outcome,
    PastCase,
    PersonCard,
    Revision,
    Role,
    SendState,
    Status,
    TimelineEvent,
    TimelineItem,
    TimelineMessage,
    TimelineNote,
    TimelineReply,
    UserRef,
)
from earful.model.message import Actor, Attachment, Direction, MessageKind, Network, Visibility
from earful.model.rating import Pii, Rating, Reason, TriedBefore
from earful.model.time import DAY, HOUR, MINUTE

KIM = UserRef(id="u1", name="Kim Dietrich", email="kim@brewline.example", role=Role.ADMIN)
OMAR = UserRef(id="u2", name="Omar Haddad", email="omar@brewline.example", role=Role.LEAD)
LENA = UserRef(id="u3", name="Lena Fischer", email="lena@brewline.example", role=Role.AGENT)
USERS = [KIM, OMAR, LENA]

GRINDER = (
    "Third Aroma One in a year and the grinder is dead AGAIN @brewline. I called twice and e-mailed, nobody "
    "calls back. My number is +49 30 5550 1234 if anyone there still works. https://photos.example/grinder"
)


def at(text: str, words: str) -> tuple[int, int]:
    """Where words stand in a text."""
    start = text.index(words)
    return start, start + len(words)


def rating(text: str = GRINDER) -> Rating:
    """The rating of the grinder complaint."""
    return Rating(
        relevance=0.98,
        kind="complaint",
        kind_p={"complaint": 0.96},
        sentiment="negative",
        sentiment_p={"negative": 0.97},
        topic="defect",
        severity=3,
        urgency="soon",
        wants="help",
        tried_before=[
            TriedBefore("phone", at(text, "called twice")),
            TriedBefore("email", at(text, "e-mailed")),
        ],
        churn_risk=0.62,
        abuse=[],
        pii=[Pii("phone", at(text, "+49 30 5550 1234"))],
        language="en",
        reach=12391,
        reach_tier="tens of thousands",
        priority=83,
        confidence={"topic": 0.91, "severity": 0.84},
        reasons=[
            Reason(
                field="priority",
                because="Serious: failed again after earlier repairs",
                words="AGAIN",
                span=at(text, "AGAIN"),
                weight=34,
            ),
            Reason(
                field="priority", because="Other channels already failed", words="called twice", weight=18
            ),
            Reason(field="priority", because="A defect of a product we sell", weight=14),
            Reason(field="priority", because="Seen by more people than usual", weight=9),
            Reason(field="priority", because="Waiting for 42 minutes", weight=8),
            Reason(
                field="topic",
                because="Words about a part that broke",
                words="grinder is dead",
                span=at(text, "grinder is dead"),
                weight=0.7,
            ),
            Reason(field="kind", because="Says that nobody answers", words="nobody calls back", weight=0.4),
        ],
        model="rules-1",
    )


def row(number: int, now: int, **changes: object) -> CaseRow:
    """One row, ordinary unless told otherwise."""
    plain: dict[str, object] = {
        "id": f"c{number}",
        "number": number,
        "title": "Grinder dead again on Aroma One",
        "status": Status.OPEN,
        "outcome": Outcome.UNANSWERED,
        "priority": 30,
        "severity": 1,
        "kind": "question",
        "topic": "other",
        "sentiment": "neutral",
        "person_id": f"p{number}",
        "person_name": "Ana Petrović",
        "handle": "ana_p",
        "network": Network.X,
        "channel_id": "ch1",
        "preview": "",
        "last_message_at": now - 4 * MINUTE,
        "last_direction": Direction.INBOUND,
        "awaiting_since": now - 4 * MINUTE,
        "assignee_id": None,
        "assignee_name": "",
        "tags": [],
        "unread": False,
        "tried_before": [],
        "reach_tier": "small",
        "snoozed_until": None,
        "message_count": 2,
    }
    return CaseRow(**(plain | changes))  # type: ignore[arg-type]


def rows(now: int) -> list[CaseRow]:
    """The open cases, the most pressing first."""

    def ago(minutes: int) -> dict[str, int]:
        return {"last_message_at": now - minutes * MINUTE, "awaiting_since": now - minutes * MINUTE}

    return [
        row(
            1041,
            now,
            person_name="Maarten de Wit",
            handle="maartenbrews",
            network=Network.MASTODON,
            priority=94,
            severity=4,
            kind="complaint",
            topic="safety",
            unread=True,
            reach_tier="small",
            preview="The steam wand came off under pressure and burned my hand. "
            "Is this a known fault with the Barista 3?",
            title="Safety: steam wand came off under pressure",
            **ago(9),
        ),
        row(
            1042,
            now,
            priority=83,
            severity=3,
            kind="complaint",
            topic="defect",
            unread=True,
            preview=GRINDER,
            tried_before=["phone", "email"],
            reach_tier="tens of thousands",
            assignee_id="u1",
            assignee_name="Kim Dietrich",
            tags=["aroma-one", "warranty"],
            **ago(42),
        ),
        row(
            1039,
            now,
            person_name="Jonas Weber",
            handle="jonas.weber@mailbox.example",
            network=Network.EMAIL,
            priority=66,
            severity=2,
            kind="complaint",
            topic="billing",
            tags=["refund"],
            preview="Charged twice for order 4471-220. I need the second payment back before the 1st.",
            **ago(71),
        ),
        row(
            1044,
            now,
            person_name="Priya Raman",
            handle="priya.drinks",
            network=Network.INSTAGRAM,
            priority=48,
            topic="delivery",
            unread=True,
            preview="Tracking has said “out for delivery” since Tuesday 😅 any idea?",
            **ago(13),
        ),
        row(
            1037,
            now,
            person_name="يوسف المصري",
            handle="yousef_m",
            network=Network.FACEBOOK,
            priority=44,
            preview="هل تتوفر قطع غيار لمطحنة Aroma One في القاهرة؟",
            topic="defect",
            **ago(26),
        ),
        row(
            1035,
            now,
            person_name="Kaffeeklatsch Köln",
            handle="kaffeeklatsch",
            network=Network.REVIEW,
            priority=41,
            kind="complaint",
            topic="app_or_site",
            severity=2,
            outcome=Outcome.RETURNED,
            tags=["app", "v4", "login", "ios"],
            preview="Two stars. The machine is lovely, the app logs me out every morning.",
            **ago(190),
        ),
        row(
            1045,
            now,
            person_name="Sofia Lindqvist",
            handle="sofialq",
            network=Network.BLUESKY,
            priority=33,
            kind="suggestion",
            preview="Would pay extra for a quieter grinder mode. Babies exist!",
            **ago(2),
        ),
        row(
            1030,
            now,
            person_name="Tom Okafor",
            handle="tomokafor",
            network=Network.REDDIT,
            priority=28,
            last_direction=Direction.OUTBOUND,
            awaiting_since=None,
            outcome=Outcome.ANSWERED,
            assignee_id="u3",
            assignee_name="Lena Fischer",
            preview="Descaling takes 22 minutes; the light stays on until you press both buttons.",
            last_message_at=now - 3 * HOUR,
        ),
        row(
            1028,
            now,
            person_name="Grace Liu",
            handle="",
            network=Network.PHONE,
            priority=24,
            kind="request",
            preview="Voicemail: wants to move the repair appointment to next week.",
            **ago(260),
        ),
        row(
            1021,
            now,
            person_name="deleted_user_88",
            handle="deleted_user_88",
            network=Network.YOUTUBE,
            priority=9,
            preview="",
            deleted=True,
            awaiting_since=None,
            last_message_at=now - 2 * DAY,
        ),
    ]


ANA = Actor(native_id="77", handle="ana_p", name="Ana Petrović", followers=8420)
US = Actor(native_id="1", handle="brewline", name="Brewline")


def message(id_: str, when: int, text: str, **changes: object) -> TimelineMessage:
    """A message on X from Ana, unless told otherwise."""
    plain: dict[str, object] = {
        "id": id_,
        "at": when,
        "direction": Direction.INBOUND,
        "kind": MessageKind.MENTION,
        "network": Network.X,
        "channel_id": "ch1",
        "channel_name": "@brewline",
        "visibility": Visibility.PUBLIC,
        "author": ANA,
        "author_id": "a1",
        "subject": "",
        "text": text,
        "html": "",
        "attachments": [],
        "permalink": "https://x.example/ana_p/1",
        "edited_at": None,
        "deleted_at": None,
        "revisions": [],
        "rating": None,
        "conversation_id": "v1",
        "can_reply": [Visibility.PUBLIC, Visibility.DIRECT],
    }
    return TimelineMessage(**(plain | changes))  # type: ignore[arg-type]


def timeline(now: int) -> list[TimelineItem]:
    """The grinder case, with every kind of item."""
    mail = "Dear Brewline,\nI wrote last week about my grinder (order 4398-117). No answer so far.\nAna"
    return [
        message(
            "m1",
            now - 2 * DAY,
            mail,
            subject="Grinder again",
            network=Network.EMAIL,
            kind=MessageKind.EMAIL,
            visibility=Visibility.DIRECT,
            permalink="",
            can_reply=[Visibility.DIRECT],
            html="<p>Dear Brewline,</p><p>I wrote last week about my grinder (order 4398-117). "
            "<em>No answer so far.</em></p><p>Ana</p>",
            attachments=[
                Attachment(
                    kind="file",
                    name="receipt.pdf",
                    mime="application/pdf",
                    size=184_320,
                    url="https://mail.example/receipt.pdf",
                )
            ],
        ),
        TimelineEvent(
            at=now - 2 * DAY + HOUR, user_name="Omar Haddad", what="assigned", detail="Lena Fischer"
        ),
        TimelineEvent(at=now - 2 * DAY + HOUR, user_name="Omar Haddad", what="tagged", detail="warranty"),
        TimelineEvent(at=now - 2 * DAY + HOUR, user_name="", what="status", detail="waiting"),
        message(
            "m2",
            now - 2 * DAY + 2 * HOUR,
            "Hi Ana, sorry for the wait. A new grinder is on its way. ^LF",
            direction=Direction.OUTBOUND,
            author=US,
            sent_by="Lena Fischer",
            network=Network.EMAIL,
            visibility=Visibility.DIRECT,
            kind=MessageKind.EMAIL,
            permalink="",
            can_reply=[],
        ),
        message("m3", now - 50 * MINUTE, "Is anybody there @brewline?", deleted_at=now - 45 * MINUTE),
        message(
            "m4",
            now - 42 * MINUTE,
            GRINDER,
            rating=rating(),
            is_new=True,
            edited_at=now - 40 * MINUTE,
            revisions=[
                Revision(
                    text="Third Aroma One in a year and the grinder is dead AGAIN @brewline.",
                    at=now - 42 * MINUTE,
                )
            ],
        ),
        TimelineNote(
            id="n1",
            at=now - 30 * MINUTE,
            user_name="Omar Haddad",
            text="The parcel was lost, depot confirmed. Let us send a new machine, not a third grinder.",
        ),
        TimelineEvent(at=now - 28 * MINUTE, user_name="Kim Dietrich", what="assigned", detail="Kim Dietrich"),
        TimelineReply(
            id="o1",
            at=now - 6 * MINUTE,
            user_name="Kim Dietrich",
            attempts=3,
            network=Network.X,
            text="Ana, that is on us. I am sending you a whole new machine today. ^KD",
            audience=Visibility.PUBLIC,
            state=SendState.FAILED,
            next_try_at=None,
            in_reply_to="m4",
            error="X refused it: the channel's permission to write has run out. Your text is kept; "
            "sign in again under Channels, then try again.",
        ),
        TimelineReply(
            id="o2",
            at=now - MINUTE,
            user_name="Kim Dietrich",
            attempts=0,
            network=Network.X,
            text="Could you tell me where to send it?",
            audience=Visibility.DIRECT,
            state=SendState.QUEUED,
            error="",
            next_try_at=now + MINUTE,
            in_reply_to="m4",
        ),
    ]


def case(number: int, now: int, *, reply_to: str = "m4") -> CaseDetail:
    """One case in full: the grinder for 1042, a short one for every other row."""
    mine = next((r for r in rows(now) if r.number == number), row(number, now))
    grinder = number == 1042
    items = (
        timeline(now)
        if grinder
        else [
            message(
                f"m{number}",
                mine.last_message_at,
                mine.preview or "…",
                network=mine.network,
                author=Actor(native_id="9", handle=mine.handle, name=mine.person_name),
                rating=None,
            )
        ]
    )
    person = PersonCard(
        id=mine.person_id,
        name=mine.person_name,
        authors=[
            AuthorCard(
                id="a1",
                network=mine.network,
                handle=mine.handle,
                name=mine.person_name,
                followers=8420,
                profile_url="https://x.example/ana_p",
                first_seen_at=now - 400 * DAY,
            ),
            AuthorCard(
                id="a2",
                network=Network.EMAIL,
                handle="ana@petrovic.example",
                name="Ana Petrović",
                profile_url="",
                followers=None,
                first_seen_at=now - 300 * DAY,
            ),
        ],
        cases=[
            PastCase(
                id="c7",
                number=871,
                title="Defect: grinder jams after a week",
                status=Status.CLOSED,
                outcome=Outcome.CONFIRMED,
                opened_at=now - 200 * DAY,
            ),
            PastCase(
                id="c8",
                number=902,
                title="Returns: second grinder",
                status=Status.CLOSED,
                outcome=Outcome.BRUSHED_OFF,
                opened_at=now - 90 * DAY,
            ),
        ]
        if grinder
        else [],
    )
    return CaseDetail(
        row=mine,
        timeline=items,
        person=person,
        version=7,
        max_length=280,
        counter="x",
        sign_off="^KD",
        draft=Draft(
            text="Ana, you should not have to write three times.",
            audience=Visibility.PUBLIC,
            in_reply_to="m4",
            saved_at=now - MINUTE,
        )
        if grinder
        else None,
        reply_to=reply_to if grinder else f"m{number}",
        reply_audiences=next(
            (i.can_reply for i in items if isinstance(i, TimelineMessage) and i.id == reply_to),
            [Visibility.PUBLIC, Visibility.DIRECT],
        ),
        seen_at=now - 46 * MINUTE,
    )
