"""What Apple itself says: its status feeds, and what they look like when they are wrong."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

from probe.drill import feeds
from tests.lab import internet, servers
from tests.lab.scenario import SILENT, Change, Expect, Fault, Scenario, Symptom
from tests.lab.world import World

PAGE = f"https://www.apple.com{servers.FEED_PATH}/system_status_en_US.js"
CURL = f"curl -sS -m 5 -k --resolve www.apple.com:443:{internet.WWW_APPLE.v4}"
# As often as their floor allows: a scenario need not wait for the usual two minutes.
OFTEN = "[looks.status]\nevery_seconds = 60\n"
READ = 70.0
READ_TWICE = 135.0
HOUR = 3600


def event(**more: Any) -> dict[str, Any]:
    """An event as Apple writes one."""
    began = int(time.time()) - 2 * HOUR
    return {
        "usersAffected": "Some users are affected",
        "epochStartDate": began * 1000,
        "epochEndDate": None,
        "messageId": "2000009902",
        "statusType": "Outage",
        "datePosted": "11/25/2026 08:00 PST",
        "startDate": "11/25/2026 07:00 PST",
        "endDate": None,
        "affectedServices": None,
        "eventStatus": "ongoing",
        "message": "Users may be unable to use this service.",
        **more,
    }


def consumer(changed: Mapping[str, list[dict[str, Any]]] | None = None, **names: str) -> bytes:
    """The consumer feed with these events; `names` renames services, to "" removes one."""
    document = json.loads(feeds.consumer(None))
    for service in list(document["services"]):
        name = service["serviceName"]
        service["events"] = (changed or {}).get(name, [])
        new = names.get(name.replace(" ", "_"), name)
        service["serviceName"] = new
        if not new:
            document["services"].remove(service)
    return json.dumps(document).encode()


def says(body: bytes) -> Change:
    return lambda world: servers.write_feeds(world.net, consumer=body)


def all_well(world: World) -> None:
    servers.write_feeds(world.net)


def answers(line: str) -> Change:
    """The feeds' place answers with this line of nginx instead."""
    return lambda world: servers.apple_cdn(world.net, world.certificates, feed_answer=line)


def as_ever(world: World) -> None:
    servers.apple_cdn(world.net, world.certificates)


def shows(broken: str, *, headers: bool = False) -> Symptom:
    """The page as curl reads it."""
    how = "-i" if headers else ""
    return Symptom(
        command=f"{CURL} {how} {PAGE}", healthy='"services"(?![^$]*Outage)', broken=broken
    )


def page(
    name: str,
    row: str,
    body: bytes,
    expect: Expect,
    *,
    broken: str,
    within_seconds: float = READ,
    trap: tuple[str, ...] = (),
    why: str = "",
) -> Scenario:
    """A feed that says something else from some moment on."""
    return Scenario(
        name=name,
        row=row,
        fault=Fault(inject=says(body), heal=all_well, symptom=shows(broken)),
        expect=expect,
        trap=trap,
        within_seconds=within_seconds,
        recover_seconds=READ,
        configuration=OFTEN,
        why=why or "The feed is read every minute here.",
    )


UNREADABLE = Expect(blame="nobody", code="degraded", causes=("apple_status_unavailable",))
TWICE = "Every minute here, and one failure alone unsays nothing."
OVER = "Apple reports it as over, whatever end it gives."

