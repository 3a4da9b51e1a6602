"""The whole way: what speaks for what, and what to do first."""

from __future__ import annotations

from dataclasses import dataclass, replace

from probe.triage.questions import Answers
from probe.triage.reasons import Reason, reasons
from probe.triage.sight import Sight
from probe.triage.steps import Step, steps


@dataclass(frozen=True, slots=True, kw_only=True)
class Guidance:
    """Reasons, surest first; steps in their order; and what nobody could look at from here."""

    sight: Sight  # as it matters to the phone
    reasons: tuple[Reason, ...]
    steps: tuple[Step, ...]
    green: bool  # whether the carrier may be on the message's way
    cannot_know: tuple[str, ...]  # keys of the catalogue


def guide(answers: Answers, sight: Sight) -> Guidance:
    """From a person's answers and what is seen here. Pure; never empty."""
    sight = seen_from_the_phone(answers, sight)
    found = tuple(reasons(answers, sight))
    return Guidance(
        sight=sight,
        reasons=found,
        steps=tuple(steps(found, answers, sight)),
        green=answers.given.get("bubble") in ("green", "turned_green"),
        cannot_know=cannot_know(answers, sight),
    )


def seen_from_the_phone(answers: Answers, sight: Sight) -> Sight:
    """A phone elsewhere has another network and another clock; Apple is the same for all."""
    if answers.given.get("where") != "elsewhere":
        # What a broken network does not reach says nothing about Apple.
        in_vain = sight.network == "broken" and sight.apple == "unreached"
        return replace(sight, apple="unknown") if in_vain else sight
    # What only this network reached or did not reach is nothing to it.
    apple = "unknown" if sight.apple == "unreached" else sight.apple
    return replace(
        sight, network="unknown", clock="unknown", apple=apple, other_apps=(), failing_apps=()
    )


def cannot_know(answers: Answers, sight: Sight) -> tuple[str, ...]:
    found = []
    if answers.given.get("bubble") in ("green", "turned_green") and sight.carrier == "unknown":
        found.append("carrier")
    if answers.given.get("where") == "elsewhere":
        found.append("other_network")
    if sight.network == "unknown" and "other_network" not in found:
        found.append("network")
    if sight.apple in ("unknown", "unreached") and answers.given.get("bubble") != "green":
        found.append("apple")
    found.append("phone")
    return tuple(found)
