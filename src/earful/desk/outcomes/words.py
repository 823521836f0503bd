"""Reasons of outcomes in a reader's words; `{words}`, `{by}` and `{after}` are filled in. `N_` marks them."""

from collections.abc import Mapping

from earful.desk.outcomes.rules import Evidence, span_of
from earful.web.words import N_

WHY: Mapping[str, str] = {
    "answered": N_("we answered"),
    "only_pointed": N_("we only pointed elsewhere: “{words}”"),
    "sent_away": N_("{by} closed it as sent elsewhere"),
    "arrived": N_("the customer arrived there"),
    "claimed": N_("{by} says it is fixed"),
    "customer_confirmed": N_("customer said: “{words}”"),
    "customer_denied": N_("customer said: “{words}” {after}"),
    "customer_unclear": N_("came back {after}"),
    "came_back": N_("came back in another case {after}"),
    "verified": N_("{by} checked it: {words}"),
    "silence": N_("nothing heard since"),
    "heard_again": N_("the customer wrote again"),
    "wrote_again": N_("we wrote again"),
}


def why(evidence: Evidence) -> str:
    """One reason in words."""
    pattern = WHY.get(evidence.what, evidence.what.replace("_", " "))
    after = f"after {span_of(evidence.after)}" if evidence.after is not None else ""
    filled = pattern.replace("{words}", evidence.words).replace("{by}", evidence.by or "Earful")
    return filled.replace("{after}", after).replace("“”", "").strip(" :")
