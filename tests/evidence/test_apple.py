"""push, services, port, nearby: what may accuse Apple, and what may not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from probe.looks import PLAN
from probe.model import CertificateFact, NearbyFact, Observation
from probe.verdict import judge
from probe.verdict.evidence import aside_notes, gather
from probe.verdict.signals.apple import nearby, port, push, services
from probe.verdict.signals.apple import testified as said_so_itself
from probe.words import (
    Cause,
    Code,
    Failure,
    Family,
    Look,
    Nearby,
    Note,
    Port,
    Push,
    Services,
    Signal,
    Step,
)
from tests.support.sightings import NOW, seen, sighting, twice
from tests.verdict.world import readings

TIMEOUT, REFUSED = Failure.GENERIC_TIMEOUT, Failure.CONNECTION_REFUSED


def main(slot: int, failure: Failure | None = None, **more: object) -> Observation:
    return courier(Look.PUSH_5223, slot, 5223, failure, **more)


def fallback(failure: Failure | None = None, **more: object) -> Observation:
    return courier(Look.PUSH_443, 1, 443, failure, **more)


def courier(
    look: Look, slot: int, port: int, failure: Failure | None, **more: object
) -> Observation:
    return sighting(
        look,
        f"courier-{slot}",
        failure,
        operator="apple",
        group="push",
        address=f"17.57.144.1:{port}",
        **more,  # type: ignore[arg-type]
    )


def both(failure: Failure, **more: object) -> tuple[Observation, ...]:
    return (main(1, failure, **more), main(2, failure, **more), *twice(fallback(failure, **more)))


def vouched(*, own: bool) -> CertificateFact:
    return CertificateFact(issuer="Apple Root CA", verified=False, by_own_roots=own)


HUNG = {"step": Step.HANDSHAKE, "silent": True}


def stood(port: int, *, at_the_end: bool, ago: float = 1.0) -> Observation:
    """A search near us that measured where whoever answers at this port of a courier stands."""
    look = Look.PUSH_5223 if port == 5223 else Look.PUSH_443
    name = sighting(look, "courier-1").examined_as
    fact = NearbyFact(target="courier-1", found=Nearby.CLEAN, at_the_end=at_the_end)
    return sighting(
        Look.NEARBY,
        name,
        group="push",
        facts=[fact],
        step=Step.EXCHANGE,
        address=f"17.57.144.1:{port}",
        ago=ago,
    )


AT_THE_END = (stood(5223, at_the_end=True), stood(443, at_the_end=True))
ON_THE_WAY = (stood(5223, at_the_end=False), stood(443, at_the_end=False))
PUSH = {
    "nothing was looked at": ((), True, Push.UNKNOWN),
    "it works": ((main(1), main(2), fallback()), True, Push.WORKS),
    "one courier of two is enough": ((main(1, TIMEOUT, silent=True), main(2)), True, Push.WORKS),
    "only the fallback": (
        (main(1, TIMEOUT, silent=True), main(2, TIMEOUT, silent=True), fallback()),
        True,
        Push.ONLY_443,
    ),
    "only the fallback, on the first day": (
        (main(1, TIMEOUT, silent=True), main(2, TIMEOUT, silent=True), fallback()),
        False,
        Push.ONLY_443,
    ),
    "both hang after TCP: the far end itself": (
        (*both(TIMEOUT, **HUNG), *AT_THE_END),
        True,
        Push.FAILS,
    ),
    "both hang, and who took the call is not known": (both(TIMEOUT, **HUNG), True, Push.SILENT),
    "both hang, and a box may have taken the call": (
        (*both(TIMEOUT, **HUNG), *ON_THE_WAY),
        True,
        Push.SILENT,
    ),
    "both hang, and one port's answer may be a box's": (
        (*both(TIMEOUT, **HUNG), AT_THE_END[0]),
        True,
        Push.SILENT,
    ),
    "both hang, but they never worked here": (both(TIMEOUT, **HUNG), False, Push.UNKNOWN),
    "both silent": (both(TIMEOUT, silent=True), True, Push.SILENT),
    "both refused: by whom cannot be told": (both(REFUSED), True, Push.SILENT),
    "both refused, from where the addresses are": ((*both(REFUSED), *AT_THE_END), True, Push.FAILS),
    "the fallback failed once: soft": (
        (main(1, TIMEOUT, silent=True), main(2, TIMEOUT, silent=True), fallback(TIMEOUT)),
        True,
        Push.UNKNOWN,
    ),
    "Apple's own authority vouches for another host": (
        both(Failure.SSL_INVALID_HOSTNAME, step=Step.HANDSHAKE, facts=[vouched(own=True)]),
        True,
        Push.FAILS,
    ),
    "somebody vouches for another host": (
        both(Failure.SSL_INVALID_HOSTNAME, step=Step.HANDSHAKE, facts=[vouched(own=False)]),
        True,
        Push.UNKNOWN,
    ),
    "they prove themselves, and do not speak push": (
        both(Failure.ALPN_NOT_SELECTED, step=Step.HANDSHAKE),
        True,
        Push.FAILS,
    ),
    "their alert comes before any certificate": (
        both(Failure.SSL_FAILED_HANDSHAKE, step=Step.HANDSHAKE),
        True,
        Push.SILENT,
    ),
    "names that do not resolve are not Apple": (
        both(Failure.DNS_NXDOMAIN, step=Step.RESOLVE),
        True,
        Push.UNKNOWN,
    ),
}


@pytest.mark.parametrize("case", PUSH)
def test_push(case: str) -> None:
    observations, trusted, value = PUSH[case]

    assert push(seen(*observations, trusted=trusted)).value is value


def test_couriers_that_do_not_speak_push_are_no_matter_of_certificates() -> None:
    only = push(seen(*both(Failure.ALPN_NOT_SELECTED, step=Step.HANDSHAKE)))
    old_too = push(
        seen(
            main(1, Failure.SSL_CERT_EXPIRED, step=Step.HANDSHAKE),
            main(2, Failure.SSL_CERT_EXPIRED, step=Step.HANDSHAKE),
            *twice(fallback(Failure.ALPN_NOT_SELECTED, step=Step.HANDSHAKE)),
        )
    )

    assert (only.cause, only.value) == (Cause.PUSH_PROTOCOL, Push.FAILS)
    assert old_too.value is not Push.FAILS or old_too.cause is Cause.APPLE_CERTIFICATE


HOSTS = {
    "messaging": ("identity-bag", "identity"),
    "account": ("account-lookup", "account-web"),
    "web": ("web",),
    "icloud": ("setup.icloud.com", "api.apple-cloudkit.com"),
    "store": ("itunes.apple.com", "apps.apple.com"),
}
UNWELL = {"failure": Failure.HTTP_5XX, "step": Step.CONTENT}
SILENT = {"failure": TIMEOUT, "silent": True}
FINE: dict[str, object] = {}


def apple(**groups: Mapping[str, object]) -> list[Observation]:
    """Every host of these groups, each twice so that failures are hard."""
    return [
        one
        for group, how in groups.items()
        for host in HOSTS[group]
        for one in twice(
            sighting(Look.APPLE_WEB, host, operator="apple", group=group, **how)  # type: ignore[arg-type]
        )
    ]


SERVICES: Mapping[str, tuple[Mapping[str, Mapping[str, object]], Services]] = {
    "nothing was looked at": ({}, Services.UNKNOWN),
    "all fine": ({"messaging": FINE, "account": FINE, "web": FINE}, Services.WORK),
    "a group was not looked at": ({"messaging": FINE, "web": FINE}, Services.UNKNOWN),
    "one group says it is unwell": (
        {"messaging": UNWELL, "account": FINE, "web": FINE},
        Services.ONE_FAILS,
    ),
    "one group is silent": (
        {"messaging": SILENT, "account": FINE, "web": FINE},
        Services.ONE_SILENT,
    ),
    "Apple's own network silent, its CDN fine": (
        {"messaging": SILENT, "account": SILENT, "web": FINE},
        Services.SILENT,
    ),
    "Apple's own network unwell, its CDN fine": (
        {"messaging": UNWELL, "account": UNWELL, "web": FINE},
        Services.FAIL,
    ),
    "everything unwell": (
        {"messaging": UNWELL, "account": UNWELL, "web": UNWELL},
        Services.FAIL,
    ),
    "everything silent": (
        {"messaging": SILENT, "account": SILENT, "web": SILENT},
        Services.SILENT,
    ),
}


ESSENTIAL = {"messaging": FINE, "account": FINE, "web": FINE}
BESIDE: Mapping[str, tuple[Mapping[str, Mapping[str, object]], Services]] = {
    "not asked yet": ({}, Services.WORK),
    "fine too": ({"icloud": FINE, "store": FINE}, Services.WORK),
    "iCloud errs": ({"icloud": UNWELL, "store": FINE}, Services.ONE_FAILS),
    "the store is silent": ({"icloud": FINE, "store": SILENT}, Services.ONE_SILENT),
    "both err": ({"icloud": UNWELL, "store": UNWELL}, Services.ONE_FAILS),
}


@pytest.mark.parametrize("case", BESIDE)
def test_icloud_and_the_store_are_judged_by_themselves(case: str) -> None:
    more, value = BESIDE[case]

    assert services(seen(*apple(**ESSENTIAL, **more))).value is value


@pytest.mark.parametrize(
    ("how", "value"),
    [
        (SILENT, Services.WORK),
        ({"failure": Failure.EOF, "step": Step.EXCHANGE}, Services.WORK),
        # A first start in the middle of an outage: no suspicion, and no "all fine".
        (UNWELL, Services.UNKNOWN),
    ],
)
def test_what_was_never_right_of_them_accuses_nobody(
    how: Mapping[str, object], value: Services
) -> None:
    """Nobody has recorded what they say to a stranger: an expectation of ours may be wrong."""
    fine = apple(**ESSENTIAL)
    sight = replace(
        seen(*fine, *apple(icloud=how, store=how)),
        witnesses=frozenset((one.look, one.finding.target) for one in fine),
    )

    assert services(sight).value is value


@pytest.mark.parametrize("icloud", [FINE, SILENT, UNWELL])
def test_they_change_nothing_where_all_of_apples_own_network_is_silent(
    icloud: Mapping[str, object],
) -> None:
    """Whose network they stand in is not known, so they say nothing of it."""
    own = apple(messaging=SILENT, account=SILENT, web=FINE, icloud=icloud, store=FINE)

    reading = services(seen(*own))

    assert (reading.value, reading.cause) == (Services.SILENT, Cause.APPLE_OR_PATH)


@pytest.mark.parametrize("case", SERVICES)
def test_services(case: str) -> None:
    groups, value = SERVICES[case]

    assert services(seen(*apple(**groups))).value is value


def test_hosts_that_never_worked_here_accuse_nobody() -> None:
    unwell = apple(messaging=UNWELL, account=UNWELL, web=UNWELL)

    assert services(seen(*unwell, trusted=False)).value is Services.UNKNOWN


def test_a_certificate_that_anybody_could_have_made_accuses_nobody() -> None:
    forged = {"failure": Failure.SSL_UNKNOWN_AUTHORITY, "step": Step.HANDSHAKE}

    reading = services(seen(*apple(messaging=forged, account=FINE, web=FINE)))

    assert reading.value is Services.UNKNOWN


def test_one_failure_of_one_host_is_soft() -> None:
    fine = apple(messaging=FINE, account=FINE, web=FINE)
    once = sighting(
        Look.APPLE_WEB, "web", Failure.HTTP_5XX, step=Step.CONTENT, group="web", ago=0.5
    )

    assert services(seen(*fine, once)).value is Services.UNKNOWN


def test_a_single_failing_host_is_never_an_outage() -> None:
    reading = services(seen(*apple(messaging=FINE, account=FINE, web=UNWELL)))

    assert (reading.value, reading.cause) == (Services.PARTLY, Cause.APPLE_PARTLY)


def test_a_lone_host_that_fails_at_two_addresses_is_one() -> None:
    once = sighting(Look.APPLE_WEB, "web", Failure.HTTP_5XX, step=Step.CONTENT, group="web")
    other = sighting(
        Look.APPLE_WEB,
        "web",
        Failure.HTTP_5XX,
        step=Step.CONTENT,
        group="web",
        family=Family.IPV6,
        address="[2001:db8::7]:443",
    )

    reading = services(seen(*apple(messaging=FINE, account=FINE), *twice(once), *twice(other)))

    assert reading.value is Services.ONE_FAILS


def test_one_group_alone_has_nothing_to_be_compared_with() -> None:
    never_right = seen(*apple(messaging=UNWELL, account=SILENT), trusted=False)
    known = frozenset((Look.APPLE_WEB, host) for host in HOSTS["messaging"])

    assert services(replace(never_right, witnesses=known)).value is Services.UNKNOWN


def test_a_handshake_that_was_left_no_time_has_shown_nothing() -> None:
    hung = main(1, TIMEOUT, step=Step.HANDSHAKE, silent=True)
    step = replace(hung.finding.steps[0], seconds=0.4)
    cut_short = replace(hung, finding=replace(hung.finding, steps=(step,)))

    sight = seen(hung, *AT_THE_END)
    too_soon = seen(cut_short, *AT_THE_END)

    assert said_so_itself(sight, sight.of(Look.PUSH_5223)[0])
    assert not said_so_itself(too_soon, too_soon.of(Look.PUSH_5223)[0])


def test_where_it_stands_is_remembered_over_one_search_that_could_not_tell() -> None:
    hanging = both(TIMEOUT, **HUNG)
    before = (stood(5223, at_the_end=True, ago=60.0), stood(443, at_the_end=True, ago=60.0))

    assert push(seen(*hanging, *before, *ON_THE_WAY)).value is Push.FAILS


def test_what_somebody_on_the_way_does_is_never_called_clean() -> None:
    clean = NearbyFact(target="courier-2", found=Nearby.CLEAN)
    other = sighting(Look.NEARBY, "courier-2", group="push", facts=[clean], step=Step.EXCHANGE)
    on_the_way = sighting(
        Look.NEARBY, "courier-1", TIMEOUT, group="push", step=Step.EXCHANGE, silent=True
    )

    hanging = both(TIMEOUT, **HUNG)

    assert nearby(seen(*hanging, other)).value is Nearby.CLEAN
    assert nearby(seen(*hanging, other, on_the_way)).value is Nearby.UNKNOWN


def test_being_asked_to_slow_down_is_our_own_doing() -> None:
    limited = {"failure": Failure.RATE_LIMITED, "step": Step.CONTENT}

    reading = services(seen(*apple(messaging=limited, account=FINE, web=FINE)))

    assert (reading.value, reading.cause) == (Services.PARTLY, Cause.RATE_LIMITED_BY_TARGET)


def ctl(operator: str, failure: Failure | None = None) -> Observation:
    return sighting(Look.PORT_CTL, operator, failure, operator=operator, silent=bool(failure))


DAY = 86400.0
PORT = {
    "nothing known": ((), None, Port.UNKNOWN),
    "push answers there": ((main(1),), None, Port.OPEN),
    "push worked on this network yesterday": ((), DAY, Port.OPEN),
    "push worked here last month": ((), 30 * DAY, Port.UNKNOWN),
    "Android's push is let out: says nothing about Apple's": (
        (ctl("google"), ctl("meta")),
        None,
        Port.UNKNOWN,
    ),
    "nothing but the web is let out": (
        (ctl("google", TIMEOUT), ctl("meta", TIMEOUT)),
        None,
        Port.BLOCKED,
    ),
    "blocked today, whatever was yesterday": (
        (ctl("google", TIMEOUT), ctl("meta", TIMEOUT)),
        DAY,
        Port.BLOCKED,
    ),
    "one control down proves nothing": ((ctl("google", TIMEOUT), ctl("meta")), None, Port.UNKNOWN),
}


@pytest.mark.parametrize("case", PORT)
def test_port(case: str) -> None:
    observations, ago, value = PORT[case]

    assert port(seen(*observations, push_seen_seconds_ago=ago)).value is value


def stopped(slot: int, cause: Cause) -> Observation:
    """The examination of a courier on 5223 found it held up near here."""
    fact = NearbyFact(target=f"courier-{slot}", found=Nearby.FILTERED, cause=cause)
    return sighting(Look.NEARBY, f"courier-{slot}", facts=[fact], step=Step.EXCHANGE, group="push")


BLOCKED = {
    "swallowed near here": ([stopped(1, Cause.PUSH_FULLY_BLOCKED)], None),
    "turned away by the router": ([stopped(1, Cause.ACTIVE_REJECT_NEAR)], Cause.ACTIVE_REJECT),
    "held back by this host": (
        [stopped(1, Cause.LOCAL_HOST_FIREWALL)],
        Cause.LOCAL_HOST_FIREWALL,
    ),
    "swallowed, and so are the controls": (
        [stopped(1, Cause.PUSH_FULLY_BLOCKED), ctl("google", TIMEOUT), ctl("meta", TIMEOUT)],
        Cause.EGRESS_WEB_ONLY,
    ),
    "the controls alone": (
        [ctl("google", TIMEOUT), ctl("meta", TIMEOUT)],
        Cause.EGRESS_WEB_ONLY,
    ),
    "the controls, and the kernel forbids asking for the time": (
        [
            ctl("google", TIMEOUT),
            ctl("meta", TIMEOUT),
            sighting(Look.NTP, "apple", Failure.OPERATION_NOT_PERMITTED, step=Step.EXCHANGE),
        ],
        Cause.LOCAL_HOST_FIREWALL,
    ),
}


@pytest.mark.parametrize("case", BLOCKED)
def test_5223_that_is_stopped_here_is_blocked_whatever_worked_before(case: str) -> None:
    observations, cause = BLOCKED[case]
    failing = [main(1, TIMEOUT, silent=True), main(2, TIMEOUT, silent=True)]

    reading = port(seen(*observations, *failing, fallback(), push_seen_seconds_ago=60))

    assert (reading.value, reading.cause) == (Port.BLOCKED, cause)


def searched_in_vain(*, heard: bool) -> Observation:
    """A later search for the same courier that found nothing near."""
    fact = NearbyFact(target="courier-1", found=Nearby.CLEAN, heard=heard)
    return sighting(Look.NEARBY, "courier-1", facts=[fact], step=Step.EXCHANGE, group="push")


def earlier(observation: Observation, seconds: float) -> Observation:
    return twice(observation, seconds=seconds)[0]


@pytest.mark.parametrize("detour", [True, False])
def test_a_search_that_hears_nothing_says_nothing_against_one_that_heard(*, detour: bool) -> None:
    """The machine behind the router had said "expired" often enough for this second."""
    held = earlier(stopped(1, Cause.PUSH_FULLY_BLOCKED), 8.0)
    failing = [main(1, TIMEOUT, silent=True), main(2, TIMEOUT, silent=True)]
    failing += [fallback()] if detour else twice(fallback(TIMEOUT, silent=True))

    deaf = seen(held, searched_in_vain(heard=False), *failing)
    assert port(deaf).value is Port.BLOCKED
    assert nearby(deaf).value is (Nearby.UNKNOWN if detour else Nearby.FILTERED)
    passes = seen(held, searched_in_vain(heard=True), *failing)
    assert port(passes).value is not Port.BLOCKED
    assert nearby(passes).value is not Nearby.FILTERED


def test_what_a_search_heard_is_over_with_the_failure_that_it_was_about() -> None:
    held = earlier(stopped(1, Cause.PUSH_FULLY_BLOCKED), 30.0)
    passed = earlier(main(1), 20.0)
    failing = [main(1, TIMEOUT, silent=True), *twice(fallback(TIMEOUT, silent=True))]
    now = seen(held, passed, searched_in_vain(heard=False), *failing)

    assert port(now).value is not Port.BLOCKED
    assert nearby(now).value is not Nearby.FILTERED


def test_what_a_search_heard_counts_no_longer_than_any_other_search() -> None:
    failing = [main(1, TIMEOUT, silent=True), *twice(fallback(TIMEOUT, silent=True))]
    deaf = searched_in_vain(heard=False)
    oldest = PLAN[Look.NEARBY].max_age_seconds

    for ago, value in ((oldest - 2.0, Port.BLOCKED), (oldest + 2.0, Port.UNKNOWN)):
        held = earlier(stopped(1, Cause.PUSH_FULLY_BLOCKED), ago)
        assert port(seen(held, deaf, *failing)).value is value


def test_a_search_that_was_answered_by_somebody_nearer_is_none_that_hears_nothing() -> None:
    """It learns nothing of the port, and refutes what was heard of it before."""
    held = earlier(stopped(1, Cause.PUSH_FULLY_BLOCKED), 8.0)
    nearer = sighting(
        *(Look.NEARBY, "courier-1", TIMEOUT), step=Step.EXCHANGE, group="push", silent=True
    )
    failing = [main(1, TIMEOUT, silent=True), *twice(fallback(TIMEOUT, silent=True))]

    assert port(seen(held, *failing)).value is Port.BLOCKED
    assert port(seen(held, nearer, *failing)).value is not Port.BLOCKED


def test_what_stopped_5223_is_over_when_it_answers() -> None:
    held = stopped(1, Cause.PUSH_FULLY_BLOCKED)

    assert port(seen(held, main(1), main(2))).value is Port.OPEN


def test_a_blocked_5223_with_a_detour_explains_no_other_failure() -> None:
    """The network blocks 5223 for good; one day Apple's services fail as well."""
    held = stopped(1, Cause.PUSH_FULLY_BLOCKED)
    failing = [main(1, TIMEOUT, silent=True), main(2, TIMEOUT, silent=True)]

    assert nearby(seen(held, *failing, fallback())).value is Nearby.UNKNOWN
    unwell = apple(messaging=UNWELL, account=UNWELL)
    assert nearby(seen(held, *failing, fallback(), *unwell)).value is Nearby.CLEAN
    silent = [main(1, TIMEOUT, silent=True), *twice(fallback(TIMEOUT, silent=True))]
    assert nearby(seen(held, *silent)).value is Nearby.FILTERED


