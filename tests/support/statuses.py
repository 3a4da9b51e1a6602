"""Statuses to show: one where all is well, and some where it is not. Every value is written out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from probe.model import (
    AppleService,
    Because,
    DaemonFact,
    FeedEventFact,
    FeedFact,
    Finding,
    NoteSaid,
    Observation,
    OffsetFact,
    Reading,
    Status,
    StepTaken,
    Verdict,
)
from probe.words import (
    GOOD,
    Blame,
    Cause,
    Certainty,
    Code,
    Dns,
    Failure,
    Family,
    Impact,
    Internet,
    Link,
    Look,
    Note,
    Push,
    Signal,
    Speed,
    Step,
)

AT = datetime(2026, 11, 23, 10, 0, 0, tzinfo=UTC)
SINCE = datetime(2026, 11, 23, 9, 58, 12, tzinfo=UTC)
ELAPSED = 1000.0  # what the suspend-aware clock says at AT

SERVICES = (
    AppleService(name="iMessage", reachable=True, apple_says="available"),
    AppleService(name="App Store", reachable=None, apple_says="unknown"),
)


def seen(
    look: Look,
    target: str,
    *steps: StepTaken,
    family: Family = Family.IPV4,
    address: str = "",
    said: str = "answered",
    facts: tuple[DaemonFact | FeedFact | OffsetFact, ...] = (),
    ago_seconds: float = 2.0,
) -> Observation:
    """One observation that ended `ago_seconds` before AT."""
    finding = Finding(
        target=target,
        operator=target,
        family=family,
        address=address,
        steps=steps,
        facts=facts,
        said=said,
        started=ELAPSED - ago_seconds - 0.1,
        ended=ELAPSED - ago_seconds,
    )
    return Observation(
        look=look,
        finding=finding,
        epoch=1,
        started=finding.started,
        ended=finding.ended,
        at=AT - timedelta(seconds=ago_seconds),
    )


def passed(step: Step, seconds: float) -> StepTaken:
    return StepTaken(step=step, seconds=seconds)


def failed(
    step: Step, seconds: float, failure: Failure, speed: Speed, detail: str = ""
) -> StepTaken:
    return StepTaken(step=step, seconds=seconds, failure=failure, speed=speed, detail=detail)


HEALTHY_OBSERVATIONS = (
    seen(Look.SELF, "self", passed(Step.READ, 0.0001), family=Family.NONE,
         facts=(DaemonFact(lag_seconds=0.004, free_descriptors=1000),)),
    seen(Look.LINK, "link", passed(Step.READ, 0.0002), family=Family.NONE),
    seen(Look.REF_IP, "cloudflare-ip", passed(Step.CONNECT, 0.012), passed(Step.HANDSHAKE, 0.021),
         address="1.1.1.1:443"),
    seen(Look.PUSH_5223, "courier", passed(Step.CONNECT, 0.030), passed(Step.HANDSHAKE, 0.045),
         address="17.57.146.1:5223"),
    seen(Look.STATUS, "consumer", passed(Step.CONNECT, 0.02), passed(Step.EXCHANGE, 0.3),
         facts=(FeedFact(feed="consumer", services=("iMessage",), events=(), unknown_words=0,
                         age_seconds=10.0),)),
)  # fmt: skip


def readings(bad: Mapping[Signal, StrEnum] | None = None) -> dict[Signal, Reading]:
    """Every signal good, but for those given."""
    values = dict(GOOD) | dict(bad or {})
    return {
        signal: Reading(
            signal=signal, value=value, said=f"{signal.value} is {value.value}", age_seconds=2.14
        )
        for signal, value in values.items()
    }


def healthy() -> Status:
    return Status(
        at=AT,
        site="home",
        since=SINCE,
        ready=True,
        readings=readings(),
        observations=HEALTHY_OBSERVATIONS,
        offsets={
            "apple": OffsetFact(
                source="apple", low_seconds=-0.02, high_seconds=0.04, authenticated=False
            )
        },
        verdict=Verdict(
            blame=Blame.NOBODY,
            code=Code.OK,
            cause=None,
            impact=Impact.NONE,
            certainty=Certainty.HIGH,
            headline="Everything isitme looks at works from here.",
            services=SERVICES,
        ),
    )


def dns_block(*, drill: str = "") -> Status:
    """A resolver here answers 0.0.0.0 for Apple's push names."""
    said = "192.168.1.1 answered 0.0.0.0, two DoH resolvers answered Apple addresses"
    return Status(
        at=AT,
        site="home",
        since=SINCE,
        ready=True,
        drill=drill,
        readings=readings({Signal.DNS: Dns.WORKS, Signal.PUSH: Push.ONLY_443}),
        observations=(
            *HEALTHY_OBSERVATIONS[:3],
            seen(
                Look.DNS_EACH,
                "1-courier.push.apple.com",
                passed(Step.EXCHANGE, 0.004),
                failed(Step.CONTENT, 0.0, Failure.DNS_BOGON, Speed.ACTIVE, "0.0.0.0"),
                address="192.168.1.1:53",
                said=said,
            ),
        ),
        verdict=Verdict(
            blame=Blame.ME,
            code=Code.DNS,
            cause=Cause.DNS_FILTERED,
            impact=Impact.PARTIAL,
            certainty=Certainty.HIGH,
            headline="It's you: your DNS resolver blocks Apple push.",
            because=(
                Because(
                    look=Look.DNS_EACH,
                    target="1-courier.push.apple.com",
                    step=Step.CONTENT,
                    failure=Failure.DNS_BOGON,
                    at=AT - timedelta(seconds=2),
                    said=said,
                ),
            ),
            not_because=("Not Apple: a courier reached by its real address completed TLS.",),
            could_not_check=("Other ports: no control host is set.",),
            advice=("Allow push.apple.com in the filter on 192.168.1.1.", "Ask again."),
            notes=(NoteSaid(code=Note.GATEWAY_IGNORES_PING, said="The router ignores ping."),),
            services=(
                AppleService(name="iMessage", reachable=False, apple_says="available"),
                *SERVICES[1:],
            ),
        ),
    )


