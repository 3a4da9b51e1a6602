"""What every test lives in: this machine only, a chosen time, and no skip without its reason."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests.support.guard import Guard, guarded
from tests.support.time import FakeClock, VirtualTimeLoop, loop_time

REQUIRE_ALL = "ISITME_REQUIRE_ALL"

# How fast an example runs says more about the machine's other work than about the code.
settings.register_profile("isitme", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("isitme")


@pytest.fixture(autouse=True)
def outside_world() -> Iterator[Guard]:
    """Fails any test that resolves a name or talks to anything but loopback."""
    with pytest.MonkeyPatch.context() as patch, guarded(patch) as guard:
        yield guard
    if guard.attempts:
        pytest.fail(f"tests stay on this machine, but this one tried to {guard.attempts[0]}")


@pytest.fixture
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, dict[str, object]]:
    """Async tests run in real time, unless they ask for `virtual_time`."""
    if "virtual_time" in request.fixturenames:
        return "asyncio", {"loop_factory": VirtualTimeLoop}
    return "asyncio", {}


@pytest.fixture
def virtual_time() -> FakeClock:
    """Makes this test's loop jump to its next timer; gives the clock that goes with it."""
    return FakeClock(follow=loop_time)


def _skips(reporter: pytest.TerminalReporter) -> Counter[str]:
    """Reasons, each with how often."""
    reasons: Counter[str] = Counter()
    for report in reporter.stats.get("skipped", []):
        said = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        reasons[said.removeprefix("Skipped: ")] += 1
    return reasons


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """One line for all skips, so that a gap is seen."""
    reasons = _skips(terminalreporter)
    said = "; ".join(
        f"{reason} (x{count})" if count > 1 else reason for reason, count in reasons.items()
    )
    line = f"isitme skips: {reasons.total()}" + (f" ({said})" if said else "")
    if reasons and os.environ.get(REQUIRE_ALL) == "1":
        line += f": not allowed with {REQUIRE_ALL}=1"
    terminalreporter.write_line(line)


def pytest_sessionfinish(session: pytest.Session) -> None:
    if os.environ.get(REQUIRE_ALL) != "1":
        return
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None and _skips(reporter) and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