def examined(found: Nearby, cause: Cause | None = None) -> Observation:
    fact = NearbyFact(target="courier-1", found=found, cause=cause)
    return sighting(Look.NEARBY, "courier-1", facts=[fact], step=Step.EXCHANGE)


def test_one_filter_found_outweighs_clean_examinations() -> None:
    clean = sighting(
        Look.NEARBY,
        "courier-2",
        facts=[NearbyFact(target="courier-2", found=Nearby.CLEAN)],
        step=Step.EXCHANGE,
    )

    failing = both(TIMEOUT, **HUNG)
    reading = nearby(seen(clean, examined(Nearby.FILTERED, Cause.SNI_FILTERED), *failing))

    assert (reading.value, reading.cause) == (Nearby.FILTERED, Cause.SNI_FILTERED)


def turned_away(target: str, group: str) -> Observation:
    fact = NearbyFact(
        target=target, found=Nearby.FILTERED, cause=Cause.SNI_FILTERED, turned_away=True
    )
    return sighting(Look.NEARBY, target, facts=[fact], step=Step.EXCHANGE, group=group)


def test_one_front_that_turns_other_names_away_is_no_proof_of_a_filter() -> None:
    """Nobody behind it: to its own name it is silent, to another it says that it has none."""
    alone = nearby(seen(turned_away("identity", "messaging"), *apple(messaging=SILENT)))
    several = nearby(
        seen(
            turned_away("identity", "messaging"),
            turned_away("account-web", "account"),
            *apple(messaging=SILENT, account=SILENT),
        )
    )

    assert (alone.value, alone.cause) == (Nearby.UNKNOWN, None)
    assert (several.value, several.cause) == (Nearby.FILTERED, Cause.SNI_FILTERED)


