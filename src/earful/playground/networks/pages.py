"""The page of the simulated networks: say something as a customer, see what the brand answers, turn the knobs."""

from typing import Any
from urllib.parse import urlencode, urlsplit

from litestar import Request, Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect
from msgspec import Struct

from earful.channels.kit.signatures import is_secret
from earful.model.message import Network
from earful.playground.networks.knobs import OF_DELIVERIES, WORDS, Fault
from earful.playground.networks.simulator import Simulator
from earful.playground.networks.world import Said
from earful.web.render import Renderer
from earful.web.security import POLICY

Ask = Request[Any, Any, Any]
SHOP_CHAT = "brewline-chat"
"""The demo's web chat."""
FILE_HEADERS = {
    "content-security-policy": "default-src 'none'; sandbox",
    "x-content-type-options": "nosniff",
}
THREADS_SHOWN = 30
SHARES = (("0", "never"), ("0.1", "one in ten"), ("0.5", "every other"), ("1", "always"))
"""How often something goes wrong."""


class Knob(Struct, frozen=True):
    """One knob as the page shows it."""

    fault: str
    label: str
    share: str


@get("/", include_in_schema=False)
async def page(request: Ask) -> Response[str]:
    """One network: what was said there, and what can go wrong."""
    networks: dict[Network, Simulator] = request.app.state.networks.simulators
    chosen = _chosen(request, request.query_params.get("network", ""))
    to = chosen.world.said.get(request.query_params.get("to", ""))
    renderer: Renderer = request.app.state.renderer
    knobs = [
        Knob(fault.value, f"{_what(fault)} {words}", _share(chosen.knobs.share.get(fault, 0.0)))
        for fault, words in WORDS.items()
        if _can_befall(chosen, fault)
    ]
    wiring = chosen.wiring()
    html = renderer.render(
        "playground/page.html",
        now=chosen.clock(),
        networks=list(networks),
        chosen=chosen,
        parent=to,
        by=request.query_params.get("by", "")[:40] or "ana",
        threads=_threads(chosen),
        knobs=knobs,
        shares=SHARES,
        revoked=chosen.knobs.revoked,
        missing=bool(chosen.knobs.missing_permission),
        violations=chosen.violations[-20:],
        wiring=wiring.settings | wiring.secrets,
        desk=request.app.state.desk,
    )
    return Response(html, media_type="text/html; charset=utf-8")


@get("/shop", include_in_schema=False)
async def shop(request: Ask) -> Response[str]:
    """A page of a shop on another origin than the desk, with the desk's web chat on it."""
    renderer: Renderer = request.app.state.renderer
    desk = request.app.state.desk
    html = renderer.render("playground/shop.html", now=0, desk=desk, chat=SHOP_CHAT)
    allowed = {**POLICY, "script-src": f"'self' {desk}", "frame-src": desk or "'none'"}
    policy = "; ".join(f"{name} {value}" for name, value in allowed.items())
    headers = {"content-security-policy": policy}
    return Response(html, media_type="text/html; charset=utf-8", headers=headers)


@get("/file/{network:str}/{said_id:str}/{place:int}", include_in_schema=False)
async def file(
    request: Ask, network: FromPath[str], said_id: FromPath[str], place: FromPath[int]
) -> Response[bytes]:
    """A file of the brand's reply, as the desk serves files of customers: pictures are shown, the rest is saved."""
    said = _chosen(request, network).world.said.get(said_id)
    if said is None or said.deleted or not 0 <= place < len(said.files):
        return Response(b"", status_code=404)
    one = said.files[place]
    kind = one.mime if one.is_picture else "application/octet-stream"
    return Response(one.content, media_type=kind, headers=dict(FILE_HEADERS))


