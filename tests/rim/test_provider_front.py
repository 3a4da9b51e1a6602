"""Where the provider side of push is knocked at, and when at its other door."""

from __future__ import annotations

import pytest

from probe.model import Observation
from probe.probes.push import ProviderFront
from probe.targets import Provider
from probe.words import Failure, Look, Step
from tests.support.sightings import sighting

MAIN, OTHER = Provider().port, Provider().other_port


def knocked(port: int, failure: Failure | None = None) -> list[Observation]:
    return [
        sighting(
            Look.PUSH_HTTP,
            "provider-api",
            failure,
            step=Step.CONTENT,
            address=f"17.188.1.1:{port}",
        )
    ]


CASES: dict[str, tuple[list[Observation], int]] = {
    "at first": ([], MAIN),
    "after an answer": (knocked(MAIN), MAIN),
    "after a failure": (knocked(MAIN, Failure.HTTP_5XX), OTHER),
    "after a failure there too": (knocked(OTHER, Failure.HTTP_5XX), MAIN),
    "after an answer there": (knocked(OTHER), MAIN),
}


@pytest.mark.parametrize("case", CASES)
def test_which_door_is_next(case: str) -> None:
    seen, port = CASES[case]

    assert ProviderFront(provider=Provider())._port(seen) == port