@pytest.mark.parametrize(
    ("group", "target", "found", "value"),
    [
        # That another service was examined, too, makes no second one that is cut.
        ("account", "account-web", Nearby.CLEAN, Nearby.UNKNOWN),
        # What else was found of the very same service stands.
        ("messaging", "identity-bag", Nearby.LOCAL_ROUTE, Nearby.LOCAL_ROUTE),
    ],
)
def test_a_front_that_turns_other_names_away_says_nothing_of_other_searches(
    group: str, target: str, found: Nearby, value: Nearby
) -> None:
    fact = NearbyFact(target=target, found=found)
    other = sighting(Look.NEARBY, target, facts=[fact], step=Step.EXCHANGE, group=group)
    silent = apple(messaging=SILENT, account=SILENT)

    assert nearby(seen(turned_away("identity", "messaging"), other, *silent)).value is value


def test_what_was_found_about_a_target_that_works_again_is_over() -> None:
    found = examined(Nearby.FILTERED, Cause.SNI_FILTERED)

    assert nearby(seen(found, main(1), fallback())).value is Nearby.UNKNOWN


def test_what_was_found_before_a_target_passed_says_nothing_about_its_next_failure() -> None:
    """A line that flaps: the search was about the failure before."""
    fact = NearbyFact(target="identity", found=Nearby.FILTERED, cause=Cause.SNI_FILTERED)
    found = sighting(
        Look.NEARBY, "identity", facts=[fact], step=Step.EXCHANGE, group="messaging", ago=30
    )
    passed = sighting(Look.APPLE_WEB, "identity", operator="apple", group="messaging", ago=20)
    silent = apple(messaging=SILENT)

    assert nearby(seen(found, *silent)).value is Nearby.FILTERED
    assert nearby(seen(found, passed, *silent)).value is not Nearby.FILTERED


