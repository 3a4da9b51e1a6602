"""Read recorded answers of Apple's with the product's codecs, and compare with what stands in them.

    python tools/read_samples.py [samples]

The recordings are other people's and stay outside this repository (default: ../shared/samples
beside it). What is expected of each was written down by looking at the files, not by running this.
Every feed and bag is also read in forms that change nothing and must say the same, and damaged,
when it must be refused or read, at once, and never raise anything else. Prints a table of what was
read; exit 1 when anything is read wrongly, 2 when there is nothing.
"""

from __future__ import annotations

import json
import re
import ssl
import sys
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from probe.clock import Chance, SystemClock  # noqa: E402 # the checkout beside this file reads
from probe.failures import LookFailed  # noqa: E402
from probe.model import FeedFact  # noqa: E402
from probe.targets import APPLE_SUCCESS, Targets  # noqa: E402
from probe.wire import bag, feed, provider  # noqa: E402
from probe.wire.certificate import describe  # noqa: E402
from probe.wire.names import same_service  # noqa: E402

DISRUPTED_24_JUNE = (
    "Photos, iCloud Mail, iCloud Storage Upgrades, iCloud Web Apps (iCloud.com), iWork for iCloud"
)
FEEDS = {
    "developer_en_US_2017-03-03_horothesun.json": "19 services, 1 events, open: none",
    "reconstructed/consumer_2025-06-20T1724Z.RECONSTRUCTED.json":
        "79 services, 7 events, open: Podcasts",
    "reconstructed/consumer_2025-06-24T1952Z.RECONSTRUCTED.json":
        f"79 services, 13 events, open: {DISRUPTED_24_JUNE}",
    "reconstructed/developer_2025-06-20T1724Z.RECONSTRUCTED.js":
        "48 services, 1 events, open: none",
    "reconstructed/developer_2025-06-24T1952Z.RECONSTRUCTED.js":
        "48 services, 1 events, open: none",
}  # fmt: skip
# Single events, each as it stands in the file: kind, state, start and end in Unix seconds.
EVENTS = {
    ("developer_en_US_2017-03-03_horothesun.json", "TestFlight", "1760"):
        ("issue", "resolved", 1488303600, 1488317700),
    # The one of which Apple never gave the end: it is over all the same.
    ("reconstructed/consumer_2025-06-20T1724Z.RECONSTRUCTED.json", "iMessage", "2000004689"):
        ("issue", "resolved", 1750437540, None),
    ("reconstructed/consumer_2025-06-20T1724Z.RECONSTRUCTED.json", "Podcasts", "2000004688"):
        ("performance", "ongoing", 1750375680, None),
    # The same event four days later: Apple had moved its start by 21 minutes.
    ("reconstructed/consumer_2025-06-24T1952Z.RECONSTRUCTED.json", "iMessage", "2000004689"):
        ("issue", "resolved", 1750436280, None),
    ("reconstructed/consumer_2025-06-24T1952Z.RECONSTRUCTED.json", "iWork for iCloud",
     "2000004700"):
        ("outage", "ongoing", 1750790160, None),
    ("reconstructed/developer_2025-06-20T1724Z.RECONSTRUCTED.js", "Device Enrollment Program",
     "2000004687"):
        ("issue", "resolved", 1750352160, 1750356000),
}  # fmt: skip
BAGS = {
    "ids-bag/ix_1_ix_1.xml": "identity, signed, 166 keys",
    "ids-bag/ix_2_ix_2.xml": "identity, signed, 166 keys",
    "ids-bag/ix_3_ix_3.xml": "identity, signed, 166 keys",
    "ids-bag/ix_4_ix_4.xml": "identity, signed, 166 keys",
    "ids-bag/ix_5_ix_5.xml": "identity, plain, 166 keys",
    "ids-bag/ix_1_ix_1_readable.xml": "refused: http_body_mismatch",
    "ids-bag/ix_2_ix_2_readable.xml": "refused: http_body_mismatch",
    "ids-bag/ix_3_ix_3_readable.xml": "refused: http_body_mismatch",
    "ids-bag/ix_4_ix_4_readable.xml": "refused: http_body_mismatch",
}
AS_IT_SHOULD = "the push service for senders answers as it should"
PROVIDER_FILE = "apns/recorded_answers.txt"
PROVIDER = [
    *[(403, AS_IT_SHOULD)] * 4,
    *[(403, "the push service for senders answers (InvalidProviderToken)")] * 2,
    (405, "the push service for senders answers (MethodNotAllowed)"),
    (403, AS_IT_SHOULD),
    (405, "the push service for senders answers (MethodNotAllowed)"),
    (403, AS_IT_SHOULD),
]
CERTIFICATES = {
    "certs/AppleRootCA.pem": "Apple Root CA, Apple Inc., until 2035-02-09, by itself, Apple's",
    "certs/AppleServerAuthenticationCA.pem":
        "Apple Server Authentication CA, Apple Inc., until 2029-03-08, by Apple Root CA, Apple "
        "Inc., Apple's",
    "certs/AppleServerAuthenticationCA2.pem":
        "Apple Server Authentication CA 2, Apple Inc., until 2031-10-21, by Apple Root CA - G3, "
        "Apple Inc., Apple's",
}  # fmt: skip
NOT_FOUND = "snippets/systemstatus_notfound_redirect_2026-03-08.html"
CAPTIVE = "other/captive_success_body_without_newline.html"
NAMES = "other/service_names_2026-03-14.txt"

