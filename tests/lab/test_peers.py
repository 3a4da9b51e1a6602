"""The comparison's page says what was recorded."""

from __future__ import annotations

import pytest

from tests.lab.faults import SCENARIOS
from tests.lab.peers import page
from tests.lab.peers.chosen import CHOSEN, Row

NAMES = {scenario.name: scenario for scenario in SCENARIOS}


def trouble(what: str, seconds: float | None) -> dict[str, object]:
    return {"what": what, "said": "", "seconds": seconds}


def result(
    *alerts: dict[str, object],
    monit: tuple[dict[str, object], ...] = (),
    answer: str = "me dns/dns_filtered high",
    wanted: str = "me dns/dns_filtered",
    way: tuple[str, ...] = ("5.0 nobody ok/None high", "18.4 me dns/dns_filtered high"),
) -> page.Result:
    return {
        "name": "push-names-null",
        "wanted": wanted,
        "isitme": {
            "answer": answer,
            "headline": "It's you.",
            "notes": [],
            "way": list(way),
            "right": answer.startswith(wanted),
        },
        "peers": {"prometheus": {"troubles": list(alerts)}, "monit": {"troubles": list(monit)}},
    }


OURS = Row(scenario="push-names-null", fault="A filter", cannot="whose it is")
APPLES = Row(scenario="push-names-null", fault="A silence", cannot="whose it is", apple=True)


def test_every_chosen_scenario_is_played_in_the_lab() -> None:
    assert [row.scenario for row in CHOSEN if row.scenario not in NAMES] == []


def test_a_wrong_accusation_is_struck_through() -> None:
    alert = trouble("AppleDown", 81.2)

    assert page.prometheus(OURS, result(alert)) == "~~`AppleDown` after 81 s~~"
    assert page.prometheus(APPLES, result(alert)) == "`AppleDown` after 81 s"


def test_targets_that_fail_are_counted_by_rule_from_the_first() -> None:
    alerts = (trouble("ProbeFailed a:443", 71.0), trouble("ProbeFailed b:443", 86.0))

    assert page.prometheus(OURS, result(*alerts)) == "`ProbeFailed` of 2 targets from 71 s"


def test_a_fault_that_the_others_never_met_is_no_silence_of_theirs() -> None:
    alone = Row(scenario="push-names-null", fault="A clock", cannot="it", met_by_all=False)

    assert "of the 0 faults" in page.summary([(alone, result())])
    assert (
        page.summary([(OURS, result())]).splitlines()[2].startswith("| told nothing at all | 0 | 1")
    )


def test_what_was_taken_back_is_not_told() -> None:
    back = trouble("ProbeFailed a:443", None)

    assert page.prometheus(OURS, result(back)) == "nothing"
    assert page.monit(result(monit=(back,))) == "nothing"


def test_a_wrong_answer_of_our_own_is_said() -> None:
    told = page.isitme(result(answer="apple apple_suspected/push_tls_hang low"))

    assert "not what the scenario wants: `me dns/dns_filtered`" in told


def test_an_answer_counts_from_when_it_stood_for_good() -> None:
    """As the others are timed; and that it was taken back is said."""
    seen = result(
        way=(
            "9.0 unknown unknown/controls_unknown low",
            "17.0 unknown isp_internet/gateway_or_upstream high",
            "43.0 me dns/dns_filtered medium",
            "73.0 unknown isp_internet/gateway_or_upstream high",
            "118.0 me dns/dns_filtered medium",
            "120.0 me dns/dns_filtered high",
        )
    )

    assert page.stood(seen) == 118.0
    assert page.otherwise(seen) == [
        "unknown isp_internet/gateway_or_upstream",
        "me dns/dns_filtered, taken back",
    ]


@pytest.mark.parametrize(
    ("alerts", "wanted", "counted"),
    [
        (["RouterDown 192.168.77.1", "InternetDown"], "me local_gateway/gateway_down", 1),
        (["InternetDown"], "provider isp_internet/wan_down", 1),
        (["AppleDown"], "me dns/dns_filtered", 0),
        ([], "nobody ok/*", 1),
        ([], "me clock/clock_off", 0),
        (["AppleDown"], "unknown unknown/apple_or_path", 0),
    ],
)
def test_naming_the_right_party_counts_for_everyone(
    alerts: list[str], wanted: str, counted: int
) -> None:
    seen = result(*(trouble(name, 80.0) for name in alerts), wanted=wanted)

    line = page.summary([(OURS, seen)]).splitlines()[3]

    assert line.split(" | ")[2] == f"{counted}, by the three rules"