def test_what_was_found_about_silence_says_nothing_about_an_answer() -> None:
    """It hung when it was examined, and says 503 now: no filter can say that."""
    fact = NearbyFact(target="identity", found=Nearby.FILTERED, cause=Cause.SNI_FILTERED)
    found = sighting(Look.NEARBY, "identity", facts=[fact], step=Step.EXCHANGE, group="messaging")

    assert nearby(seen(found, *apple(messaging=SILENT))).value is Nearby.FILTERED
    assert nearby(seen(found, *apple(messaging=UNWELL))).value is Nearby.CLEAN


def test_a_group_that_nobody_examined_is_not_clean() -> None:
    failing = [*both(TIMEOUT, **HUNG), *apple(messaging=SILENT)]
    clean = NearbyFact(target="identity", found=Nearby.CLEAN)
    looked = sighting(Look.NEARBY, "identity", facts=[clean], step=Step.EXCHANGE, group="messaging")

    assert nearby(seen(looked, *apple(messaging=SILENT))).value is Nearby.CLEAN
    assert nearby(seen(looked, *failing)).value is Nearby.UNKNOWN


def test_an_answer_inside_verified_tls_was_not_made_near_us() -> None:
    assert nearby(seen(*apple(messaging=UNWELL))).value is Nearby.CLEAN