Row = tuple[str, str, str]  # file, what was read, what was expected


def told(read: Callable[[], str]) -> str:
    try:
        return read()
    except LookFailed as failed:
        return f"refused: {failed.failure}"


def feed_at(path: Path) -> FeedFact:
    return feed.read(path.read_bytes(), feed=path.name)


def told_feed(fact: FeedFact) -> str:
    still = sorted(e.service for e in fact.events if e.state not in {"resolved", "completed"})
    said = f"{len(fact.services)} services, {len(fact.events)} events"
    unknown = f", {fact.unknown_words} unknown words" if fact.unknown_words else ""
    return f"{said}, open: {', '.join(still) or 'none'}{unknown}"


def told_event(fact: FeedFact, service: str, message_id: str) -> str:
    return " + ".join(
        str((e.kind, e.state, seconds(e.started_at), seconds(e.ended_at)))
        for e in fact.events
        if (e.service, e.message_id) == (service, message_id)
    )


def seconds(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.timestamp())


def told_bag(body: bytes) -> str:
    found = bag.read(body)
    return f"{found.kind}, {'signed' if found.signed else 'plain'}, {found.keys} keys"


def told_certificate(pem: str) -> str:
    words = describe(ssl.PEM_cert_to_DER_cert(pem))
    by = "itself" if words.self_signed else words.issuer
    whose = "Apple's" if words.is_apple_pki else "another's"
    return f"{words.subject}, until {words.not_after:%Y-%m-%d}, by {by}, {whose}"


def provider_answers(text: str) -> Iterator[tuple[int, bytes]]:
    """Status and body of each recorded answer: on one line, or the body some lines below."""
    status = 0
    for line in text.splitlines():
        stated = re.search(r"(?:HTTP/2\s+|^)(\d{3})\b", line)
        status = int(stated[1]) if stated else status
        body = re.search(r'\{"reason".*?\}', line)
        if body:
            yield status, body[0].encode()


