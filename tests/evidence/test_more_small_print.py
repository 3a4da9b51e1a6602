"""More small print of the signals, as `make mutants` found it missing: whose word counts, how long,
and what only looks alike."""

from __future__ import annotations

from dataclasses import replace

import pytest

from probe.model import (
    AnswerFact,
    CertificateFact,
    NetworkFact,
    Observation,
    OffsetFact,
    Reading,
    TurnedAwayFact,
)
from probe.targets import Targets
from probe.verdict.signals import apple, certificates, feeds, host, hostclock, line, path
from probe.verdict.signals.offsets import Agreed, one_each
from probe.verdict.signals.resolvers import dead_resolver, why_dns_fails
from probe.words import (
    Cause,
    Daemon,
    Failure,
    Family,
    Gateway,
    HostClock,
    Internet,
    Look,
    Note,
    Port,
    Push,
    Signal,
    Step,
)
from tests.support.sightings import seen, sighting, twice

TIMEOUT, REFUSED = Failure.GENERIC_TIMEOUT, Failure.CONNECTION_REFUSED
ROUTER, OWN, FAR = "192.168.1.1", "192.168.1.7", "192.0.2.77"


def network() -> Observation:
    fact = NetworkFact(
        default_interfaces=("eth0",),
        carrier=True,
        addresses=(OWN,),
        gateways=(ROUTER,),
        has_default_route={Family.IPV4: True},
        fingerprint="home",
        networks=(f"{OWN}/24",),
    )
    return sighting(Look.LINK, "this host", step=Step.READ, facts=[fact])


# ---------------------------------------------------------------- the router


def away(
    name: str, offender: str, *, no_way: bool = True, look: Look = Look.REF_NAME
) -> Observation:
    return sighting(
        look,
        name,
        Failure.HOST_UNREACHABLE,
        facts=[TurnedAwayFact(offender=offender, no_way=no_way)],
    )


UNFOUND = {
    "our own stack gave up on the way to two operators": (
        (away("a", OWN), away("b", OWN)), Gateway.GONE
    ),
    "by address as by name": (
        (away("a", OWN, look=Look.REF_IP), away("b", OWN)), Gateway.GONE
    ),
    "to one operator only": ((away("a", OWN), away("a", OWN)), Gateway.UNKNOWN),
    "our own stack forbade it": (
        (away("a", OWN, no_way=False), away("b", OWN, no_way=False)), Gateway.UNKNOWN
    ),
    "somebody far away said so": ((away("a", FAR), away("b", FAR)), Gateway.UNKNOWN),
    "of Apple's hosts alone": (
        (away("a", OWN, look=Look.APPLE_WEB), away("b", OWN, look=Look.APPLE_WEB)), Gateway.UNKNOWN
    ),
    "the router itself said so": ((away("a", ROUTER), away("b", ROUTER)), Gateway.ALIVE),
}  # fmt: skip


@pytest.mark.parametrize("case", UNFOUND)
def test_a_router_that_cannot_be_found_is_told_by_the_errors_own_sender(case: str) -> None:
    """Diagnosis 0.4: offender = own address is neighbour failure, gateway = its line."""
    observations, value = UNFOUND[case]

    reading = host.gateway(seen(network(), *observations))

    assert reading.value is value
    assert (reading.cause is Cause.GW_NEIGH_FAILED) is (value is Gateway.GONE)


# ---------------------------------------------------------------- this process


@pytest.mark.parametrize(("ago", "value"), [(9.9, Daemon.IMPAIRED), (10.0, Daemon.FINE)])
def test_who_stood_still_is_believed_after_two_looks_at_itself_on_time(
    ago: float, value: Daemon
) -> None:
    own = sighting(Look.SELF, "isitme", step=Step.OURS)

    assert host.daemon(replace(seen(own), stalled_seconds_ago=ago)).value is value


# ---------------------------------------------------------------- references and the line


@pytest.mark.parametrize(("up", "value"), [(2, Internet.PARTLY), (3, Internet.REACHED)])
def test_half_of_five_operators_is_three(up: int, value: Internet) -> None:
    looks = [
        one
        for number in range(5)
        for one in twice(
            sighting(
                Look.REF_IP,
                f"r{number}",
                None if number < up else TIMEOUT,
                step=Step.HANDSHAKE,
                silent=number >= up,
            )
        )
    ]

    assert path.internet(seen(*looks)).value is value


@pytest.mark.parametrize(
    ("cause", "doubt"),
    [
        (Cause.LOSS, True),
        (Cause.LAN_LOSS, True),
        (Cause.WAN_BUFFERBLOAT, True),
        (Cause.NEW_CONNECTIONS_FAILING, True),
        (Cause.DNS_SLOW, False),
        (None, False),
    ],
)
def test_a_poor_line_that_was_told_is_measured_again(cause: Cause | None, doubt: bool) -> None:
    assert line.in_doubt(replace(seen(), told_cause=cause)) is doubt