def test_silence_that_nobody_examined_is_unknown() -> None:
    assert nearby(seen(*apple(messaging=SILENT))).value is Nearby.UNKNOWN


def test_when_nothing_gets_out_a_name_would_not_have_helped() -> None:
    silent = [
        sighting(Look.REF_IP, operator, TIMEOUT, operator=operator, silent=True)
        for operator in "ab"
    ]
    lost = {"failure": Failure.DNS_SERVFAIL, "step": Step.RESOLVE}
    nameless = both(Failure.DNS_SERVFAIL, step=Step.RESOLVE)
    everything = seen(*silent, *nameless, *apple(messaging=lost, web=lost), trusted=False)

    assert push(everything).value is Push.SILENT
    assert services(everything).value is Services.SILENT


def test_a_group_that_never_worked_in_its_first_day_is_set_aside_and_said_so() -> None:
    never = apple(account=UNWELL)
    aside = frozenset((Look.APPLE_WEB, host) for host in HOSTS["account"])
    fine = apple(messaging=FINE, web=FINE)
    all_seen = replace(seen(*fine, *never, trusted=False), set_aside=aside)

    assert services(all_seen).value is Services.WORK
    assert [note for note, _ in aside_notes(all_seen, push_too=False)] == [
        Note.NEVER_SEEN_WORKING
    ] * 2