def rows(samples: Path) -> Iterator[Row]:
    for name, expected in FEEDS.items():
        yield name, told(lambda name=name: told_feed(feed_at(samples / name))), expected  # type: ignore[misc]
    for (name, service, message_id), facts in EVENTS.items():
        said = told_event(feed_at(samples / name), service, message_id)
        yield f"{name} {service} {message_id}", said, str(facts)
    for name in FEEDS:
        body = (samples / name).read_bytes()
        yield from variant_rows(name, body, lambda body: told_feed(feed.read(body, feed="x")))
    for name in BAGS:
        yield from variant_rows(name, (samples / name).read_bytes(), told_bag)
    page = (samples / NOT_FOUND).read_bytes()
    yield NOT_FOUND, told(lambda: told_feed(feed.read(page, feed="x"))), "refused: feed_unreadable"
    for name, expected in BAGS.items():
        body = (samples / name).read_bytes()
        yield name, told(lambda body=body: told_bag(body)), expected  # type: ignore[misc]
    yield from provider_rows((samples / PROVIDER_FILE).read_text())
    for name, expected in CERTIFICATES.items():
        yield name, told_certificate((samples / name).read_text()), expected
    body = (samples / CAPTIVE).read_bytes()
    yield CAPTIVE, "as known" if body.strip() == APPLE_SUCCESS else "another body", "as known"
    yield from name_rows((samples / NAMES).read_text().splitlines())


def variant_rows(name: str, body: bytes, read: Callable[[bytes], str]) -> Iterator[Row]:
    """What changes nothing, and what damages."""
    whole = told(lambda: read(body))
    for form, variant in harmless(body).items():
        yield f"{name}, {form}", told(lambda variant=variant: read(variant)), whole  # type: ignore[misc]
    yield f"{name}, damaged", survived(body, read), "each read or refused at once"


def harmless(body: bytes) -> dict[str, bytes]:
    """Other wrappings of the same."""
    if b"<plist" in body[:500]:
        return {"a line end behind it": body + b"\n"}
    start, end = body.find(b"{"), body.rfind(b"}") + 1
    core = body[start:end]
    return {
        "bare": core,
        "as JSONP": b"jsonCallback(" + core + b");\n",
        "with a byte order mark": b"\xef\xbb\xbf" + core,
        "with text behind it": core + b"\n/* made at noon */",
        "in other spacing": json.dumps(json.loads(core), indent=3).encode(),
    }


DAMAGES = 300  # of each file, spread over it
SLOWEST_SECONDS = 1.0


def survived(body: bytes, read: Callable[[bytes], str]) -> str:
    """Cut short, with a byte turned, with a piece twice: a value or a refusal, and soon."""
    chance, clock = Chance(len(body)), SystemClock()
    for _ in range(DAMAGES):
        place, other = (int(chance.spread() * len(body)) for _ in range(2))
        for damaged in (
            body[:place],
            body[:place] + bytes([int(chance.spread() * 256)]) + body[place + 1 :],
            body[:place] + body[other : other + 200] + body[place:],
        ):
            began = clock.elapsed()
            try:
                told(lambda damaged=damaged: read(damaged))  # type: ignore[misc]
            except Exception as error:
                return f"{type(error).__name__} at byte {place}"
            if clock.elapsed() - began > SLOWEST_SECONDS:
                return f"slow at byte {place}"
    return "each read or refused at once"


def provider_rows(text: str) -> Iterator[Row]:
    answers = list(provider_answers(text))
    yield PROVIDER_FILE, f"{len(answers)} answers", f"{len(PROVIDER)} answers"
    for (status, body), (wanted, expected) in zip(answers, PROVIDER, strict=False):
        said = told(lambda status=status, body=body: provider.read(status, "HTTP/2", body))  # type: ignore[misc]
        yield f"{PROVIDER_FILE} {body.decode()}", f"{status} {said}", f"{wanted} {expected}"


def name_rows(listed: list[str]) -> Iterator[Row]:
    """What is watched by default must be a name that the live feeds had in 2026."""
    for name in Targets().watched_services:
        found = sum(same_service(name, one) for one in listed)
        yield f"{NAMES} {name}", f"listed {found} times", "listed 1 times"


def main(arguments: list[str]) -> int:
    samples = Path(arguments[0]) if arguments else ROOT.parent / "shared" / "samples"
    if not samples.is_dir():
        print(f"no samples at {samples}", file=sys.stderr)
        return 2
    wrong = total = 0
    for name, said, expected in rows(samples):
        right = said == expected
        total, wrong = total + 1, wrong + (not right)
        print(f"{'right' if right else 'WRONG'}  {name}\n         {said}")
        if not right:
            print(f"  want   {expected}")
    print(f"{total} read, {wrong} wrongly")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