SCENARIOS: tuple[Scenario, ...] = (
    page(
        "apple-says-outage",
        "104",
        consumer({"iMessage": [event()]}),
        Expect(blame="apple", code="apple_acknowledged", causes=("apple_reports",)),
        broken="Outage",
        trap=("ok",),
    ),
    page(
        "apple-says-of-a-kind-nobody-knows",
        "104",
        consumer({"FaceTime": [event(statusType="Hiccup")]}),
        Expect(
            blame="apple",
            code="apple_acknowledged",
            causes=("apple_reports",),
            notes=("apple_feed_unknown_words",),
        ),
        broken="Hiccup",
        trap=("ok",),
    ),
    page(
        "apple-says-of-another-service",
        "106",
        consumer({"Find My": [event()]}),
        Expect(blame="nobody", code="ok", notes=("unwatched_incident",)),
        broken="Outage",
        trap=("apple_acknowledged",),
    ),
    page(
        "apple-says-it-is-over",
        "107",
        consumer({"iMessage": [event(eventStatus="resolved")]}),
        Expect(blame="nobody", code="ok", notes=("recent_incident",)),
        broken="resolved",
        trap=("apple_acknowledged", "apple_suspected"),
        why=OVER,
    ),
    page(
        "apple-works-on-it",
        "108",
        consumer({"iMessage": [event(statusType="Maintenance")]}),
        Expect(blame="apple", code="maintenance", causes=("apple_maintenance",)),
        broken="Maintenance",
        trap=("apple_acknowledged", "apple_suspected"),
    ),
    page(
        "apple-will-work-on-it",
        "109",
        consumer({"iMessage": [event(statusType="Maintenance", eventStatus="upcoming")]}),
        Expect(blame="nobody", code="ok", notes=("maintenance_scheduled",)),
        broken="upcoming",
        trap=("maintenance", "apple_acknowledged"),
    ),
    page(
        "feed-without-messages",
        "110",
        consumer(iMessage=""),
        UNREADABLE,
        broken=r'"services"(?![^$]*iMessage)',
        trap=("ok", "apple_acknowledged"),
        why="A watched service that is not listed is not known, and not available.",
    ),
    page(
        "feed-with-an-old-name",
        "",
        consumer(Apple_Account="Apple ID"),
        Expect(blame="nobody", code="ok"),
        broken="Apple ID",
        trap=("degraded",),
        why="Apple Account was Apple ID until 2024: one service.",
    ),
    page(
        "feed-of-garbage",
        "110",
        b"jsonCallback({" + b"\xff\x00garbage" * 200,
        UNREADABLE,
        broken="garbage|binary",
        within_seconds=READ_TWICE,
        trap=("apple_acknowledged", "apple_suspected"),
        why=TWICE,
    ),
    *(
        Scenario(
            name=name,
            row="110",
            fault=Fault(inject=answers(line), heal=as_ever, symptom=shows(broken, headers=True)),
            expect=UNREADABLE,
            trap=("apple_acknowledged", "apple_suspected"),
            within_seconds=READ_TWICE if twice else READ,
            recover_seconds=READ,
            configuration=OFTEN,
            why=TWICE,
        )
        for name, line, broken, twice in (
            (
                "feed-is-a-web-page",
                "default_type text/html; return 200 '<html><title>System Status - "
                "Not Found Redirect</title></html>';",
                "Not Found Redirect",
                True,
            ),
            ("feed-is-gone", "return 404;", "HTTP/2 404", True),
            ("feed-breaks", "return 503;", "HTTP/2 503", True),
            ("feed-from-an-old-cache", "add_header Age 7200;", "(?i)age: 7200", False),
        )
    ),
    Scenario(
        name="provider-down-while-apple-says-outage",
        row="121",
        prepare=says(consumer({"iMessage": [event()]})),
        healthy=Expect(blame="apple", code="apple_acknowledged"),
        fault=Fault(
            inject=lambda world: world.filter("isp", "drop"),
            heal=lambda world: world.unfilter("isp"),
            symptom=Symptom(
                command=f"curl -sS -m 3 -o /dev/null -k https://{internet.QUAD9.v4}/",
                healthy="exit=0",
                broken=r"exit=(7|28)",
            ),
        ),
        expect=Expect(blame="provider", code="isp_internet"),
        trap=("apple_suspected",),
        within_seconds=SILENT,
        why="What Apple said two minutes ago is true, and explains nothing of this.",
    ),
)