def front(failure: Failure | None = None, **more: object) -> Observation:
    return sighting(
        Look.PUSH_HTTP,
        "provider-api",
        failure,
        operator="apple",
        group="push",
        **more,  # type: ignore[arg-type]
    )


def knocked(first: Mapping[str, object], second: Mapping[str, object]) -> tuple[Observation, ...]:
    """The front at its one port, then at its other one."""
    return (
        front(ago=3.0, address="17.188.1.1:443", **first),  # type: ignore[arg-type]
        front(ago=1.0, address="17.188.1.1:2197", **second),  # type: ignore[arg-type]
    )


NO_HTTP2: dict[str, object] = {"failure": Failure.HTTP_UNEXPECTED_STATUS, "step": Step.CONTENT}
GOODBYE: dict[str, object] = {"failure": Failure.HTTP2_GOAWAY, "step": Step.EXCHANGE}
LIMITED: dict[str, object] = {"failure": Failure.RATE_LIMITED, "step": Step.CONTENT}
FRONT = {
    "it was not looked at": ((), Services.WORK, None),
    "it answers": (knocked(FINE, FINE), Services.WORK, None),
    "it errs at both ports": (
        knocked(UNWELL, UNWELL),
        Services.ONE_FAILS,
        Cause.APPLE_SERVICE_FAILS,
    ),
    "it erred once": (knocked(FINE, UNWELL), Services.WORK, None),
    "it erred, and works again": (knocked(UNWELL, FINE), Services.WORK, None),
    "it errs, and its other port is shut": (
        knocked(UNWELL, SILENT),
        Services.PARTLY,
        Cause.APPLE_PARTLY,
    ),
    "it is silent: a filter looks like that": (
        knocked(SILENT, SILENT),
        Services.PARTLY,
        Cause.APPLE_PARTLY,
    ),
    "somebody speaks HTTP/1.1 in its place": (
        knocked(NO_HTTP2, NO_HTTP2),
        Services.PARTLY,
        Cause.APPLE_PARTLY,
    ),
    "it asks us to slow down": (
        knocked(LIMITED, LIMITED),
        Services.PARTLY,
        Cause.RATE_LIMITED_BY_TARGET,
    ),
    "it says goodbye at both ports": (
        knocked(GOODBYE, GOODBYE),
        Services.ONE_FAILS,
        Cause.APPLE_SERVICE_FAILS,
    ),
    "it says goodbye at one port alone": (knocked(FINE, GOODBYE), Services.WORK, None),
}


