"""The real service in a drill's world: healthy first, then the fault, and the answer turns.

Each drill is a process of its own, as a user starts it. Whatever surface is asked, the same answer
comes out of it.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest
from prometheus_client.parser import text_string_to_metric_families

from probe.drill.states import DRILLS
from probe.outlets.status_json import EXIT_CODES
from probe.words import Blame, Code
from tests.drill.service import Service

START_SECONDS = 20.0  # a busy machine imports slowly
# One staggered look finds it (at most 30 s apart on average), a sweep and a confirmation say it.
TURN_SECONDS = 45.0

# What each fault makes of the blame, by the fault alone.
BLAME = {
    "healthy": Blame.NOBODY,
    "apple-outage": Blame.APPLE,
    "apple-acknowledged": Blame.APPLE,
    "apple-silent": Blame.UNKNOWN,
    "provider-dns": Blame.PROVIDER,
    "dns-block": Blame.ME,
    "clock-wrong": Blame.ME,
    "portal": Blame.ME,
    "push-blocked": Blame.ME,
    "internet-down": Blame.UNKNOWN,
    "link-down": Blame.ME,
}


@pytest.fixture(params=sorted(DRILLS))
def service(request: pytest.FixtureRequest) -> Iterator[Service]:
    one = Service(request.param)
    one.start()
    try:
        yield one
    finally:
        if one.process is not None and one.process.poll() is None:
            one.process.kill()
            one.process.communicate()


@pytest.mark.real
@pytest.mark.timeout(120)
def test_healthy_is_seen_first_then_the_answer_turns_everywhere_alike(service: Service) -> None:
    drill = DRILLS[service.name]

    service.wait_for(Code.OK, START_SECONDS)
    shown = service.wait_for(drill.code, TURN_SECONDS)

    status = service.status()
    assert status is not None
    verdict = status["verdict"]
    blame = BLAME[service.name]
    assert (verdict["code"], verdict["blame"]) == (drill.code, blame)
    assert status["drill"] == service.name
    wrong = [word for word in shown if not word.endswith(" low")][:-1]
    assert all(word.startswith("ok/") for word in wrong), f"shown on the way: {shown}"

    asked = subprocess.run(
        [sys.executable, "-m", "probe", "status", "--url", f"http://127.0.0.1:{service.port}"],
        capture_output=True, text=True, check=False, timeout=20,
    )  # fmt: skip
    assert asked.returncode == EXIT_CODES[blame]
    assert verdict["headline"] in asked.stdout

    _, text = service.get("/status", "text/plain")
    assert verdict["headline"] in text

    _, metrics = service.get("/metrics")
    families = {f.name: f for f in text_string_to_metric_families(metrics)}
    told = [s.labels["code"] for s in families["isitme_verdict"].samples if s.value == 1]
    blamed = [s.labels["blame"] for s in families["isitme_blame"].samples if s.value == 1]
    assert (told, blamed) == ([drill.code], [blame])

    _, page = service.get("/")
    assert verdict["headline"] in page.replace("&#39;", "'")
    assert f"drill: {service.name}" in page.lower()

    said = service.end()
    assert "The page is at" in said
    assert "Traceback" not in said
