"""One attempt: every step named, timed and bounded."""

from __future__ import annotations

import asyncio
import errno

import pytest

from probe.attempt import DETAIL_CHARACTERS, Attempt
from probe.failures import LookFailed
from probe.words import Failure, Speed, Step
from tests.support.time import FakeClock


def attempt(clock: FakeClock) -> Attempt:
    return Attempt(clock, target="host", operator="somebody")


async def test_steps_are_timed_and_the_last_word_is_kept() -> None:
    clock = FakeClock()
    trying = attempt(clock)
    clock.advance(1)
    with trying:
        async with trying.step(Step.CONNECT, within_seconds=5):
            clock.advance(0.25)
        async with trying.step(Step.HANDSHAKE, within_seconds=5):
            clock.advance(0.5)
        trying.said = "answered"
    finding = trying.finding()

    assert [(step.step, step.seconds) for step in finding.steps] == [
        (Step.CONNECT, 0.25),
        (Step.HANDSHAKE, 0.5),
    ]
    assert finding.passed
    assert (finding.said, finding.started, finding.ended) == ("answered", 0.0, 1.75)


async def test_a_step_that_takes_too_long_is_silence(virtual_time: FakeClock) -> None:
    trying = attempt(virtual_time)
    with trying:
        async with trying.step(Step.CONNECT, within_seconds=5):
            await asyncio.sleep(3600)
        trying.said = "never said"
    finding = trying.finding()

    assert finding.failed is not None
    assert (finding.failed.failure, finding.failed.speed) == (
        Failure.GENERIC_TIMEOUT,
        Speed.SILENT,
    )
    assert finding.failed.seconds == pytest.approx(5)
    assert "never" not in finding.said


async def test_what_the_world_does_is_a_value() -> None:
    trying = attempt(FakeClock())
    with trying:
        async with trying.step(Step.CONNECT, within_seconds=5):
            raise ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused")
    finding = trying.finding()

    assert finding.failed is not None
    assert finding.failed.failure is Failure.CONNECTION_REFUSED
    assert finding.said == "host refuses the connection"
    assert "refused" in finding.failed.detail  # the kernel's own words, for an engineer


async def test_what_we_do_wrong_is_an_exception() -> None:
    trying = attempt(FakeClock())
    with pytest.raises(KeyError), trying:
        async with trying.step(Step.CONNECT, within_seconds=5):
            raise KeyError("x")

    assert trying.finding().steps == ()


async def test_being_stopped_is_not_a_failure() -> None:
    trying = attempt(FakeClock())

    async def work() -> None:
        with trying:
            async with trying.step(Step.CONNECT, within_seconds=5):
                await asyncio.sleep(3600)

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert trying.finding().steps == ()


def test_a_library_that_does_several_steps_names_the_one_that_failed() -> None:
    trying = attempt(FakeClock())
    with trying, trying.reading(Step.EXCHANGE):
        raise LookFailed(Failure.EOF, Speed.ACTIVE, "closed", step=Step.HANDSHAKE)

    failed = trying.finding().failed
    assert failed is not None
    assert failed.step is Step.HANDSHAKE


def test_an_errors_own_words_are_bounded() -> None:
    trying = attempt(FakeClock())
    with trying, trying.reading():
        raise LookFailed(Failure.HTTP_BODY_MISMATCH, Speed.ACTIVE, "x" * 10_000)

    failed = trying.finding().failed
    assert failed is not None
    assert len(failed.detail) == DETAIL_CHARACTERS
