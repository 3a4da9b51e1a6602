"""Play one scenario in a world of its own, and say what came of it."""

from __future__ import annotations

import random
import time
import traceback
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from tests.lab.daemon import Daemon, Shown, capture
from tests.lab.net import LabError
from tests.lab.scenario import Expect, Scenario
from tests.lab.world import Families, World

HEALTHY_SECONDS = 60.0  # from the program's start
HOLDS_SECONDS = 8.0  # an answer that is right must stay so; longer than any hold of the program
LATEST_FACTOR = 3.0  # how much later than its bound a right answer is still waited for
SURE = ("medium", "high")


class Turn(StrEnum):
    """When the fault comes and how long it stays."""

    MID_RUN = "mid_run"
    AT_START = "at_start"
    BRIEF = "brief"  # healed after 5 s: no verdict may turn


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
        and set(expect.notes) <= set(shown.notes)
    )


def play(
    scenario: Scenario,
    out: Path,
    certificates: Path,
    *,
    turn: Turn = Turn.MID_RUN,
    seed: int = 0,
    families: Families | None = None,
    heal_after_seconds: float | None = None,
    keep_packets: bool = False,
) -> Outcome:
    """Build, see it healthy, break, judge, heal, judge. Never raises for what the program does."""
    families = families or scenario.families
    world = World(out, certificates, families=families, tunnels=scenario.tunnels)
    expect = scenario.at_start or scenario.expect if turn is Turn.AT_START else scenario.expect
    outcome = Outcome(
        name=scenario.name,
        row=scenario.row,
        how=f"{turn.value} {families.value}",
        expected=f"{expect.blame} {expect.code}/{'|'.join(map(str, expect.causes)) or '*'}"
        + "".join(f" +{note}" for note in expect.notes),
        bound_seconds=scenario.within_seconds,
    )
    daemon = Daemon(world, environment=scenario.environment, configuration=scenario.configuration)
    began = time.monotonic()
    try:
        world.build()
        if scenario.prepare is not None:
            scenario.prepare(world)
        if keep_packets:
            capture(world)
        if turn is Turn.AT_START:
            _from_the_start(scenario, expect, world, daemon, outcome)
        else:
            _mid_run(scenario, expect, world, daemon, outcome, turn, seed, heal_after_seconds)
    except (LabError, OSError, AssertionError) as error:
        outcome.broken = f"{type(error).__name__}: {error}"
        (out / "lab-error.txt").write_text(traceback.format_exc())
    finally:
        outcome.shown = [f"{shown.at - began:7.1f} {shown}" for shown in daemon.history]
        if "isitme" in world.net.running:
            daemon.finish()
        world.net.stop_all()
    return outcome


def _mid_run(
    scenario: Scenario,
    expect: Expect,
    world: World,
    daemon: Daemon,
    outcome: Outcome,
    turn: Turn,
    seed: int,
    heal_after_seconds: float | None,
) -> None:
    _show(scenario, world, healthy=True)
    daemon.start()
    if not daemon.wait_for(
        lambda shown: matches(scenario.healthy, shown),
        within_seconds=HEALTHY_SECONDS,
        lasting_seconds=3.0,
    ):
        raise LabError(f"healthy was never seen, but {daemon.now()}")
    _no_notes(scenario, daemon)
    # Anywhere in the interval of the looks: the worst moment is as likely as the best.
    time.sleep(random.Random(f"{seed}{scenario.name}").uniform(0.0, 12.0))
    fault_at = _break(scenario, world, daemon)
    if turn is Turn.BRIEF:
        time.sleep(max(0.0, 5.0 - (time.monotonic() - fault_at)))
        _heal(scenario, world, daemon)
        time.sleep(40.0)
        _judge_brief(scenario, daemon.history, fault_at, outcome)
        return
    _see_broken(scenario, world)
    _await(scenario, expect, daemon, outcome, fault_at)
    if heal_after_seconds is not None:
        time.sleep(max(0.0, fault_at + heal_after_seconds - time.monotonic()))
    _recover(scenario, world, daemon, outcome, fault_at, expect)


def _from_the_start(
    scenario: Scenario, expect: Expect, world: World, daemon: Daemon, outcome: Outcome
) -> None:
    _show(scenario, world, healthy=True)
    scenario.fault.inject(world)
    _see_broken(scenario, world)
    fault_at = time.monotonic()
    daemon.start()
    if scenario.to_program is not None:
        scenario.to_program(world, daemon)
    _await(scenario, expect, daemon, outcome, fault_at)
    _recover(scenario, world, daemon, outcome, fault_at, expect)


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
    for _ in range(5):
        if (symptom.is_healthy if healthy else symptom.is_broken)(world):
            return
        time.sleep(1.0)
    state = "healthy" if healthy else "broken"
    raise LabError(f"the fault does not show as {state}: {symptom.said(world).strip()[-400:]}")