# ---------------------------------------------------------------- certificates


@pytest.mark.parametrize(
    ("failure", "strange"),
    [
        (Failure.SSL_UNKNOWN_AUTHORITY, True),
        (Failure.SSL_UNEXPECTED_ISSUER, True),
        (Failure.SSL_CERT_EXPIRED, False),
        (Failure.SSL_INVALID_HOSTNAME, False),
        (None, True),
    ],
)
def test_a_stranger_is_told_by_who_signed_and_not_by_a_name_or_a_date(
    failure: Failure | None, strange: bool
) -> None:
    fact = CertificateFact(issuer="Some Company", verified=True, by_own_roots=False)
    one = sighting(Look.REF_IP, "a", failure, step=Step.HANDSHAKE, facts=[fact])

    sight = seen(one)

    assert bool(certificates.strangers(sight, sight.of(Look.REF_IP))) is strange


@pytest.mark.parametrize(
    ("issuer", "on_host"),
    [
        ("Avast Web/Mail Shield Root, Avast", True),
        ("AVG Web Shield Root", True),
        ("Norton Mail Shield Root", True),
        ("ESET SSL Filter CA, ESET, spol. s r. o.", True),
        ("Kaspersky Anti-Virus Personal Root Certificate", True),
        ("Bitdefender Personal CA.Net-Defender", True),
        ("AdGuard Personal CA", True),
        ("FortiGate CA, Fortinet", False),
    ],
)
def test_security_software_on_the_device_is_known_by_its_own_names(
    issuer: str, on_host: bool
) -> None:
    """Row 66; an appliance's is the network's."""
    assert certificates.is_on_host(issuer) is on_host


# ---------------------------------------------------------------- the clock


def compared(look: Look, name: str, middle: float, **more: object) -> Observation:
    fact = OffsetFact(
        source=name, low_seconds=middle - 0.5, high_seconds=middle + 0.5, authenticated=True
    )
    return sighting(look, name, facts=[fact], **more)  # type: ignore[arg-type]


def test_every_verified_date_counts_and_is_cited() -> None:
    by_name = [compared(Look.REF_NAME, name, 100.0) for name in "abc"]
    fact = OffsetFact(source="ntp d", low_seconds=99.9, high_seconds=100.1, authenticated=False)
    server = sighting(Look.NTP, "d", facts=[fact], step=Step.EXCHANGE)

    reading = hostclock.clock(seen(*by_name, server))

    assert reading.value is HostClock.WRONG
    assert {one.look for one in reading.because} == {Look.REF_NAME, Look.NTP}


@pytest.mark.parametrize(("low", "word"), [(5.0, "slow"), (-6.0, "fast")])
def test_which_way_a_clock_is_off_is_said(low: float, word: str) -> None:
    """An offset is what must be added to this clock."""
    agreed = Agreed(low_seconds=low, high_seconds=low + 1, sources=("a",), falsetickers=())

    assert f"5.5 s {word}" in hostclock.words(agreed)


def test_a_time_server_that_answers_no_is_not_silent() -> None:
    dated = [compared(Look.REF_IP, name, 0.0) for name in "abc"]
    silent = twice(sighting(Look.NTP, "a", TIMEOUT, step=Step.EXCHANGE, silent=True))
    refusing = twice(sighting(Look.NTP, "b", REFUSED, step=Step.EXCHANGE))

    notes = {note for note, _ in hostclock.notes(seen(*dated, *silent, *refusing))}

    assert Note.NTP_BLOCKED not in notes


@pytest.mark.parametrize(
    ("first", "second", "machines"), [((0, 1), (5, 6), 2), ((5, 6), (0, 1), 2), ((0, 2), (1, 3), 1)]
)
def test_one_machine_under_two_names_is_one_unless_it_contradicts_itself(
    first: tuple[float, float], second: tuple[float, float], machines: int
) -> None:
    servers = {
        f"ntp {name}": OffsetFact(
            source=f"ntp {name}",
            low_seconds=low,
            high_seconds=high,
            authenticated=False,
            machine="same",
        )
        for name, (low, high) in (("a", first), ("b", second))
    }

    assert len(one_each(servers)) == machines


# ---------------------------------------------------------------- names

SERVFAIL = Failure.DNS_SERVFAIL


def control(
    failure: Failure | None, *, resolver: str = ROUTER, ede: int | None = None, silent: bool = False
) -> Observation:
    fact = AnswerFact(
        resolver=resolver,
        name="control.example",
        addresses=() if failure else ("198.51.100.7",),
        rcode="SERVFAIL" if failure else "NOERROR",
        extended_error=ede,
    )
    return sighting(
        Look.DNS_EACH,
        f"{resolver} control.example",
        failure,
        step=Step.EXCHANGE if silent else Step.CONTENT,
        silent=silent,
        facts=() if silent else [fact],
        group="control",
        operator=f"resolver {resolver}",
        address=resolver,
    )


