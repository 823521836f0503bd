"""The product's values in a reader's words. Message ids are English; `N_` marks them for extraction."""

from collections.abc import Mapping


def N_(message: str) -> str:  # noqa: N802  gettext's own name for "translate later"
    """Mark a string for translation without translating it here."""
    return message


WORDS: Mapping[str, Mapping[str, str]] = {
    "network": {
        "x": N_("X"), "facebook": N_("Facebook"), "instagram": N_("Instagram"), "threads": N_("Threads"),
        "reddit": N_("Reddit"), "youtube": N_("YouTube"), "linkedin": N_("LinkedIn"),
        "pinterest": N_("Pinterest"), "tumblr": N_("Tumblr"), "tiktok": N_("TikTok"),
        "mastodon": N_("Mastodon"), "bluesky": N_("Bluesky"), "telegram": N_("Telegram"),
        "whatsapp": N_("WhatsApp"), "messenger": N_("Messenger"), "email": N_("E-mail"), "sms": N_("SMS"),
        "phone": N_("Phone"), "chat": N_("Chat"), "feed": N_("Feed"), "blog": N_("Blog"), "review": N_("Review"),
        "in_person": N_("In person"), "google_plus": N_("Google+"),
    },
    "offer": {"api": N_("Webhook or API")},
    "view": {
        "open": N_("Open"), "mine": N_("Mine"), "unassigned": N_("Unassigned"), "waiting": N_("Waiting"),
        "snoozed": N_("Snoozed"), "closed": N_("Closed"), "all": N_("All"),
    },
    "order": {
        "priority": N_("Priority"), "newest": N_("Newest"), "oldest": N_("Longest waiting"),
        "deadline": N_("Deadline"),
    },
    "status": {
        "open": N_("Open"), "waiting": N_("Waiting on customer"), "snoozed": N_("Snoozed"),
        "closed": N_("Closed"),
    },
    "outcome": {
        "unanswered": N_("Unanswered"), "answered": N_("Answered"), "claimed": N_("Claimed fixed"),
        "confirmed": N_("Confirmed"), "verified": N_("Verified"), "silent": N_("Silent"),
        "returned": N_("Came back"), "brushed_off": N_("Brushed off"),
    },
    "outcome_help": {
        "unanswered": N_("Nobody needs an answer: spam, not about us, or settled elsewhere."),
        "answered": N_("We replied; whether it helped is open."),
        "claimed": N_("We say it is fixed. The customer has not said so."),
        "confirmed": N_("The customer says it is fixed."),
        "verified": N_("Somebody checked that it is fixed."),
        "brushed_off": N_("We only pointed elsewhere, and nobody arrived there."),
    },
    "kind": {
        "complaint": N_("Complaint"), "question": N_("Question"), "request": N_("Request"),
        "praise": N_("Praise"), "suggestion": N_("Suggestion"), "other": N_("Other"), "unsure": N_("Unsure"),
    },
    "topic": {
        "delivery": N_("Delivery"), "billing": N_("Billing"), "defect": N_("Defect"), "staff": N_("Staff"),
        "app_or_site": N_("App or site"), "outage": N_("Outage"), "returns": N_("Returns"),
        "account_access": N_("Account access"), "price": N_("Price"), "safety": N_("Safety"),
        "other": N_("Other"), "unsure": N_("Unsure"),
    },
    "sentiment": {
        "negative": N_("Negative"), "neutral": N_("Neutral"), "positive": N_("Positive"),
        "unsure": N_("Unsure"),
    },
    "reach": {
        "thousands": N_("thousands"), "tens of thousands": N_("tens of thousands"),
        "hundreds of thousands": N_("hundreds of thousands"), "millions": N_("millions"),
    },
    "urgency": {"none": N_("No hurry"), "soon": N_("Soon"), "now": N_("Now")},
    "wants": {
        "help": N_("Wants help"), "answer": N_("Wants an answer"), "heard": N_("Wants to be heard"),
        "nothing": N_("Wants nothing"),
    },
    "severity": {
        "0": N_("None"), "1": N_("Annoyed"), "2": N_("Blocked"), "3": N_("Serious"),
        "4": N_("Safety or legal"),
    },
    "tried": {
        "phone": N_("phone"), "email": N_("e-mail"), "chat": N_("chat"), "store": N_("the store"),
        "social": N_("social"), "website": N_("the website"), "other": N_("another way"),
    },
    "field": {
        "kind": N_("Kind"), "topic": N_("Topic"), "sentiment": N_("Mood"), "severity": N_("Severity"),
        "urgency": N_("Hurry"), "wants": N_("Wants"), "relevance": N_("About us"), "churn": N_("Leaving"),
        "tried_before": N_("Tried before"), "abuse": N_("Abuse"), "language": N_("Language"),
    },
    "learned": {
        "active": N_("In force"), "kept": N_("Replaced"), "rejected": N_("Not kept: no better"),
        "worse": N_("Not kept: worse"), "rolled_back": N_("Rolled back"),
    },
    "relevance": {"about_us": N_("About us"), "not_about_us": N_("Not about us")},
    "churn": {"0": N_("No sign"), "1": N_("Hints at it"), "2": N_("Leaves")},
    "abuse": {
        "threat": N_("threat"), "hate": N_("hate"), "spam": N_("spam"), "bot": N_("bot"),
        "copypasta": N_("copypasta"),
    },
    "message_kind": {
        "post": N_("post"), "comment": N_("comment"), "reply": N_("reply"), "mention": N_("mention"),
        "quote": N_("quote"), "repost": N_("repost"), "dm": N_("direct message"), "review": N_("review"),
        "email": N_("e-mail"), "sms": N_("SMS"), "call": N_("call"), "voicemail": N_("voicemail"),
        "chat": N_("chat"), "visit": N_("visit"), "system": N_("system message"),
        "unsupported": N_("kept, but Earful cannot read this kind yet"),
    },
    "visibility": {
        "public": N_("Public"), "unlisted": N_("Unlisted"), "followers": N_("Followers"),
        "direct": N_("Direct"), "group": N_("Group"), "internal": N_("Internal"),
    },
    "send_state": {
        "approval": N_("Waits for approval"), "scheduled": N_("Scheduled"),
        "held": N_("Held: something was said since"),
        "queued": N_("Waiting to be sent"), "sending": N_("Sending"), "sent": N_("Sent"),
        "delivered": N_("Delivered"), "read": N_("Read"), "failed": N_("Not sent"),
        "unknown": N_("May be out: Earful is looking before it tries again"),
        "cancelled": N_("Taken back before it was sent"),
    },
    "count": {
        "views": N_("Views"), "likes": N_("Reactions"), "replies": N_("Comments"), "reposts": N_("Reposts"),
        "saves": N_("Saves"), "clicks": N_("Clicks"), "link_clicks": N_("Clicks on the link"),
    },
    "call_outcome": {
        "answered": N_("We spoke"), "missed": N_("Nobody answered"), "voicemail": N_("A message was left"),
    },
    "job_kind": {"backfill": N_("Fetch what is older"), "reconcile": N_("Compare all that is there")},
    "job_state": {
        "running": N_("under way"), "done": N_("done"), "failed": N_("given up"), "stopped": N_("stopped"),
    },
    "delivery": {
        "": N_("All"), "queued": N_("Waiting"), "delivered": N_("Delivered"), "failed": N_("Failed"),
        "dropped": N_("Dropped"),
    },
    "told": {
        "case.opened": N_("A case was opened"),
        "case.messages": N_("Messages joined a case"),
        "case.rated": N_("Ratings of a case were corrected or weighed anew"),
        "case.changed": N_("A case was assigned, tagged, snoozed, closed, opened again"),
        "case.noted": N_("A note was left"),
        "case.reply": N_("A reply changed its state"),
        "case.returned": N_("A matter that was settled came back"),
        "outcome.changed": N_("A case has another outcome"),
        "handoff.offered": N_("A customer was invited to a private place"),
        "handoff.arrived": N_("An invited customer came"),
        "handoff.expired": N_("An invited customer did not come"),
        "sla.warning": N_("A promise is nearly due"),
        "sla.breached": N_("A promise was not kept"),
        "reply.asked": N_("A reply waits for approval"),
        "reply.decided": N_("Somebody decided about a reply that waited"),
        "queue.troubled": N_("A queue cannot be answered in time"),
        "playbook.started": N_("A case began a playbook"),
        "playbook.moved": N_("A case went on to another step of its playbook"),
        "playbook.step_due": N_("A step of a playbook is overdue"),
        "playbook.escalated": N_("A playbook escalated a case"),
        "playbook.ended": N_("A case came to the end of its playbook, or left it"),
        "case.merged": N_("Two cases were merged"),
        "case.split": N_("A case was split"),
        "person.linked": N_("Two accounts turned out to be one person"),
        "person.unlinked": N_("A link of two accounts was taken back"),
        "person.erased": N_("A person was erased: delete your copies, too"),
        "person.flagged": N_("A person was flagged, or a flag was taken off"),
        "automation.notify": N_("An automation rule asks to notify somebody"),
        "automation.paused": N_("An automation rule acted too often and is paused"),
        "webhook.test": N_("A test"),
    },
    "whose": {
        "agents": N_("Those of agents"), "new": N_("Those of new agents"), "everybody": N_("Everybody's"),
    },
    "macro_for": {"mine": N_("Only you"), "role": N_("A role:"), "all": N_("Everybody")},
    "flag": {"vip": N_("VIP"), "vulnerable": N_("Vulnerable")},
    "hint_strength": {"1": N_("Weak"), "2": N_("Fair"), "3": N_("Strong")},
    "mark_kind": {"handle": N_("The handle"), "mail": N_("A mail address"), "order": N_("An order number")},
    "link_origin": {
        "suggestion": N_("Suggested"), "hand": N_("Linked by hand"), "handoff": N_("Came by a handoff"),
        "account": N_("Two names of one account"),
    },
    "role": {"agent": N_("Agent"), "lead": N_("Lead"), "admin": N_("Admin")},
    "health": {
        "ok": N_("Working"), "late": N_("Late"), "trouble": N_("In trouble"), "off": N_("Off"),
    },
    "check": {"ok": N_("Fine"), "warning": N_("Look at this"), "failed": N_("Broken")},
    "event": {
        "assigned": N_("assigned this to {detail}"), "unassigned": N_("took the assignee off"),
        "status": N_("set the status to {detail}"), "snoozed": N_("snoozed this until {detail}"),
        "closed": N_("closed this as {detail}"), "reopened": N_("opened this again"),
        "tagged": N_("added the tag {detail}"), "untagged": N_("removed the tag {detail}"),
        "routed_same": N_("gave this to {detail}, who had this person's last case"),
        "routed_turn": N_("gave this to {detail}, whose turn it was"),
        "routed_owner": N_("gave this to {detail}, whose step it is"),
        "routed_least": N_("gave this to {detail}, who had the fewest open cases"),
        "took_next": N_("took this as the next case"),
        "queued": N_("put this into the queue of {detail}"),
        "unqueued": N_("let anybody take this: its queue is there no more"),
        "queue_moved": N_("moved this to the queue of {detail}: the day of the team before is over"),
        "unspoken": N_("noted that nobody who could take this speaks {detail}"),
        "restored": N_("put this back to {detail}"), "priority_raised": N_("raised the priority to at least {detail}"),
        "notified": N_("notified {detail}"), "rule_playbook": N_("put this into the playbook {detail}"),
        "breached": N_("saw that the promise was not kept: {detail}"),
        "withdrawn": N_("found that the promise was kept after all: {detail}"),
        "titled": N_("renamed this to {detail}"), "merged": N_("merged {detail} into this"),
        "merge_undone": N_("took a merge back: {detail} is a case of its own again"),
        "split": N_("made {detail} of some of its messages"),
        "split_from": N_("split this off {detail}"),
        "split_undone": N_("put the messages of {detail} back"),
        "person_linked": N_("linked {detail} as one person"),
        "person_unlinked": N_("took the link back between {detail}"),
        "person_renamed": N_("named this person {detail}"),
        "flag_set": N_("flagged this person as {detail}"),
        "flag_cleared": N_("took a flag off this person: {detail}"),
        "outcome_confirmed": N_("read that the customer says it is fixed {detail}"),
        "outcome_verified": N_("counts this as verified {detail}"),
        "outcome_silent": N_("counts this as silent: nothing was heard"),
        "outcome_returned": N_("counts this as come back {detail}"),
        "outcome_brushed_off": N_("counts this as brushed off {detail}"),
        "reply_asked": N_("asked somebody to approve a reply: {detail}"),
        "reply_approved": N_("approved a reply {detail}"),
        "reply_changed": N_("changed a reply and approved it {detail}"),
        "reply_sent_back": N_("sent a reply back: {detail}"),
        "came_back": N_("opened this as a matter that came back {detail}"),
        "playbook_started": N_("began the playbook {detail}"),
        "playbook_moved": N_("went on to the step {detail}"),
        "playbook_due": N_("saw that a step is overdue: {detail}"),
        "playbook_escalated": N_("escalated: {detail}"),
        "playbook_done": N_("came to the end of the playbook {detail}"),
        "playbook_left": N_("left the playbook {detail}"),
        "handoff_offered": N_("invited the customer to {detail}"),
        "handoff_arrived": N_("saw the customer arrive by {detail}"),
        "handoff_expired": N_("closed the invitation to {detail}: nobody came"),
        "handoff_cancelled": N_("took the invitation back"),
        "handoff_link_unknown": N_("noted that the writer's link is not one of ours"),
        "handoff_link_expired": N_("noted that the writer's link was too old"),
        "handoff_link_used": N_("noted that the writer's link was used by another browser"),
        "handoff_link_cancelled": N_("noted that the writer's link had been taken back"),
    },
    "run_state": {
        "running": N_("Running"), "paused": N_("Paused"), "done": N_("done"), "left": N_("left"),
    },
    "step_kind": {
        "acknowledge": N_("Acknowledge in public"), "ask": N_("Ask"), "private": N_("Move to private"),
        "task": N_("Task"), "answer": N_("Answer"), "confirm": N_("Ask whether it is fixed"),
        "follow_up": N_("Follow up"), "publish": N_("Publish the solution"), "escalate": N_("Escalate"),
        "wait": N_("Wait"),
    },
    "step_end": {
        "public_reply": N_("our public reply"), "private_reply": N_("our private reply"),
        "customer_answer": N_("the customer's answer"), "customer_confirmed": N_("the customer says it is fixed"),
        "handoff_offered": N_("a handoff was offered"), "handoff_arrived": N_("the customer arrived"),
        "tick": N_("somebody ticks it"), "time": N_("time has passed"), "closed": N_("the case is closed"),
        "skipped": N_("skipped"), "late": N_("its deadline passed"),
    },
    "step_owner": {
        "assignee": N_("whoever has the case"), "agent": N_("any agent"), "lead": N_("a lead"),
    },
    "step_clock": {"calendar": N_("open hours"), "always": N_("around the clock")},
    "template_category": {
        "marketing": N_("marketing"), "utility": N_("about an order or account"), "authentication": N_("one-time code"),
    },
    "template_place": {
        "header": N_("in the header"), "body": N_("in the text"), "footer": N_("in the footer"),
        "button": N_("in a button's address"),
    },
    "template_standing": {
        "approved": N_("approved"), "pending": N_("not approved yet"), "rejected": N_("rejected"),
        "paused": N_("paused"), "disabled": N_("disabled"), "other": N_("does not go out"),
    },
    "erasing_state": {"running": N_("being erased"), "done": N_("erased"), "nothing": N_("there was nothing")},
    "window_because": {
        "wrote": N_("since the customer wrote"), "ad": N_("because the customer came by an advertisement"),
    },
    "way": {
        "form": N_("Our form"), "chat": N_("Our chat"), "email": N_("E-mail"), "phone": N_("Phone"), "all": N_("All"),
    },
    "way_help": {
        "form": N_("A private page of ours. They write there, and read our answers there."),
        "chat": N_("A private chat of ours that knows them. Answers appear at once."),
        "email": N_("They write to us with the code in the subject."),
        "phone": N_("They call and say the code; whoever answers types it in."),
    },
    "handoff_state": {
        "offered": N_("Waiting"), "arrived": N_("Arrived"), "expired": N_("Nobody came"),
        "cancelled": N_("Taken back"),
    },
    "reading": {
        "confirmed": N_("Says it is fixed"), "denied": N_("Says it is not fixed"), "unclear": N_("Says neither"),
    },
    "read_as": {
        "customer_confirmed": N_("Read as: it is fixed"), "customer_denied": N_("Read as: it is not fixed"),
        "customer_unclear": N_("Came back with this"), "only_pointed": N_("Only points elsewhere"),
    },
    "away": {
        "": N_("Here"), "away": N_("Away"), "silent": N_("Away: nothing was heard of them"),
        "hours": N_("Away: out of their hours"),
    },
    "strategy": {
        "least": N_("Whoever has the fewest open cases"), "turn": N_("One after the other"),
        "leave": N_("Nobody: it waits until somebody takes it"),
    },
    "rule_on": {
        "opened": N_("A case opens"), "message": N_("The customer writes"),
        "returned": N_("A matter comes back"), "outcome": N_("The outcome changes"),
        "sla_warning": N_("A promise is nearly due"), "sla_breached": N_("A promise is not kept"),
        "time": N_("Time passes"),
    },
    "rule_do": {
        "tag": N_("Add the tag"), "untag": N_("Take off the tag"), "assign": N_("Assign to"),
        "queue": N_("Hand to the queue"), "priority": N_("Raise the priority to at least"),
        "status": N_("Set the status"), "snooze": N_("Snooze for"), "note": N_("Leave a note"),
        "playbook": N_("Start the playbook"), "notify": N_("Notify"), "stop": N_("Later rules do not look"),
    },
    "rule_result": {
        "acted": N_("Acted"), "refused": N_("Could not act"), "stopped": N_("Stopped"),
    },
    "backtest": {
        "playbook": N_("Playbook"), "rules": N_("Rules"), "sla": N_("Promise times"),
    },
    "backtest_state": {
        "waiting": N_("Waiting"), "running": N_("Running"), "finished": N_("Finished"), "stopped": N_("Stopped"),
        "failed": N_("Failed"),
    },
    "backtest_what": {
        "total": N_("Cases"), "without": N_("Cases for which there is nothing"), "cases": N_("Cases that take it"),
        "met": N_("In time"), "missed": N_("Late"), "open": N_("Not due yet"), "assumed": N_("Taken as done"),
        "done": N_("Passed"), "kept": N_("Kept"), "broken": N_("Not kept"), "warned": N_("Warned of"),
        "running": N_("Still running"), "acted": N_("Times it acts"), "act": N_("Acts"),
        "minutes": N_("Hours of agents"), "spared": N_("Hours of agents spared"),
    },
    "backtest_all": {
        "met": N_("Steps in time"), "missed": N_("Steps late"), "open": N_("Steps not due yet"),
        "assumed": N_("Steps taken as done"),
    },
    "effort": {
        "act": N_("An act of a rule: tag, assign, raise"), "note": N_("A note or a notification of a rule"),
    },
    "bulk": {
        "assign": N_("Assign"), "queue": N_("Hand over to a team"), "tag": N_("Tag"), "untag": N_("Take a tag off"),
        "status": N_("Status"), "snooze": N_("Snooze"), "close": N_("Close"),
    },
    "weekday": {
        "mon": N_("Monday"), "tue": N_("Tuesday"), "wed": N_("Wednesday"), "thu": N_("Thursday"),
        "fri": N_("Friday"), "sat": N_("Saturday"), "sun": N_("Sunday"),
    },
    "clock": {
        "first_answer": N_("first answer"), "next_answer": N_("next answer"), "resolution": N_("resolution"),
    },
    "clock_state": {
        "running": N_("running"), "paused": N_("paused"), "kept": N_("kept"), "missed": N_("not kept"),
    },
    "notice": {
        "mentioned": N_("You were named in a note"), "breached": N_("A promise was not kept"),
        "reply": N_("Your reply did not go out"), "returned": N_("A matter of yours came back"),
        "answered": N_("The customer answered"), "warning": N_("A promise is nearly due"),
        "decided": N_("Your reply was decided on"), "assigned": N_("A case is yours now"),
        "approve": N_("A reply waits for approval"), "automation": N_("An automation tells you"),
        "queue": N_("A queue cannot be answered in time"), "followed": N_("A case that you follow changed"),
    },
    "notice_help": {
        "mentioned": N_("with @ and your name, or your team's"), "breached": N_("in a case that you have"),
        "reply": N_("it failed, its fate is unknown, or it is held"), "returned": N_("after it was settled"),
        "answered": N_("in a case that you have"), "warning": N_("in a case that you have"),
        "decided": N_("approved, changed or sent back"), "assigned": N_("somebody or a route gave it to you"),
        "approve": N_("of a colleague"), "automation": N_("a rule that names you"),
        "queue": N_("or nobody is there to answer"), "followed": N_("somebody or the customer did something"),
    },
    "notice_way": {"app": N_("in the desk"), "browser": N_("in the browser"), "mail": N_("by mail")},
    "notice_mails": {
        "once": N_("At once"), "hourly": N_("Once an hour"), "daily": N_("Once a day"), "never": N_("Never"),
    },
    "mail_security": {
        "starttls": N_("STARTTLS, mostly port 587"), "tls": N_("TLS, mostly port 465"), "plain": N_("None"),
    },
    "pii": {
        "card": N_("card number"), "iban": N_("IBAN"), "phone": N_("phone number"),
        "email": N_("e-mail address"), "address": N_("street address"), "order_number": N_("order number"),
        "id_number": N_("ID number"),
    },
}  # fmt: skip


def word(value: object, family: str) -> str:
    """The message id for a value; one that has none yet (a plugin's topic) is shown as it is, readably."""
    plain = str(value)
    return WORDS[family].get(plain) or plain.replace("_", " ")