def _see_broken(scenario: Scenario, world: World) -> None:
    time.sleep(scenario.fault.symptom_after_seconds)
    _show(scenario, world, healthy=False)


def _no_notes(scenario: Scenario, daemon: Daemon) -> None:
    shown = daemon.now()
    early = set(scenario.expect.notes) & set(shown.notes if shown else ())
    if early:
        raise LabError(f"the healthy world already says {', '.join(sorted(early))}")


def _await(
    scenario: Scenario, expect: Expect, daemon: Daemon, outcome: Outcome, fault_at: float
) -> None:
    """Wait for the right answer, later than its bound too; note when it came to stay."""
    still = scenario.within_seconds * LATEST_FACTOR - (time.monotonic() - fault_at)
    held = daemon.wait_for(
        lambda shown: (
            (shown.at > fault_at and matches(expect, shown))
            # An answer that does not change (an `ok` that stays) has no later sample to point at.
            or (shown.at <= fault_at and expect.code == "ok" and matches(expect, shown))
        ),
        within_seconds=max(20.0, still) + HOLDS_SECONDS,
        lasting_seconds=max(HOLDS_SECONDS, scenario.watch_seconds),
    )
    outcome.told = str(daemon.now())
    outcome.seconds = _since(daemon.history, fault_at, expect) if held else None
    outcome.right = held


def _since(history: Sequence[Shown], moment: float, expect: Expect) -> float:
    """Seconds from a moment to the start of the right answer that stands at the end."""
    start = moment
    for shown in reversed(history):
        if not matches(expect, shown):
            break
        start = max(shown.at, moment)
    return round(start - moment, 1)


def _recover(
    scenario: Scenario,
    world: World,
    daemon: Daemon,
    outcome: Outcome,
    fault_at: float,
    expect: Expect,
) -> None:
    healed_at = time.monotonic()
    _heal(scenario, world, daemon)
    healed_at = max(healed_at, time.monotonic() - 1.0)
    _judge_the_way(scenario, expect, daemon.history, fault_at, outcome)
    _show(scenario, world, healthy=True)
    bound = scenario.recover_seconds or 3 * 60.0
    well = daemon.wait_for(
        lambda shown: matches(scenario.healthy, shown),
        within_seconds=max(bound * 2, 60.0),
        lasting_seconds=HOLDS_SECONDS,
    )
    _judge_the_way(scenario, expect, daemon.history, fault_at, outcome)
    if well:
        outcome.recovered_seconds = _since(daemon.history, healed_at, scenario.healthy)
    else:
        outcome.broken = outcome.broken or f"no recovery, but {daemon.now()}"


def _judge_the_way(
    scenario: Scenario, expect: Expect, history: Sequence[Shown], fault_at: float, outcome: Outcome
) -> None:
    """Every sure answer since the fault that was not right, not the healthy one, not `unknown`."""
    allowed = {(expect.blame, expect.code), ("unknown", "unknown")}
    allowed |= {(scenario.healthy.blame, scenario.healthy.code), *expect.also_right}
    wrong = [
        shown
        for shown in history
        if shown.at > fault_at
        and shown.certainty in SURE
        and shown.cause != "recovering"
        and (shown.blame, shown.code) not in allowed
    ]
    outcome.blamed_apple = any(shown.blame == "apple" for shown in wrong)
    outcome.blamed_me = any(shown.blame == "me" for shown in wrong)
    outcome.wrong_on_the_way = [
        f"{shown.at - fault_at:.1f} s {shown}{' (the trap)' * (shown.code in scenario.trap)}"
        for shown in wrong
    ]


def _judge_brief(
    scenario: Scenario, history: Sequence[Shown], fault_at: float, outcome: Outcome
) -> None:
    """Five seconds of a fault: the answer never turns. Only kernel facts may be told at once."""
    turned = [
        f"{shown.at - fault_at:.1f} s {shown}"
        for shown in history
        if shown.at > fault_at
        and (shown.blame, shown.code) != (scenario.healthy.blame, scenario.healthy.code)
        and not (shown.code == "local_link" and scenario.expect.code == "local_link")
        and shown.cause not in ("network_changed", "resumed", "starting_up")
    ]
    outcome.expected = f"no turn from {scenario.healthy.code}"
    outcome.told = "; ".join(turned) or "no turn"
    outcome.right = not turned
    outcome.seconds = 0.0 if outcome.right else None
    outcome.blamed_apple = any(" apple " in turn for turn in turned)
