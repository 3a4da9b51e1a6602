"""Since when all is known of what push and services need to stand where they stand.

Another site asks for it: what was looked at last may be of something that the fault left alone.
"""

from __future__ import annotations

from probe.model import Observation
from probe.targets import AppleHost, Targets
from probe.verdict.signals.apple import push, services
from probe.words import Failure, Look, Push, Services
from tests.support.sightings import NOW, seen, sighting, twice

TIMEOUT = Failure.GENERIC_TIMEOUT
MAIN, FALLBACK = Look.PUSH_5223, Look.PUSH_443


def courier(look: Look, target: str, ago: float, failure: Failure | None = None) -> Observation:
    silent = failure is not None
    return sighting(look, target, failure, silent=silent, operator="apple", group="push", ago=ago)


def test_push_works_since_the_newest_courier_that_answered() -> None:
    """At the beginning of an outage the one that was asked last has failed already."""
    passed = courier(MAIN, "courier-1", 12.0)
    late = courier(MAIN, "courier-2", 0.5, TIMEOUT)
    detour = courier(FALLBACK, "courier-1", 1.0)

    reading = push(seen(passed, late, detour))

    assert (reading.value, reading.oldest_at) == (Push.WORKS, NOW - 12.0)
    assert reading.age_seconds == 0.5


def test_push_fails_since_the_port_that_was_asked_first() -> None:
    main = [one for n in "12" for one in twice(courier(MAIN, f"courier-{n}", 3.0, TIMEOUT))]
    fallback = twice(courier(FALLBACK, "courier-1", 20.0, TIMEOUT))

    reading = push(seen(*main, *fallback))

    # 20 s ago it had been waited for 5 s.
    assert (reading.value, reading.oldest_at) == (Push.SILENT, NOW - 25.0)


def test_push_fails_since_its_own_port_where_that_was_asked_first() -> None:
    main = [one for n in "12" for one in twice(courier(MAIN, f"courier-{n}", 20.0, TIMEOUT))]
    fallback = twice(courier(FALLBACK, "courier-1", 3.0, TIMEOUT))

    assert push(seen(*main, *fallback)).oldest_at == NOW - 25.0


def test_push_by_its_detour_neither_works_nor_fails_since_any_moment() -> None:
    main = [one for n in "12" for one in twice(courier(MAIN, f"courier-{n}", 20.0, TIMEOUT))]

    reading = push(seen(*main, courier(FALLBACK, "courier-1", 20.0)))

    assert (reading.value, reading.oldest_at) == (Push.ONLY_443, None)


def web(host: AppleHost, ago: float, failure: Failure | None = None) -> Observation:
    return sighting(
        *(Look.APPLE_WEB, host.name, failure),
        silent=failure is not None, operator="apple", group=host.group, ago=ago,
    )  # fmt: skip


def test_services_fail_since_the_failures_of_what_fails() -> None:
    """Not since the others were asked, and not since these had passed last."""
    hosts = Targets().apple_hosts
    down = [host for host in hosts if host.group == hosts[0].group]
    failing = [
        one
        for ago, host in zip((6.0, 3.0), down, strict=False)
        for one in twice(web(host, ago, TIMEOUT))
    ]
    before = [web(host, 90.0) for host in down[:2]]
    others = [web(host, 40.0) for host in hosts if host not in down]

    reading = services(seen(*before, *failing, *others))

    assert (reading.value, reading.oldest_at) == (Services.ONE_SILENT, NOW - 8.0)


def test_services_work_since_the_group_that_was_asked_first() -> None:
    """Of a group its newest host counts."""
    first, *others = {host.group: host for host in Targets().apple_hosts}.values()
    twin = next(host for host in Targets().apple_hosts if host.group == others[0].group)
    late = [web(host, 2.0) for host in others]

    reading = services(seen(web(first, 15.0), web(twin, 30.0), *late))

    assert (reading.value, reading.oldest_at) == (Services.WORK, NOW - 15.0)


def test_what_no_device_needs_makes_no_word_older() -> None:
    """The provider side of push is asked every two minutes only."""
    hosts = {host.group: host for host in Targets().apple_hosts}.values()
    front = sighting(Look.PUSH_HTTP, "provider", operator="apple", ago=90.0)

    reading = services(seen(front, *(web(host, 2.0) for host in hosts)))

    assert (reading.value, reading.oldest_at) == (Services.WORK, NOW - 2.0)


def test_nothing_that_is_not_known_is_dated() -> None:
    assert push(seen()).oldest_at is None
    assert services(seen(web(Targets().apple_hosts[0], 1.0))).oldest_at is None
