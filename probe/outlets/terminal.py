"""The answer on a terminal: the sentence first, then why, then what to do.

Pure: a Status goes in, text comes out. Everything that may carry a server's words passes
`printable`.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from probe.model import AppleService, Because, Observation, Status, StepTaken, Verdict
from probe.outlets.printable import printable
from probe.outlets.status_json import utc
from probe.words import Blame, Family, Impact, Sign, Signal

NARROWEST = 40  # below this, wrapping makes confetti
WIDEST = 100  # longer lines are hard to read, however wide the window

# ECMA-48 SGR. Colour is never the only sign: the words say the same.
BOLD, DIM, RED, GREEN, YELLOW = "1", "2", "31", "32", "33"
COLOUR_OF_BLAME = {Blame.NOBODY: GREEN, Blame.UNKNOWN: YELLOW}
REACHED = {True: "reached from here", False: "not reached from here", None: "not checked from here"}
MARK = {Sign.GOOD: "ok", Sign.BAD: "BAD", Sign.UNKNOWN: "?"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """What is written on: how wide, and whether it can show colour."""

    width: int = 80
    colour: bool = False

    def paint(self, text: str, *codes: str) -> str:
        return f"\x1b[{';'.join(codes)}m{text}\x1b[0m" if self.colour and text else text

    @property
    def columns(self) -> int:
        return max(NARROWEST, min(self.width, WIDEST))


def wants_colour(environ: Mapping[str, str], *, is_terminal: bool) -> bool:
    """Colour on a terminal, unless NO_COLOR is set (no-color.org) or the terminal is dumb."""
    return is_terminal and not environ.get("NO_COLOR") and environ.get("TERM") != "dumb"


def report(
    status: Status,
    paper: Paper | None = None,
    *,
    verbose: bool = False,
    not_matched: Sequence[str] = (),
) -> str:
    """The whole answer. `not_matched` are the rules that did not decide, each with its reason;
    they and every observation are shown when `verbose`."""
    paper = paper or Paper()
    blocks = [_answer(status, paper), *_why(status.verdict, paper)]
    if verbose:
        blocks += [
            _list("Signals", _signals(status), paper),
            _list("Seen", (seen_line(o) for o in status.observations), paper),
            _list("Rules that did not match", map(printable, not_matched), paper),
        ]
    return "\n\n".join(block for block in blocks if block) + "\n"


def _answer(status: Status, paper: Paper) -> str:
    verdict = status.verdict
    colour = COLOUR_OF_BLAME.get(verdict.blame, RED)
    lines = wrapped(printable(verdict.headline), paper)
    head = [paper.paint(line, BOLD, colour) for line in lines]
    about = [f"certainty {verdict.certainty.value}"]
    if verdict.impact is not Impact.NONE:
        about.append(f"impact {verdict.impact.value}")
    code = verdict.code.value
    about.append(f"{code}/{verdict.cause.value}" if verdict.cause else code)
    about.append(f"since {utc(status.since)}")
    if status.drill:
        head.insert(
            0, paper.paint(f"Drill: {printable(status.drill)}. Nothing here is real.", BOLD)
        )
    return "\n".join([*head, *(paper.paint(x, DIM) for x in wrapped(", ".join(about), paper))])


def _why(verdict: Verdict, paper: Paper) -> Iterator[str]:
    yield _list("Because", map(because_line, verdict.because), paper)
    yield _list("Not because", map(printable, verdict.not_because), paper)
    also = (f"{printable(a.said)} ({a.blame.value}, {a.code.value})" for a in verdict.also)
    yield _list("Also", also, paper)
    left = (printable(one.said) for one in verdict.unexplained)
    yield _list("Not explained by this", left, paper)
    yield _list("Could not check", map(printable, verdict.could_not_check), paper)
    yield _list("What to do", map(printable, verdict.advice), paper, numbered=True)
    yield _list("Good to know", (printable(note.said) for note in verdict.notes), paper)
    yield _list("Apple's services", _services(verdict.services), paper)


def because_line(reason: Because) -> str:
    """One reason: what was said, then where, at which step, how and when."""
    step = reason.step.value if reason.step else ""
    failure = reason.failure.value if reason.failure else ""
    place = (reason.look.value, printable(reason.target), step, failure, utc(reason.at) or "")
    return f"{printable(reason.said)} [{' · '.join(part for part in place if part)}]"


def _services(services: Iterable[AppleService]) -> Iterator[str]:
    for service in services:
        since = f" since {utc(service.since)}" if service.since else ""
        says = f"Apple says: {printable(service.apple_says)}{since}"
        yield f"{printable(service.name)}: {REACHED[service.reachable]}. {says}."


def _signals(status: Status) -> Iterator[str]:
    for signal in Signal:
        reading = status.readings.get(signal)
        if reading is None:
            yield f"{signal.value} = unknown [?]"
            continue
        age = "" if reading.age_seconds is None else f" ({reading.age_seconds:.0f} s ago)"
        said = f": {printable(reading.said)}" if reading.said else ""
        yield f"{signal.value} = {reading.value.value} [{MARK[reading.sign]}]{said}{age}"


def seen_line(observation: Observation) -> str:
    """One observation: look, target, family, address, each step with its time, the failure."""
    finding = observation.finding
    family = "" if finding.family is Family.NONE else finding.family.value
    where = (observation.look.value, printable(finding.target), family, printable(finding.address))
    steps = ", ".join(map(_step, finding.steps)) or "nothing was tried"
    said = f": {printable(finding.said)}" if finding.said else ""
    return f"{' '.join(part for part in where if part)}: {steps}{said}"


def _step(step: StepTaken) -> str:
    took = f"{step.step.value} {step.seconds * 1000:.0f} ms"
    if step.failure is None:
        return took
    speed = f" ({step.speed.value})" if step.speed else ""
    detail = f" {printable(step.detail, 200)!r}" if step.detail else ""
    return f"{took} FAILED {step.failure.value}{speed}{detail}"


def _list(title: str, lines: Iterable[str], paper: Paper, *, numbered: bool = False) -> str:
    """A titled list; nothing at all when it is empty."""
    said = [
        text
        for number, line in enumerate(lines, start=1)
        for text in wrapped(line, paper, first=f"  {number}. " if numbered else "  - ")
    ]
    return "\n".join([paper.paint(title, BOLD), *said]) if said else ""


def wrapped(text: str, paper: Paper, *, first: str = "") -> list[str]:
    """Lines that fit; all but the first are indented as far as `first` is long."""
    return textwrap.wrap(
        text,
        paper.columns,
        initial_indent=first,
        subsequent_indent=" " * len(first),
        break_on_hyphens=False,  # host names have hyphens, and are copied
    )
