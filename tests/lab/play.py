"""Play one scenario in a world of its own, and say what came of it."""

from __future__ import annotations

import random
import time
import traceback
from collections.abc import Set
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from tests.lab import vantage
from tests.lab.daemon import Daemon, Shown, capture
from tests.lab.net import LabError
from tests.lab.scenario import ACTIVE, Expect, Scenario
from tests.lab.ways import BRIEF_SECONDS, Way
from tests.lab.world import World

HEALTHY_SECONDS = 60.0  # from the program's start
HOLDS_SECONDS = 8.0  # an answer that is right must stay so; longer than any hold of the program
LATEST_FACTOR = 3.0  # how much later than its bound a right answer is still waited for
STARVED_FACTOR = 2.0  # a program that gets a tenth of a core may take so much longer
START_SECONDS = 6.0  # imports, and one sweep with one timeout in it (5.7 s, probe/conversation.py)
SURE = ("medium", "high")
NO_CONTROLS = {"ISITME_TARGETS__PORT_CONTROLS": "[]"}
# A resolver keeps a failure for 5 s, and for as long again after each question that it was asked
# meanwhile (unbound, NORR_TTL): a fault that is over may show that much longer.
BREAKS_WITHIN, HEALS_WITHIN = 5, 12  # tries, a second apart


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What one scenario showed. Seconds are None for what never came."""

    name: str
    row: str
    how: str
    expected: str
    told: str = ""
    right: bool = False
    seconds: float | None = None
    bound_seconds: float = 0.0
    recovered_seconds: float | None = None
    wrong_on_the_way: list[str] = field(default_factory=list)
    blamed_apple: bool = False
    blamed_me: bool = False
    broken: str = ""  # the lab's own trouble, or a fault that could not be shown
    shown: list[str] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        return self.right and not self.broken and not self.wrong_on_the_way

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "passed": self.passed}


def matches(expect: Expect, shown: Shown) -> bool:
    """Whether what is shown is the right answer."""
    return (
        (shown.blame, shown.code) == (expect.blame, expect.code)
        and (not expect.causes or shown.cause in expect.causes)
        and shown.certainty in expect.certainties
        and (not expect.impacts or shown.impact in expect.impacts)
        and set(expect.notes) <= set(shown.notes)
        and not set(expect.without) & set(shown.notes)
    )


def fits(staged: Staged, expect: Expect, shown: Shown) -> bool:
    """It is the right answer; or not knowing, by a program that began in the middle of the fault
    and has seen nothing work (so, too, what is also right and blames nobody), or is hampered. The
    latter may not know whom to blame; and where it is starved, it may have had no time for Apple's
    own page."""
    pair = shown.blame, shown.code
    broken = expect is not staged.scenario.healthy
    less = hampered(staged, expect)
    return (
        ((less or (broken and staged.way.at_start)) and pair == ("unknown", "unknown"))
        or (staged.way.at_start and shown.blame == "unknown" and pair in expect.also_right)
        or (broken and pair in seen_from_elsewhere(staged))
        or (less and pair == ("unknown", expect.code))
        or (staged.way.starved and shown.cause == "apple_status_unavailable")
        or matches(expect, shown)
    )


def hampered(staged: Staged, expect: Expect) -> bool:
    """It gets a tenth of a core; or it is asked for a firewall's closed ports, and has none but
    Apple's and the web's to compare."""
    return staged.way.starved or (staged.way.no_controls and expect.code == "firewall_port_blocked")


def seen_from_elsewhere(staged: Staged) -> set[tuple[str, str]]:
    return set(staged.scenario.elsewhere if staged.way.vantage else ())


def true_of(staged: Staged, expect: Expect) -> set[tuple[str, str]]:
    """Every (blame, code) that is no wrong answer to this fault."""
    unsure = {("unknown", expect.code)} if hampered(staged, expect) else set()
    more = seen_from_elsewhere(staged) if expect is staged.expect else set()
    return {(expect.blame, expect.code), ("unknown", "unknown"), *expect.also_right, *unsure, *more}


def play(
    scenario: Scenario,
    out: Path,
    certificates: Path,
    *,
    way: Way,
    second: Scenario | None = None,
    seed: int = 0,
    keep_packets: bool = False,
) -> Outcome:
    """Build, see it healthy, break, judge, heal, judge. Never raises for what the program does."""
    families = scenario.line(way.families)
    world = World(out, certificates, families=families, tunnels=scenario.tunnels)
    outcome = Outcome(
        name=scenario.name,
        row=scenario.row,
        how=how(scenario, way),
        expected="",
        bound_seconds=(scenario.within_seconds + (START_SECONDS if way.at_start else 0.0))
        * (STARVED_FACTOR if way.starved else 1.0),
    )
    environment = {**scenario.environment, **(NO_CONTROLS if way.no_controls else {})}
    if seen_from_another_line := scenario.vantage or way.vantage:
        environment |= vantage.ENVIRONMENT
    configuration = world.at_home(scenario.configuration)
    daemon = Daemon(world, environment=environment, configuration=configuration)
    staged = Staged(
        scenario, way, world, daemon, outcome, second, random.Random(f"{seed}{scenario.name}")
    )
    outcome.expected = said(staged.expect)
    began = time.monotonic()
    try:
        world.build()
        if scenario.prepare is not None:
            scenario.prepare(world)
        if seen_from_another_line:
            vantage.run(world)
        if keep_packets:
            capture(world)
        _play(staged)
    except (LabError, OSError, AssertionError) as error:
        outcome.broken = f"{type(error).__name__}: {error}"
        (out / "lab-error.txt").write_text(traceback.format_exc())
    finally:
        outcome.shown = [f"{shown.at - began:7.1f} {shown}" for shown in daemon.history]
        if "isitme" in world.net.running:
            daemon.finish()
        world.net.stop_all()
    return outcome


@dataclass(frozen=True, slots=True)
class Staged:
    """One scenario on its stage."""

    scenario: Scenario
    way: Way
    world: World
    daemon: Daemon
    outcome: Outcome
    second: Scenario | None
    chance: random.Random

    @property
    def expect(self) -> Expect:
        if self.way.at_start and self.scenario.at_start is not None:
            return self.scenario.at_start
        if self.world.v6_only and self.scenario.v6_only is not None:
            return self.scenario.v6_only
        return self.scenario.expect


def how(scenario: Scenario, way: Way) -> str:
    """The way it is played in, and where that is not the way asked for, why."""
    line = scenario.line(way.families)
    if way.families in (None, line):
        return str(way)
    return f"{replace(way, families=line)} ({scenario.about_its_line})"


def said(expect: Expect) -> str:
    causes = "|".join(map(str, expect.causes)) or "*"
    return f"{expect.blame} {expect.code}/{causes}" + "".join(f" +{n}" for n in expect.notes)


def _play(staged: Staged) -> None:
    scenario, way, world, daemon = staged.scenario, staged.way, staged.world, staged.daemon
    _show(scenario, world, healthy=True)
    if way.at_start:
        scenario.fault.inject(world)
        _see_broken(scenario, world)
        fault_at = time.monotonic()
        daemon.start(starved=way.starved)
        if scenario.to_program is not None:
            scenario.to_program(world, daemon)
    else:
        daemon.start(starved=way.starved)
        _see_healthy(staged)
        fault_at = _break(scenario, world, daemon)
    if way.heal_seconds == BRIEF_SECONDS:
        _be_brief(staged, fault_at)
        return
    if not way.at_start:
        _see_broken(scenario, world)
    if way.heal_seconds is None:
        _await(staged, fault_at)
        if staged.second is not None:
            _add(staged, staged.second, fault_at)
    else:
        time.sleep(max(0.0, fault_at + way.heal_seconds - time.monotonic()))
        # A fault that is over sooner than it must be told may end untold.
        shown = daemon.now()
        told = shown is not None and fits(staged, staged.expect, shown)
        staged.outcome.right = told or way.heal_seconds < staged.outcome.bound_seconds
        staged.outcome.told = str(shown)
        staged.outcome.seconds = _since(staged, fault_at, staged.expect) if told else None
    _recover(staged, fault_at)


def _see_healthy(staged: Staged) -> None:
    scenario, daemon = staged.scenario, staged.daemon
    if not daemon.wait_for(
        lambda shown: fits(staged, scenario.healthy, shown),
        within_seconds=HEALTHY_SECONDS * (2 if staged.way.starved else 1),
        lasting_seconds=3.0,
    ):
        raise LabError(f"healthy was never seen, but {daemon.now()}")
    shown = daemon.now()
    early = set(scenario.expect.notes) & set(shown.notes if shown else ())
    if early:
        raise LabError(f"the healthy world already says {', '.join(sorted(early))}")
    # Anywhere in the interval of the looks: the worst moment is as likely as the best.
    time.sleep(scenario.healthy_seconds + staged.chance.uniform(0.0, 12.0))


def _be_brief(staged: Staged, fault_at: float) -> None:
    """Five seconds of a fault: the answer never turns. Only kernel facts may be told at once.

    The catalogue says so of faults that are shorter than their confirmation. Where something
    answers, a fault is sure after a second look a second later (bound ACTIVE), and five seconds are
    longer than that: the right answer may be told, and no other.
    """
    scenario, outcome = staged.scenario, staged.outcome
    time.sleep(max(0.0, BRIEF_SECONDS - (time.monotonic() - fault_at)))
    _heal(scenario, staged.world, staged.daemon)
    time.sleep(40.0)
    healthy = (scenario.healthy.blame, scenario.healthy.code)
    answered = scenario.within_seconds <= ACTIVE or scenario.answered
    turned = [
        f"{shown.at - fault_at:.1f} s {shown}"
        for shown in staged.daemon.history
        if shown.at > fault_at
        and (shown.blame, shown.code) != healthy
        and not (shown.code == "local_link" and scenario.expect.code == "local_link")
        and shown.cause not in ("network_changed", "resumed", "starting_up", "recovering")
        and not (answered and (shown.blame, shown.code) in true_of(staged, staged.expect))
        and not fits(staged, scenario.healthy, shown)
    ]
    outcome.expected = f"no turn from {scenario.healthy.code}"
    outcome.told = "; ".join(turned) or "no turn"
    outcome.right = not turned
    outcome.seconds = 0.0 if outcome.right else None
    outcome.blamed_apple = any(" apple " in turn for turn in turned)


def _add(staged: Staged, second: Scenario, fault_at: float) -> None:
    """A second fault on top of the first: one of the two answers, or not knowing; nobody else."""
    now = time.monotonic()
    staged.world.layer = "second"
    second.fault.inject(staged.world)
    time.sleep(second.within_seconds * 2)
    allowed = true_of(staged, staged.expect) | true_of(staged, second.expect)
    allowed.add(("unknown", second.expect.code))  # beside another fault the culprit may stay open
    if staged.way.starved:
        allowed.add(("unknown", "degraded"))  # push by its detour, before anybody was searched
    if not staged.daemon.wait_for(
        lambda shown: (shown.blame, shown.code) in allowed, within_seconds=20.0, lasting_seconds=1.0
    ):
        staged.outcome.right = False
        staged.outcome.told += f"; with {second.name} {staged.daemon.now()}"
    second.fault.heal(staged.world)
    staged.world.layer = "fault"
    staged.outcome.wrong_on_the_way += _wrong(staged, now, also_right=allowed)
    staged.daemon.wait_for(
        lambda shown: fits(staged, staged.expect, shown), within_seconds=60.0, lasting_seconds=3.0
    )
    # The way so far was judged with both faults; what follows is judged with one.
    staged.daemon.judged_until = time.monotonic()


def _break(scenario: Scenario, world: World, daemon: Daemon) -> float:
    """Inject; gives the moment from which the fault was whole."""
    before = time.monotonic()
    scenario.fault.inject(world)
    if scenario.to_program is not None:
        scenario.to_program(world, daemon)
    after = time.monotonic()
    # What was shown while a slow injection was under way is judged from its start.
    return after if after - before > 1.0 else before


def _heal(scenario: Scenario, world: World, daemon: Daemon) -> None:
    scenario.fault.heal(world)
    if scenario.program_heals is not None:
        scenario.program_heals(world, daemon)


def _show(scenario: Scenario, world: World, *, healthy: bool) -> None:
    symptom = scenario.fault.symptom
    for _ in range(HEALS_WITHIN if healthy else BREAKS_WITHIN):
        if (symptom.is_healthy if healthy else symptom.is_broken)(world):
            return
        time.sleep(1.0)
    state = "healthy" if healthy else "broken"
    raise LabError(f"the fault does not show as {state}: {symptom.said(world).strip()[-400:]}")


def _see_broken(scenario: Scenario, world: World) -> None:
    time.sleep(scenario.fault.symptom_after_seconds)
    _show(scenario, world, healthy=False)


def _await(staged: Staged, fault_at: float) -> None:
    """Wait for the right answer, later than its bound too; note when it came to stay."""
    daemon, outcome, expect = staged.daemon, staged.outcome, staged.expect
    still = outcome.bound_seconds * LATEST_FACTOR - (time.monotonic() - fault_at)

    def right(shown: Shown) -> bool:
        # An answer that does not change (an `ok` that stays) has no later sample to point at.
        return fits(staged, expect, shown) and (
            shown.at > fault_at or shown.code in ("ok", "unknown")
        )

    holds = max(HOLDS_SECONDS, staged.scenario.watch_seconds)
    held = daemon.wait_for(
        right,
        within_seconds=max(20.0, still) + holds,
        lasting_seconds=holds,
    )
    outcome.told = str(daemon.now())
    outcome.seconds = _since(staged, fault_at, expect) if held else None
    outcome.right = held


def _since(staged: Staged, moment: float, expect: Expect) -> float:
    """Seconds from a moment to the start of the right answer that stands at the end."""
    start = moment
    for shown in reversed(staged.daemon.history):
        if not fits(staged, expect, shown):
            break
        start = max(shown.at, moment)
    return round(start - moment, 1)


def _recover(staged: Staged, fault_at: float) -> None:
    scenario, daemon, outcome = staged.scenario, staged.daemon, staged.outcome
    healed_at = time.monotonic()
    _heal(scenario, staged.world, daemon)
    # A heal that takes long (a server that restarts) is healed at its end.
    healed_at = max(healed_at, time.monotonic() - 1.0)
    _show(scenario, staged.world, healthy=True)
    bound = scenario.recover_seconds or 3 * 60.0
    well = daemon.wait_for(
        lambda shown: fits(staged, scenario.healthy, shown),
        within_seconds=max(bound * 2, 60.0) * (STARVED_FACTOR if staged.way.starved else 1.0),
        lasting_seconds=HOLDS_SECONDS,
    )
    since = max(fault_at, daemon.judged_until)
    outcome.wrong_on_the_way += _wrong(staged, since)
    if well:
        outcome.recovered_seconds = _since(staged, healed_at, scenario.healthy)
    else:
        outcome.broken = outcome.broken or f"no recovery, but {daemon.now()}"


def _wrong(
    staged: Staged, since: float, *, also_right: Set[tuple[str, str]] = frozenset()
) -> list[str]:
    """Every sure answer since then that was not right, not the healthy one, not `unknown`."""
    expect, scenario, outcome = staged.expect, staged.scenario, staged.outcome
    healthy = scenario.healthy
    allowed = true_of(staged, expect) | {(healthy.blame, healthy.code)} | also_right
    wrong = [
        shown
        for shown in staged.daemon.history
        if shown.at > since
        and shown.certainty in SURE
        and shown.cause != "recovering"
        and (shown.blame, shown.code) not in allowed
    ]
    outcome.blamed_apple |= any(shown.blame == "apple" for shown in wrong)
    outcome.blamed_me |= any(shown.blame == "me" for shown in wrong)
    return [
        f"{shown.at - since:.1f} s {shown}{' (the trap)' * (shown.code in scenario.trap)}"
        for shown in wrong
    ]
