"""The first page: the answer, then what to do, then why. Works without JavaScript.

A pure function of the status: it looks nothing up, so it is there while the internet is not.
"""

from __future__ import annotations

import base64
import hashlib
import ipaddress
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from probe.model import Status
from probe.outlets.printable import printable
from probe.outlets.status_json import utc
from probe.outlets.web.path import State, way
from probe.words import Blame, Sign, Signal

TEMPLATES = Path(__file__).parent / "templates"
BLAME_SAID = {
    Blame.NOBODY: "✓ All is well",
    Blame.ME: "✕ It's here",
    Blame.PROVIDER: "✕ It's your provider",
    Blame.APPLE: "✕ It's Apple",
    Blame.UNKNOWN: "? Cannot tell yet",
}
MARKS = {
    State.WORKS: "✓",
    State.BROKEN: "✕",
    State.TROUBLE: "!",
    State.BEHIND: "·",
    State.UNKNOWN: "?",
}
SIGN_MARKS = {Sign.GOOD: "✓", Sign.BAD: "✕", Sign.UNKNOWN: "?"}


@cache
def css() -> str:
    return (TEMPLATES / "page.css").read_text(encoding="utf-8")


@cache
def template(name: str) -> Template:
    """One of our pages, ready to be filled."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        auto_reload=False,
        # Escaping stops HTML; this stops what turns a sentence around inside it (bidi controls).
        finalize=lambda value: value if isinstance(value, Markup) else printable(str(value)),
    )
    return environment.get_template(name)


@cache
def content_security_policy() -> str:
    """Nothing but this page's own style, by its hash: no script, no frame; forms to us alone."""
    digest = base64.b64encode(hashlib.sha256(css().encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; "
        "form-action 'self'; frame-ancestors 'none'"
    )


def page(status: Status, *, versions: Mapping[str, str], reader: str = "") -> str:
    """The page as HTML. `reader` is the address that asks, so that it can say where it stands."""
    verdict = status.verdict
    return template("page.html").render(
        status=status,
        verdict=verdict,
        versions=versions,
        title=f"{BLAME_SAID[verdict.blame]} · isitme {status.site}",
        css=Markup(css()),  # our own file
        blame=BLAME_SAID[verdict.blame],
        way=way(status),
        readings=[status.readings[signal] for signal in Signal if signal in status.readings],
        marks=MARKS,
        sign_marks=SIGN_MARKS,
        reader=reader_said(reader),
        utc=utc,
        said_at=said_at,
    )


def said_at(at: datetime) -> str:
    """A moment in words. UTC, because the page has no script to ask where its reader is."""
    return f"{at.astimezone(UTC):%-d %b %H:%M} UTC"


def reader_said(reader: str) -> str:
    """Whether the reader sits where the answer was measured: a phone on mobile data does not."""
    try:
        address = ipaddress.ip_address(reader.partition("%")[0])
    except ValueError:
        return "The answer is about the network of the machine that runs isitme."
    address = getattr(address, "ipv4_mapped", None) or address
    if address.is_loopback:
        return "The answer is about this machine and its network."
    where = "its network or one beside it" if address.is_private else "elsewhere"
    return (
        "The answer is about the network of the machine that runs isitme; "
        f"you read it from {where} ({address})."
    )
