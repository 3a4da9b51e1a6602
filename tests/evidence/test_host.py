"""self and link: what this process says of itself, and this host's kernel of its network."""

from __future__ import annotations

import pytest

from probe.verdict.signals.host import daemon, link
from probe.words import Cause, Daemon, Failure, Link, Look, Step
from tests.support.sightings import seen, sighting

OURS = Step.OURS
EXHAUSTED = sighting(Look.APPLE_WEB, "web", Failure.SELF_FD_EXHAUSTED, step=OURS, ago=5.0)


@pytest.mark.parametrize(
    ("failure", "value"),
    [
        (None, Daemon.FINE),
        (Failure.SELF_EVENT_LOOP_LAG, Daemon.IMPAIRED),
        (Failure.SELF_FD_EXHAUSTED, Daemon.IMPAIRED),
        (Failure.SELF_LOOPBACK_FAILED, Daemon.IMPAIRED),
        (Failure.INTERRUPTED, Daemon.UNKNOWN),
    ],
)
def test_a_process_that_cannot_keep_up_is_no_witness(
    failure: Failure | None, value: Daemon
) -> None:
    """Taxonomy device.self; a look that was stopped says nothing (meta)."""
    assert daemon(seen(sighting(Look.SELF, "isitme", failure, step=OURS))).value is value


def test_a_process_that_was_not_looked_at_is_unknown() -> None:
    assert daemon(seen()).value is Daemon.UNKNOWN


def test_only_a_look_at_ourselves_that_passed_ends_what_ran_out_before() -> None:
    passed = sighting(Look.SELF, "isitme", step=OURS)
    stopped = sighting(Look.SELF, "isitme", Failure.INTERRUPTED, step=OURS)

    assert daemon(seen(EXHAUSTED, passed)).value is Daemon.FINE
    assert daemon(seen(EXHAUSTED, stopped)).value is Daemon.IMPAIRED


def test_what_fails_for_the_worlds_reasons_is_no_fault_of_ours() -> None:
    own = sighting(Look.SELF, "isitme", step=OURS, ago=5.0)
    silent = sighting(Look.APPLE_WEB, "web", Failure.GENERIC_TIMEOUT, silent=True)

    assert daemon(seen(own, silent)).value is Daemon.FINE


def test_the_look_that_found_it_is_cited() -> None:
    """Where descriptors ran out, that is the one that was in want of them."""
    own = sighting(Look.SELF, "isitme", step=OURS, ago=9.0)

    assert daemon(seen(own)).because == (own,)
    assert daemon(seen(own, EXHAUSTED)).because == (EXHAUSTED,)


@pytest.mark.parametrize(
    ("failure", "value", "cause"),
    [
        (None, Link.UP, None),
        (Failure.NO_CARRIER, Link.DOWN, Cause.NO_CARRIER),
        (Failure.NO_USABLE_ADDRESS, Link.DOWN, Cause.NO_USABLE_ADDRESS),
        (Failure.NO_DEFAULT_ROUTE, Link.DOWN, Cause.NO_DEFAULT_ROUTE),
        (Failure.UNKNOWN, Link.UNKNOWN, None),
    ],
)
def test_what_is_missing_of_the_link_is_named(
    failure: Failure | None, value: Link, cause: Cause | None
) -> None:
    """Taxonomy link.carrier, link.address, link.route; tables that cannot be read say nothing."""
    reading = link(seen(sighting(Look.LINK, "this host", failure, step=Step.READ)))

    assert (reading.value, reading.cause) == (value, cause)


def test_a_link_that_was_not_looked_at_is_unknown() -> None:
    assert link(seen()).value is Link.UNKNOWN
