"""Every page of the settings, in its group: the one table behind their list and the command palette."""

from msgspec import Struct

from earful.model.desk import Role
from earful.web.words import N_

EVERYBODY = (Role.AGENT, Role.LEAD, Role.ADMIN)
LEADS = (Role.LEAD, Role.ADMIN)
ADMINS = (Role.ADMIN,)


class Place(Struct, frozen=True, kw_only=True):
    """One page. `tab`: what its template calls itself."""

    tab: str
    href: str
    label: str
    roles: tuple[Role, ...] = EVERYBODY


class Group(Struct, frozen=True, kw_only=True):
    """Pages that belong together."""

    label: str
    places: tuple[Place, ...]


SETTINGS = (
    Group(
        label=N_("Account"),
        places=(
            Place(tab="me", href="/settings/me", label=N_("You")),
            Place(tab="away", href="/settings/away", label=N_("Here or away")),
            Place(tab="notices", href="/settings/notices", label=N_("Notifications")),
            Place(tab="keys", href="/settings/keys", label=N_("Keyboard")),
        ),
    ),
    Group(
        label=N_("People and teams"),
        places=(
            Place(tab="users", href="/settings/users", label=N_("People")),
            Place(tab="teams", href="/settings/teams", label=N_("Teams"), roles=LEADS),
        ),
    ),
    Group(
        label=N_("Answering"),
        places=(
            Place(tab="answering", href="/settings/answering", label=N_("Answering")),
            Place(tab="macros", href="/settings/macros", label=N_("Macros")),
            Place(tab="views", href="/settings/views", label=N_("Views")),
            Place(tab="handoffs", href="/settings/handoffs", label=N_("Handoffs")),
        ),
    ),
    Group(
        label=N_("Promises"),
        places=(
            Place(tab="sla", href="/settings/sla", label=N_("SLA"), roles=LEADS),
            Place(tab="calendars", href="/settings/calendars", label=N_("Calendars"), roles=LEADS),
        ),
    ),
    Group(
        label=N_("Automation"),
        places=(Place(tab="rules", href="/settings/rules", label=N_("Rules"), roles=LEADS),),
    ),
    Group(
        label=N_("Understanding"),
        places=(Place(tab="triage", href="/settings/triage", label=N_("Triage"), roles=LEADS),),
    ),
    Group(
        label=N_("Developers"),
        places=(
            Place(tab="tokens", href="/settings/tokens", label=N_("API tokens"), roles=ADMINS),
            Place(tab="webhooks", href="/settings/webhooks", label=N_("Webhooks"), roles=ADMINS),
        ),
    ),
    Group(
        label=N_("This desk"),
        places=(
            Place(tab="mail", href="/settings/mail", label=N_("Mail server"), roles=ADMINS),
            Place(tab="health", href="/settings/health", label=N_("Health"), roles=LEADS),
            Place(tab="audit", href="/settings/audit", label=N_("Audit"), roles=ADMINS),
        ),
    ),
)
"""The pages of the settings in their order."""


def seen_by(role: Role) -> list[Group]:
    """Groups with the pages that a role may open; a group without any is left out."""
    found = []
    for group in SETTINGS:
        places = tuple(place for place in group.places if role in place.roles)
        if places:
            found.append(Group(label=group.label, places=places))
    return found
