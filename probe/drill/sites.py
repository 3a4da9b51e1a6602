"""What the drill's web hosts say: reference pages, sign-in pages, Apple's services and feeds."""

from __future__ import annotations

import base64
import hashlib
import json
import plistlib
import uuid
from collections.abc import Callable
from email.utils import formatdate

import dns.exception

from probe.drill import feeds, nameserver
from probe.drill.layout import GATEWAY, ZONE, Kind, Place
from probe.drill.manners import FeedManner, Manners
from probe.drill.web import Answer, Asked, date_header
from probe.targets import PortalPage, Targets

HTML = ("content-type", "text/html")
PLIST = ("content-type", "application/x-apple-plist")
DNS_MESSAGE = "application/dns-message"  # RFC 8484 6
PROVIDER_PATH = "/3/device/"
LOGIN_PAGE = b"<html><head><title>Sign in</title></head><body>Room number?</body></html>\n"
MOVED_PAGE = b"<html><body>System Status has a new home.</body></html>\n"


class Sites:
    """Everything that answers HTTP, by place. Reads the manners of the moment at each answer."""

    def __init__(
        self, targets: Targets, manners: Callable[[], Manners], now_unix: Callable[[], float]
    ) -> None:
        self._pages = {(page.host, page.path): page for page in targets.portal_pages}
        self._feeds = {feed.path: feed.name for feed in targets.feeds}
        self._lookup_path = next(
            (host.path for host in targets.apple_hosts if host.name == "account-lookup"), None
        )
        self._manners, self._now = manners, now_unix

    def answer(self, place: Place, asked: Asked, *, secure: bool) -> Answer:
        """The answer of one place, dated by the world's clock."""
        answer = self._answer(place, asked, secure=secure)
        dated = (date_header(self._now()), *answer.headers)
        return Answer(status=answer.status, body=answer.body, headers=dated)

    def _answer(self, place: Place, asked: Asked, *, secure: bool) -> Answer:
        manners = self._manners()
        if place.kind is Kind.GATEWAY:
            return Answer(status=200, body=LOGIN_PAGE, headers=(HTML,))
        if manners.portal and not secure:
            where = f"http://{GATEWAY}/login?from={asked.host}"
            return Answer(status=302, headers=(("location", where),))
        if place.kind is Kind.PROVIDER:
            return provider(asked, manners.provider_status)
        if place.kind is Kind.APPLE_SITE:
            return self._apple(place, asked, manners.apple_status)
        if place.kind is Kind.DOH and asked.path.partition("?")[0] == "/dns-query":
            return over_https(asked)
        if place.key == "apple-web" and (feed := self._feeds.get(asked.path)):
            return self._feed(feed, asked, manners)
        return self._page(asked)

    def _page(self, asked: Asked) -> Answer:
        host = asked.host.partition(":")[0]
        page = self._pages.get((host, asked.path))
        if page is not None:
            return known_page(page)
        if asked.path == "/generate_204":
            return Answer(status=204)
        return Answer(status=200, body=b"<html><body>Hello.</body></html>\n", headers=(HTML,))

    def _apple(self, place: Place, asked: Asked, status: int | None) -> Answer:
        if status is not None:
            return Answer(status=status, body=b"unavailable\n", headers=(HTML,))
        path = asked.path.partition("?")[0]
        if path.endswith(("/getBag", "/bag")):
            return Answer(status=200, body=bag(self._now()), headers=(PLIST,))
        if self._lookup_path is not None and asked.path == self._lookup_path:
            return Answer(status=200, body=account_urls(), headers=(PLIST,))
        return Answer(status=404, body=b"<html><body>Not found</body></html>\n", headers=(HTML,))

    def _feed(self, name: str, asked: Asked, manners: Manners) -> Answer:
        changed = manners.feed_changed_unix
        body = feeds.developer()
        if name == "consumer":
            if manners.feed is FeedManner.BROKEN:
                return Answer(status=200, body=MOVED_PAGE, headers=(HTML,))
            outage = changed if manners.outage_posted else None
            new_words = manners.feed is FeedManner.NEW_WORDS
            body = feeds.consumer(outage, manners.outage_said, new_words=new_words)
        tag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        headers = (
            ("content-type", "application/javascript"),
            ("last-modified", formatdate(changed, usegmt=True)),
            ("etag", tag),
        )
        # RFC 9110 13.2.2: If-None-Match decides alone when it is there.
        known = asked.headers.get("if-none-match")
        if known is not None:
            same = tag in {part.strip().removeprefix("W/") for part in known.split(",")}
        else:
            same = asked.headers.get("if-modified-since") == formatdate(changed, usegmt=True)
        return Answer(status=304 if same else 200, body=b"" if same else body, headers=headers)


def known_page(page: PortalPage) -> Answer:
    body = page.body + b"\n" if page.body else b""
    return Answer(status=page.status, body=body, headers=(HTML,) if body else ())


def provider(asked: Asked, status: int | None) -> Answer:
    """The provider API to a stranger, as recorded: it wants POST, and then a token."""
    if status is not None:
        code, reason = status, "ServiceUnavailable"
    elif asked.method != "POST":
        code, reason = 405, "MethodNotAllowed"
    elif not asked.path.startswith(PROVIDER_PATH):
        code, reason = 404, "BadPath"
    else:
        code, reason = 403, "MissingProviderToken"
    body = json.dumps({"reason": reason}, separators=(",", ":")).encode()
    return Answer(status=code, body=body, headers=(("apns-id", str(uuid.uuid4()).upper()),))


def over_https(asked: Asked) -> Answer:
    """RFC 8484. A public resolver far away: it knows the truth, whatever the home says."""
    try:
        if asked.method == "POST" and asked.headers.get("content-type") == DNS_MESSAGE:
            query = asked.body
        elif asked.method == "GET":
            encoded = asked.path.partition("?dns=")[2].partition("&")[0]
            query = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
        else:
            return Answer(status=415)
    except ValueError:
        return Answer(status=400)
    try:
        reply = nameserver.answer(query, ZONE, {})
    except dns.exception.DNSException:
        reply = None
    if reply is None:
        return Answer(status=400)
    headers = (
        ("content-type", DNS_MESSAGE),
        ("cache-control", f"max-age={nameserver.TTL_SECONDS}"),
    )
    return Answer(status=200, body=reply.data, headers=headers)


def bag(now_unix: float) -> bytes:
    """The identity service's bag: a signed envelope around a property list of addresses."""
    base = "https://identity.ess.apple.com/WebObjects/TDIdentityService.woa/wa"
    inner = {
        "bag-expiry-timestamp": int(now_unix + 86400) * 1000,
        "bag-test-key": "normal",
        "id-query": "https://query.ess.apple.com/WebObjects/QueryService.woa/wa/query",
        "id-register": f"{base}/register",
        "madrid-healthcheck": True,
        "vc-disaster-mode": False,
    }
    packed = plistlib.dumps(inner)
    return plistlib.dumps(
        {
            "signature": hashlib.sha256(packed).digest(),  # shaped like one; nobody can check it
            "certs": [b"drill"],
            "bag": packed,
        }
    )


def account_urls() -> bytes:
    """What sign-in asks for first: where everything else is."""
    return plistlib.dumps(
        {
            "urls": {
                "gsService": "https://gsa.apple.com/grandslam/GsService2",
                "acmin": "https://gsa.apple.com/grandslam/GsService2/acmin",
            }
        }
    )
