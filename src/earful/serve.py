"""`earful up`: one process with everything, until Ctrl+C."""

import gc
import secrets
import socket
import sys

import msgspec
import structlog
import uvicorn
from rich.console import Console

from earful.config import Settings
from earful.desk.users import service as users
from earful.triage import warm
from earful.web.app import Running, build
from earful.wiring import Earful

BACKLOG = 2_048
DEMO_BRAND = "Brewline"
GARBAGE = 20_000
"""Objects made before the collector looks: some hundred messages, not the default's fifteen."""
SWITCH_SECONDS = 0.001
"""How long a thread may compute before another gets its turn: requests should not wait 5 ms for a consumer."""


def run(settings: Settings, *, demo: bool) -> None:
    """Start, print where to go, and serve until stopped."""
    sys.setswitchinterval(SWITCH_SECONDS)
    log_to(settings.log_format)
    if demo and not settings.brand:
        settings = msgspec.structs.replace(settings, brand=DEMO_BRAND)
    listener = _listen(settings)
    if not warm.ready():
        warm.elsewhere()
    earful = Earful(settings)
    running: Running = earful.running
    link = ""
    if demo:
        from earful.playground.show import show  # noqa: PLC0415

        link, running = show(earful)
    code = secrets.token_urlsafe(16)
    app = build(earful.parts, running, setup_code=code)
    if not link:
        fresh = not earful.store.read_now(users.anybody)
        link = f"/welcome?code={code}" if fresh else "/sign-in"
    console = Console(stderr=True, highlight=False)
    console.print(f"\n  Earful is ready. Open [bold]{settings.address}{link}[/]\n", soft_wrap=True)
    _settle_memory()
    config = uvicorn.Config(
        app, log_config=None, access_log=False, lifespan="on", backlog=BACKLOG, timeout_graceful_shutdown=3
    )
    uvicorn.Server(config).run(sockets=[listener])


def _settle_memory() -> None:
    """Keep the collector off what lives for ever, and let a burst of messages pass before it looks."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE)


def _listen(settings: Settings) -> socket.socket:
    """Take the port before anything else, so that a second start fails at once and clearly."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
    except OSError as error:
        sys.exit(
            f"Earful cannot listen on {settings.host}:{settings.port} ({error.strerror}). Stop what listens "
            "there, or choose another port with --port."
        )
    return listener


def log_to(format_: str) -> None:
    """Structured logs on standard error: for people, or JSON for machines."""
    renderer: structlog.typing.Processor = structlog.dev.ConsoleRenderer()
    if format_ == "json":
        renderer = structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.StackInfoRenderer(),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(20),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