def apple_outage() -> Status:
    """Apple says so itself; the couriers refuse."""
    return Status(
        at=AT,
        site="home",
        since=SINCE,
        ready=True,
        readings=readings({Signal.PUSH: Push.FAILS}),
        apple_events=(
            FeedEventFact(
                service="iMessage",
                message_id="2000001",
                kind="outage",
                state="ongoing",
                started_at=SINCE,
                ended_at=None,
                message="Users are experiencing a problem with this service.",
            ),
        ),
        verdict=Verdict(
            blame=Blame.APPLE,
            code=Code.APPLE_ACKNOWLEDGED,
            cause=Cause.APPLE_REPORTS,
            impact=Impact.PARTIAL,
            certainty=Certainty.HIGH,
            headline="It's Apple: Apple reports an outage of iMessage.",
            services=(
                AppleService(name="iMessage", reachable=False, apple_says="outage", since=SINCE),
            ),
        ),
    )


def link_down() -> Status:
    """No carrier: nothing behind the link could be asked."""
    unreached = {
        Signal.LINK: Link.DOWN,
        Signal.INTERNET: Internet.UNREACHABLE,
        Signal.DNS: Dns.FAILS,
        Signal.PUSH: Push.SILENT,
    }
    return Status(
        at=AT,
        site="home",
        since=SINCE,
        ready=True,
        readings=readings(unreached),
        verdict=Verdict(
            blame=Blame.ME,
            code=Code.LOCAL_LINK,
            cause=Cause.NO_CARRIER,
            impact=Impact.FULL,
            certainty=Certainty.HIGH,
            headline="It's you: this device is not connected to a network.",
            advice=("Plug in the cable or join the Wi-Fi.",),
        ),
    )


def starting() -> Status:
    """The first sweep is under way: nothing is known."""
    return Status(
        at=AT,
        site="home",
        since=AT,
        ready=False,
        readings={},
        verdict=Verdict(
            blame=Blame.UNKNOWN,
            code=Code.UNKNOWN,
            cause=Cause.STARTING_UP,
            impact=Impact.NONE,
            certainty=Certainty.LOW,
            headline="Still looking for the first time.",
        ),
    )