@pytest.mark.parametrize("case", FRONT)
def test_the_side_of_push_where_senders_hand_in(case: str) -> None:
    observations, value, cause = FRONT[case]
    fine = apple(messaging=FINE, account=FINE, web=FINE)

    reading = services(seen(*fine, *observations))

    assert (reading.value, reading.cause) == (value, cause)


def test_a_front_that_never_answered_here_accuses_nobody() -> None:
    fine = apple(messaging=FINE, account=FINE, web=FINE)
    known = frozenset((one.look, one.finding.target) for one in fine)
    sight = replace(seen(*fine, *knocked(UNWELL, UNWELL)), witnesses=known)

    assert services(sight).value is Services.WORK


def test_senders_do_not_speak_for_all_of_apples_own_network() -> None:
    """They answered two minutes ago; everything else in 17/8 is silent now."""
    reading = services(seen(*apple(messaging=SILENT, account=SILENT, web=FINE), front(ago=100.0)))

    assert (reading.value, reading.cause) == (Services.SILENT, Cause.APPLE_OR_PATH)


def test_an_error_of_the_front_was_made_by_nobody_near_us() -> None:
    assert nearby(seen(*knocked(UNWELL, UNWELL))).value is Nearby.CLEAN


PUSH_ASIDE = frozenset(
    {
        (Look.PUSH_5223, "courier-1"),
        (Look.PUSH_5223, "courier-2"),
        (Look.PUSH_443, "courier-1"),
    }
)


