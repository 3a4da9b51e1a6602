"""What every page shares, and the first page: the answer, the way, what to do, then why.

Pure functions of the status and of what is remembered: they look nothing up, so they are there
while the internet is not. Complete without JavaScript; page.js only keeps them current.
"""

from __future__ import annotations

import base64
import hashlib
import ipaddress
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from probe.model import Status
from probe.outlets.printable import printable
from probe.outlets.status_json import utc
from probe.outlets.web.path import State, way
from probe.outlets.web.rows import rows
from probe.outlets.web.story import when
from probe.triage import catalogue
from probe.words import Blame, Sign

TEMPLATES = Path(__file__).parent / "templates"
BLAME_SAID = {
    Blame.NOBODY: "All is well",
    Blame.ME: "It's here",
    Blame.PROVIDER: "It's your provider",
    Blame.APPLE: "It's Apple",
    Blame.UNKNOWN: "Cannot tell yet",
}
# Names of the marks in parts.html: every state has its own shape, beside its own word.
SEALS = {
    Blame.NOBODY: "works",
    Blame.ME: "broken",
    Blame.PROVIDER: "broken",
    Blame.APPLE: "broken",
    Blame.UNKNOWN: "not",
}
STATE_MARKS = {
    State.WORKS: "works",
    State.BROKEN: "broken",
    State.TROUBLE: "trouble",
    State.BEHIND: "behind",
    State.UNKNOWN: "not",
}
SIGN_MARKS = {Sign.GOOD.value: "works", Sign.BAD.value: "broken", Sign.UNKNOWN.value: "not"}


COMMAND = re.compile(r"`([^`]+)`")
LONG_NAME = re.compile(r"[\w.-]{16,}")


@cache
def css() -> str:
    return (TEMPLATES / "page.css").read_text(encoding="utf-8")


@cache
def script() -> bytes:
    return (TEMPLATES / "page.js").read_bytes()


def said_at(at: datetime) -> str:
    """A moment in words. UTC: only a browser with our script knows where its reader is."""
    return f"{at.astimezone(UTC):%-d %b %H:%M} UTC"


def coded(text: str) -> Markup:
    """Text whose `commands` look like commands."""
    return Markup(COMMAND.sub(r"<code>\1</code>", str(escape(printable(text)))))


def breakable(text: str) -> Markup:
    """Text whose long names may be broken at their dots, where there is little room."""
    said = str(escape(printable(text)))
    return Markup(LONG_NAME.sub(lambda name: name[0].replace(".", ".<wbr>"), said))


@cache
def environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        auto_reload=False,
        # Escaping stops HTML; this stops what turns a sentence around inside it (bidi controls).
        finalize=lambda value: value if isinstance(value, Markup) else printable(str(value)),
    )
    made.globals |= {
        "said_at": said_at,
        "utc": utc,
        "when": when,
        "state_marks": STATE_MARKS,
        "sign_marks": SIGN_MARKS,
        "css": Markup(css()),  # our own file
        "guide": catalogue,  # every word of the guide for "Not Delivered"
    }
    made.filters |= {"breakable": breakable, "coded": coded}
    return made


def render(name: str, **given: Any) -> str:
    """One of our pages, filled."""
    return environment().get_template(name).render(**given)


@cache
def content_security_policy() -> str:
    """Our own style by its hash, our own script, and questions to us alone; no frame."""
    digest = base64.b64encode(hashlib.sha256(css().encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; script-src 'self'; "
        "connect-src 'self'; img-src data:; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'"
    )


def frame(status: Status, kind: str, *, root: str = "") -> dict[str, Any]:
    """What base.html wants. `root`: the way from this page to the first one."""
    return {
        "status": status,
        "verdict": status.verdict,
        "kind": kind,
        "mood": status.verdict.blame.value,
        "root": root,
        "live": True,
        "drill": status.drill,
        "title": f"{BLAME_SAID[status.verdict.blame]} · isitme {status.site}",
        "blame": BLAME_SAID[status.verdict.blame],
        "seal": SEALS[status.verdict.blame],
    }


def page(
    status: Status,
    *,
    versions: Mapping[str, str],
    reader: str = "",
    past: object = None,
    charts: str = "",
    no_past: str = "Nothing is kept here.",
) -> str:
    """The page as HTML. `reader` is the address that asks, so that it can say where it stands;
    `past` and `charts` are what memory.py has ready."""
    return render(
        "page.html",
        **frame(status, "page"),
        versions=versions,
        way=way(status),
        rows=rows(status),
        past=past,
        charts=charts,
        no_past=no_past,
        reader=reader_said(reader),
    )


def wall(status: Status, *, past: object = None) -> str:
    """The answer for a screen across the room."""
    return render("wall.html", **frame(status, "wall"), way=way(status), past=past)


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