@pytest.mark.parametrize(
    ("ede", "cause"),
    [
        *((number, Cause.DNS_SERVFAIL) for number in (1, 2, 5, 6, 7, 8, 9, 10, 11, 12)),
        (22, Cause.RESOLVER_UPSTREAM_DEAD),
        (23, Cause.RESOLVER_UPSTREAM_DEAD),
        (None, Cause.RESOLVER_UPSTREAM_DEAD),
    ],
)
def test_a_validation_that_fails_is_no_dead_provider(ede: int | None, cause: Cause) -> None:
    """RFC 8914: 1, 2 and 5 to 12 speak of DNSSEC; 22 and 23 of what is behind the resolver."""
    looked = seen(network(), control(SERVFAIL, ede=ede))

    assert why_dns_fails(looked, looked.of(Look.DNS_EACH)) is cause


@pytest.mark.parametrize(
    ("failure", "found"),
    [
        (TIMEOUT, True),
        (Failure.HOST_UNREACHABLE, True),
        (Failure.NETWORK_UNREACHABLE, True),
        (REFUSED, False),
        (SERVFAIL, False),
    ],
)
def test_applications_wait_for_a_resolver_that_is_not_heard(failure: Failure, found: bool) -> None:
    """Diagnosis 0.5: one dead first resolver costs seconds of every look-up; a refusal none."""
    dead = twice(control(failure, resolver="192.168.1.53", silent=failure is TIMEOUT))

    hampered = dead_resolver(seen(*dead, control(None)))

    assert (hampered is not None) is found
    if hampered is not None:
        assert hampered.cause is Cause.RESOLVER_FAILOVER_SLOW
        assert "192.168.1.53" in hampered.said


# ---------------------------------------------------------------- Apple


def courier(look: Look, failure: Failure | None = None, **more: object) -> Observation:
    return sighting(look, "courier-1", failure, operator="apple", group="push", **more)  # type: ignore[arg-type]


def test_push_that_answers_on_its_other_port_is_not_silent_where_nobody_else_answers() -> None:
    nobody = [one for n in "ab" for one in twice(sighting(Look.REF_IP, n, TIMEOUT, silent=True))]
    silent = twice(courier(Look.PUSH_5223, TIMEOUT, silent=True))

    looked = seen(*nobody, *silent, courier(Look.PUSH_443))

    assert apple.push(looked).value is Push.ONLY_443


@pytest.mark.parametrize(
    ("step", "dies"), [(Step.EXCHANGE, True), (Step.CONNECT, False), (Step.HANDSHAKE, False)]
)
def test_a_session_dies_of_quiet_only_when_it_stood(step: Step, dies: bool) -> None:
    """Row 82: the session is there, is quiet, and is then dead."""
    quiet = twice(courier(Look.PUSH_IDLE, TIMEOUT, step=step, silent=True))

    dead = apple.forgets_quiet_ones(seen(*quiet, courier(Look.PUSH_5223)))

    assert bool(dead) is dies


def test_port_controls_that_fell_at_their_names_say_nothing_about_the_port() -> None:
    fell = [sighting(Look.PORT_CTL, name, Failure.DNS_SERVFAIL, step=Step.RESOLVE) for name in "ab"]
    blocked = [sighting(Look.PORT_CTL, name, TIMEOUT, silent=True) for name in "ab"]

    assert apple.port(seen(*fell)).value is Port.UNKNOWN
    assert apple.port(seen(*blocked)).value is Port.BLOCKED


def test_one_failure_was_tried_at_one_place() -> None:
    (once,) = seen(courier(Look.PUSH_5223, REFUSED)).of(Look.PUSH_5223)

    assert len(apple.places_of([once])) == 1


@pytest.mark.parametrize(
    ("push", "reachable"),
    [
        (Push.WORKS, True),
        (Push.ONLY_443, True),
        (Push.FAILS, False),
        (Push.SILENT, False),
        (Push.UNKNOWN, None),
    ],
)
def test_push_is_reachable_as_its_signal_says(push: Push, reachable: bool | None) -> None:
    watched = seen(targets=replace(Targets(), watched_services=("APNS",)))
    reading = Reading(signal=Signal.PUSH, value=push, said="")

    (service,) = feeds.services(watched, reading)

    assert service.reachable is reachable


def test_a_service_of_which_nothing_was_looked_at_is_neither_reachable_nor_not() -> None:
    reading = Reading(signal=Signal.PUSH, value=Push.UNKNOWN, said="")

    assert {one.reachable for one in feeds.services(seen(), reading)} == {None}