@post("/play/{network:str}/say", include_in_schema=False)
async def say(request: Ask, network: FromPath[str]) -> Redirect:
    """A customer says something, or the brand where customers are not heard."""
    chosen, given = _chosen(request, network), await _form(request)
    by = chosen.world.customer(given.get("by", "")[:40] or "ana") if chosen.speaks else chosen.world.brand
    parent = chosen.world.said.get(given.get("parent", ""))
    text = given.get("text", "").strip()[:2_000]
    private = not chosen.has_public or (chosen.has_private and given.get("private") == "1")
    if text:
        chosen.world.say(by, text, parent=parent.id if parent is not None else "", private=private)
    return _back(network, by=by.handle)


@post("/play/{network:str}/edit", include_in_schema=False)
async def edit(request: Ask, network: FromPath[str]) -> Redirect:
    """A customer changes what they said."""
    chosen, given = _chosen(request, network), await _form(request)
    said, text = chosen.world.said.get(given.get("id", "")), given.get("text", "").strip()
    if said is not None and not said.ours and not said.deleted and text and text != said.text:
        chosen.world.edit(said.id, text[:2_000])
    return _back(network)


@post("/play/{network:str}/delete", include_in_schema=False)
async def delete(request: Ask, network: FromPath[str]) -> Redirect:
    """A customer takes back what they said."""
    chosen, given = _chosen(request, network), await _form(request)
    said = chosen.world.said.get(given.get("id", ""))
    if said is not None and not said.ours and not said.deleted:
        chosen.world.delete(said.id)
    return _back(network)


@post("/play/{network:str}/knobs", include_in_schema=False)
async def turn(request: Ask, network: FromPath[str]) -> Redirect:
    """Turn the knobs."""
    chosen, given = _chosen(request, network), await _form(request)
    known = {value for value, _ in SHARES}
    chosen.knobs.share = {fault: float(given[fault]) for fault in Fault if given.get(fault) in known}
    chosen.knobs.revoked = given.get("revoked") == "1"
    chosen.knobs.missing_permission = chosen.permission if given.get("missing") == "1" else ""
    return _back(network)


@post("/play/{network:str}/hook", include_in_schema=False)
async def hook(request: Ask, network: FromPath[str]) -> Redirect:
    """Enter where a desk wants to be called, at a network that is told that by hand."""
    chosen, given = _chosen(request, network), await _form(request)
    url, secret = given.get("hook_url", "").strip(), given.get("hook_secret", "").strip()
    if chosen.is_told_where and url.startswith(("http://", "https://")) and is_secret(secret):
        chosen.call_at(url[:2_000], secret)
    return _back(network)


def _can_befall(chosen: Simulator, fault: Fault) -> bool:
    if fault is Fault.UNREADABLE and not chosen.keeps_unknown:
        return False
    return chosen.pushes if fault in OF_DELIVERIES else fault in chosen.faults


def _chosen(request: Ask, name: str) -> Simulator:
    simulators: dict[Network, Simulator] = request.app.state.networks.simulators
    network = Network(name) if name in set(Network) else None
    return simulators.get(network or next(iter(simulators))) or next(iter(simulators.values()))


async def _form(request: Ask) -> dict[str, str]:
    """The fields of a form of this page; nothing of one that another site sends."""
    origin = request.headers.get("origin", "")
    if origin and urlsplit(origin).netloc != request.headers.get("host", ""):
        return {}
    data = await request.form()
    return {name: value for name, value in data.multi_items() if isinstance(value, str)}


def _back(network: str, **more: str) -> Redirect:
    return Redirect("/?" + urlencode({"network": network} | more), status_code=303)


def _what(fault: Fault) -> str:
    return "A delivery" if fault in OF_DELIVERIES else "A request"


def _share(value: float) -> str:
    return next((text for text, _ in SHARES if float(text) == value), "0")


def _threads(chosen: Simulator) -> list[list[Said]]:
    """What was said, newest thread first; private conversations by their customer."""
    threads: dict[str, list[Said]] = {}
    for said in chosen.world.said.values():
        if not said.deleted:
            threads.setdefault(f"private {said.to}" if said.private else said.root, []).append(said)
    newest = sorted(threads.values(), key=lambda thread: thread[-1].at, reverse=True)
    return newest[:THREADS_SHOWN]


HANDLERS: list[Any] = [page, shop, file, say, edit, delete, turn, hook]