def test_push_that_never_worked_in_its_first_day_holds_nothing_back_and_is_named() -> None:
    fine = apple(messaging=FINE, account=FINE, web=FINE)
    sight = seen(*fine, *both(TIMEOUT, silent=True))
    never = replace(
        sight,
        witnesses=frozenset((one.look, one.finding.target) for one in fine),
        set_aside=PUSH_ASIDE,
    )

    evidence = gather(never)

    assert evidence.readings[Signal.PUSH].value is Push.UNKNOWN
    assert evidence.readings[Signal.PUSH].set_aside
    assert Note.NEVER_SEEN_WORKING in {note.code for note in evidence.notes}
    assert judge(readings({})).code is Code.OK
    assert judge({**readings({}), Signal.PUSH: evidence.readings[Signal.PUSH]}).code is Code.OK


def test_push_is_not_set_aside_where_nothing_else_proves_the_way_to_apple() -> None:
    never = replace(seen(*both(TIMEOUT, silent=True), trusted=False), set_aside=PUSH_ASIDE)

    assert not push(never).set_aside


def test_what_failed_before_something_of_apples_was_back_accuses_nobody() -> None:
    """Everything was silent; the host whose turn came first works again."""
    back = sighting(Look.APPLE_WEB, "identity", operator="apple", group="messaging", ago=0.1)
    before = apple(messaging=SILENT, account=SILENT, web=FINE)
    asked_anew = [replace(o, started=NOW + 0.5, ended=NOW + 0.5) for o in apple(account=SILENT)]

    assert services(seen(*before)).value is Services.SILENT
    assert services(seen(*before, back)).value is Services.UNKNOWN
    assert services(seen(*before, back, *asked_anew, now=NOW + 1)).value is Services.ONE_SILENT


QUIET_AND_DEAD = sighting(
    Look.PUSH_IDLE,
    "quiet-courier",
    TIMEOUT,
    step=Step.EXCHANGE,
    silent=True,
    operator="apple",
    group="push",
)


def test_quiet_sessions_that_die_while_fresh_ones_work_are_told() -> None:
    fine = apple(messaging=FINE, account=FINE, web=FINE)

    forgotten = services(seen(*fine, main(1), *twice(QUIET_AND_DEAD)))
    once = services(seen(*fine, main(1), QUIET_AND_DEAD))
    push_fails_too = services(seen(*fine, main(1, TIMEOUT, silent=True), *twice(QUIET_AND_DEAD)))

    assert (forgotten.value, forgotten.cause) == (Services.PARTLY, Cause.NAT_IDLE_TIMEOUT_SHORT)
    assert once.value is Services.WORK
    assert push_fails_too.value is Services.WORK
