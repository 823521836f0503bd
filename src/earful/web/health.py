"""For operators: is it alive, how much goes through, and what does the doctor say?"""

import asyncio
from typing import Any

from litestar import Response, get, post
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from sqlalchemy import func, select

from earful.desk.channels import service as channels
from earful.desk.users.rules import Permission
from earful.doctor import CONSUMERS, Finding, Report, examine
from earful.model.time import DAY, SECOND, rfc3339
from earful.parts import Parts
from earful.store.tables import case_counts, cursors, events, messages, outbox
from earful.store.tx import Tx
from earful.web.access import PUBLIC, needs
from earful.web.site import Ask, page, parts_of, shell
from earful.web.views import Check

READ = [needs(Permission.HEALTH_READ)]


@get("/health", opt=PUBLIC, media_type="application/json")
async def health(request: Ask) -> dict[str, str]:
    """200 while the database answers; for load balancers. It says nothing about the content."""
    await parts_of(request).store.read(lambda tx: tx.value(select(func.count()).select_from(cursors)))
    return {"status": "ok"}


@get("/metrics", guards=READ, media_type="text/plain")
async def metrics(request: Ask) -> Response[bytes]:
    """Prometheus text format; needs a token with `health:read`."""
    parts = parts_of(request)
    registry = await parts.store.read(lambda tx: _measure(tx, parts))
    return Response(generate_latest(registry), headers={"content-type": CONTENT_TYPE_LATEST})


@get("/api/v1/doctor", guards=READ)
async def doctor(request: Ask) -> Report:
    """What `earful doctor --json` says, now."""
    parts = parts_of(request)
    return await asyncio.to_thread(examine, parts.store, parts.log, parts.clock())


def _measure(tx: Tx, parts: Parts) -> CollectorRegistry:
    """Gauges read from the database, so that every process says the same."""
    registry = CollectorRegistry()
    now = parts.clock()

    def gauge(name: str, words: str, *labels: str) -> Gauge:
        return Gauge(f"earful_{name}", words, labels, registry=registry)

    gauge("messages", "Messages kept (highest number given).").set(
        tx.value(select(func.max(messages.c.seq))) or 0
    )
    gauge("events", "Events appended (highest number given).").set(
        tx.value(select(func.max(events.c.seq))) or 0
    )
    behind = gauge("consumer_behind", "Events a consumer has still to take, up to 10,000.", "consumer")
    for consumer in CONSUMERS:
        behind.labels(consumer).set(parts.log.behind(tx, consumer))
    cases = gauge("cases", "Cases by status.", "status")
    for row in tx.rows(
        select(case_counts.c.status, func.sum(case_counts.c.n).label("n")).group_by(case_counts.c.status)
    ):
        cases.labels(row["status"]).set(row["n"])
    replies = gauge("replies", "Replies by state.", "state")
    for row in tx.rows(select(outbox.c.state, func.count().label("n")).group_by(outbox.c.state)):
        replies.labels(row["state"]).set(row["n"])
    silent = gauge("channel_silent_seconds", "Since a channel's last proof of life.", "channel")
    for channel in channels.listed(tx):
        if channel.enabled and channel.last_alive_at:
            silent.labels(channel.name).set((now - channel.last_alive_at) / SECOND)
    refused = gauge("refused_today", "Deliveries refused today.", "place", "reason")
    for one in channels.refusals(tx, rfc3339(now)[:10]):
        refused.labels(one.place, one.reason).set(one.count)
    return registry


def checks_of(report: Report, refusals: list[channels.Refusal]) -> list[Check]:
    """The doctor's findings as the page shows them."""
    found = [_check(finding) for finding in report.findings]
    found += [
        Check(
            name=f"Refused at {one.place}",
            state="warning",
            found=f"{one.count} deliveries on {one.day}: {one.reason}. Nothing of them was kept.",
            advice="If they were real, check the sender's secret and clock.",
        )
        for one in refusals
    ]
    return found


def _check(finding: Finding) -> Check:
    words = finding.detail or ("All is well." if finding.ok else f"{finding.count} found.")
    examples = f" For example {', '.join(finding.examples)}." if finding.examples else ""
    return Check(
        name=finding.check[:1].upper() + finding.check[1:],
        state="ok" if finding.ok else "failed",
        found=words + examples,
        advice="" if finding.ok else finding.advice,
    )


async def _page(request: Ask) -> Response[str]:
    parts = parts_of(request)
    now = parts.clock()
    report = await asyncio.to_thread(examine, parts.store, parts.log, now)
    refusals = await parts.store.read(lambda tx: channels.refusals(tx, rfc3339(now - 7 * DAY)[:10]))
    return page(
        request,
        "settings/health.html",
        shell=await shell(request, "settings"),
        checks=checks_of(report, refusals),
        checked_at=now,
    )


@get("/settings/health", guards=READ, include_in_schema=False)
async def health_page(request: Ask) -> Response[str]:
    """What the doctor finds now."""
    return await _page(request)


@post("/settings/health", guards=READ, status_code=200, include_in_schema=False)
async def check_again(request: Ask) -> Response[str]:
    """The same, asked again."""
    return await _page(request)


HANDLERS: list[Any] = [health, metrics, doctor, health_page, check_again]
