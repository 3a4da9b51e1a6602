"""One attempt at one target: every step named, timed, bounded, and its failure put into words.

The world's failures are values; our bugs are exceptions; this is the border. What the table in
`failures` does not know is a bug and passes through, and the monitor makes it evidence against
nobody.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from probe.clock import Clock
from probe.failures import LookFailed, TurnedAway, failure_of, plain_words
from probe.model import Fact, Finding, StepTaken, TurnedAwayFact
from probe.words import Failure, Family, Note, Speed, Step

DETAIL_CHARACTERS = 200  # an error's own words; enough for a sentence, too few to flood a log


@dataclass(slots=True, eq=False)
class Waits:
    """The steps of one look that are waiting for an answer just now, by whom, since when."""

    since: dict[Attempt, float] = field(default_factory=dict)

    def seconds(self, now: float) -> tuple[float, ...]:
        """How long each attempt has waited for the step it is at."""
        return tuple(now - since for since in self.since.values())


# Whether a look is made because something is in doubt, and may cost more than on a quiet day.
IN_DOUBT: ContextVar[bool] = ContextVar("IN_DOUBT", default=False)
# Whoever starts a look may listen to its waits; its attempts are made deep inside of it.
WAITS: ContextVar[Waits | None] = ContextVar("WAITS", default=None)


class Attempt:
    """Collects what one attempt goes through.

    with attempt:
        async with attempt.step(Step.CONNECT, within_seconds=5):
            stream = await tools.connect(...)
        attempt.said = "answered"
    return attempt.finding()

    Leaving the `with` swallows LookFailed, which is already noted; nothing else.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        target: str,
        operator: str,
        family: Family = Family.NONE,
        address: str = "",
        group: str = "",
    ) -> None:
        self._clock = clock
        self._target, self._operator, self._family = target, operator, family
        self._group = group
        self._steps: list[StepTaken] = []
        self._facts: list[Fact] = []
        self._notes: list[tuple[Note, str]] = []
        self.started = clock.elapsed()
        self.address = address
        self.said = ""
        self._failed_words = ""

    def _called(self) -> str:
        """What to call the far end: its address once it is known."""
        return self.address.rpartition(":")[0].strip("[]") or self.address or self._target

    def __enter__(self) -> Attempt:
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        return isinstance(error, LookFailed)

    @asynccontextmanager
    async def step(self, step: Step, *, within_seconds: float) -> AsyncIterator[asyncio.Timeout]:
        """Try one step within its bound, which may be moved. Raises LookFailed when the world fails
        it."""
        with self._timing(step):
            async with asyncio.timeout(within_seconds) as bound:
                yield bound

    @contextmanager
    def reading(self, step: Step = Step.CONTENT) -> Iterator[None]:
        """Judge what came; no waiting in here."""
        with self._timing(step):
            yield

    @contextmanager
    def _timing(self, step: Step) -> Iterator[None]:
        began = self._clock.elapsed()
        waits = WAITS.get()
        if waits is not None:
            waits.since[self] = began
        try:
            yield
        except Exception as error:
            known = failure_of(error)
            if known is None:
                raise
            failure, speed, detail = known
            if isinstance(error, TurnedAway):
                self.learn(TurnedAwayFact(offender=error.offender, no_way=error.no_way))
            if isinstance(error, LookFailed):
                step = error.step or step
                # Where two names would be one too many, the error's own sentence stands alone.
                self._failed_words = detail or plain_words(failure)
            elif step is Step.HANDSHAKE and speed is Speed.SILENT:
                self._failed_words = f"{self._called()} takes the connection and says nothing"
            else:
                self._failed_words = f"{self._called()} {plain_words(failure)}"
            self._note(step, began, failure, speed, detail)
            if isinstance(error, LookFailed):
                raise
            raise LookFailed(failure, speed, detail) from error
        finally:
            if waits is not None:
                waits.since.pop(self, None)
        self._steps.append(StepTaken(step=step, seconds=self._clock.elapsed() - began))

    def _note(self, step: Step, began: float, failure: Failure, speed: Speed, detail: str) -> None:
        self._steps.append(
            StepTaken(
                step=step,
                seconds=self._clock.elapsed() - began,
                failure=failure,
                speed=speed,
                detail=detail[:DETAIL_CHARACTERS],
            )
        )

    def learn(self, fact: Fact) -> None:
        self._facts.append(fact)

    def note(self, note: Note, said: str) -> None:
        self._notes.append((note, said))

    def finding(self) -> Finding:
        failed = next((step for step in self._steps if step.failure is not None), None)
        said = self.said
        if failed is not None:
            said = self._failed_words
        return Finding(
            target=self._target,
            operator=self._operator,
            family=self._family,
            address=self.address,
            group=self._group,
            steps=tuple(self._steps),
            facts=tuple(self._facts),
            notes=tuple(self._notes),
            said=said,
            started=self.started,
            ended=self._clock.elapsed(),
        )
