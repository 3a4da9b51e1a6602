"""The shape of every answer, for the description that programs are made from.

Loaded only when somebody asks for that description: the answers themselves are written from plain
values, and the tests hold both against each other.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from probe.words import (
    Blame,
    Cause,
    Certainty,
    Code,
    Failure,
    Family,
    Impact,
    Look,
    Note,
    Sign,
    Signal,
    Speed,
    Step,
)

Moment = Annotated[str, Field(json_schema_extra={"format": "date-time"})]  # UTC, with a Z


class Shape(BaseModel):
    model_config = ConfigDict(extra="forbid")


# ---------------------------------------------------------------- the answer


class Because(Shape):
    """One observation that is cited as a reason."""

    probe: Look
    target: str
    step: Step | None
    failure: Failure | None
    at: Moment
    said: str


class Also(Shape):
    """A further cause that explains what the first one cannot."""

    code: Code
    cause: Cause | None
    blame: Blame
    impact: Impact
    certainty: Certainty
    said: str


class Unexplained(Shape):
    """A bad signal that no cause accounts for."""

    signal: Signal
    said: str


class Verdict(Shape):
    """Whose it is, and why."""

    blame: Blame
    code: Code
    cause: Cause | None
    impact: Impact
    certainty: Certainty
    headline: str
    since: Moment
    because: list[Because]
    not_because: list[str]
    could_not_check: list[str]
    advice: list[str]
    also: list[Also]  # surest first, then what is noticed most
    unexplained: list[Unexplained]


class Reading(Shape):
    """Where one signal stands, in its own words (docs/words.md)."""

    value: str
    sign: Sign
    said: str
    age_seconds: float | None
    oldest_seconds: float | None  # the oldest part of what this value needs; push and services


class NoteSaid(Shape):
    """Something true that changes no verdict."""

    code: Note
    said: str


class Service(Shape):
    """One of Apple's services: can it be reached from here, and what does Apple say?"""

    name: str
    reachable: bool | None
    apple_says: str
    since: Moment | None


class AppleEvent(Shape):
    """One event of Apple's own status page."""

    service: str
    id: str
    kind: str
    state: str
    started_at: Moment | None
    ended_at: Moment | None
    message: str


class Messenger(Shape):
    """Another app, and whether it works from here."""

    name: str
    reachable: bool
    at: Moment


class Status(Shape):
    """Everything that is known now."""

    schema_: Annotated[Literal[1], Field(alias="schema")]
    at: Moment
    site: str
    scope: Literal["from this host"]
    ready: bool
    drill: str | None
    verdict: Verdict
    signals: dict[Signal, Reading]
    notes: list[NoteSaid]
    services: list[Service]
    apple_events: list[AppleEvent]
    messengers: list[Messenger]
    versions: dict[str, str]


# ---------------------------------------------------------------- what is looked at, and was seen


class Host(Shape):
    """An outside host that is contacted."""

    host: str
    port: int
    why: str


class LastSeen(Shape):
    """The newest attempt at one target."""

    target: str
    family: Family
    passed: bool
    at: Moment


class Probe(Shape):
    """One look, how often it is made, whom it contacts, and what it last saw."""

    look: str
    why: str
    every_seconds: float | None
    set_in: str
    floor_seconds: float | None
    timeout_seconds: float | None
    on_demand: bool
    hosts: list[Host]
    seen: list[LastSeen]


class Probes(Shape):
    """Everything that is looked at."""

    probes: list[Probe]


class StepTaken(Shape):
    """One step of an attempt."""

    step: Step
    seconds: float
    failure: Failure | None
    speed: Speed | None
    detail: str


class Observation(Shape):
    """The newest attempt at one target over one family."""

    probe: Look
    target: str
    operator: str
    family: Family
    address: str
    passed: bool
    at: Moment
    seconds: float
    steps: list[StepTaken]
    said: str


class Observations(Shape):
    """A page of them."""

    observations: list[Observation]
    next: str | None


# ---------------------------------------------------------------- what is kept


class Told(Shape):
    """A verdict as it was told. Its words are those of the version that told it."""

    id: int
    blame: str
    code: str
    cause: str | None
    impact: str
    certainty: str
    headline: str


class Turn(Told):
    """The answer turned to this."""

    at: Moment


class Evidence(Shape):
    """Why, as it was told."""

    probe: str
    target: str
    step: str | None
    failure: str | None
    at: Moment
    said: str


class Incident(Told):
    """From the first trouble told to the next time that all was well, or something else began."""

    started: Moment
    ended: Moment | None
    evidence: list[Evidence]
    apple_events: list[str]
    suspected: Moment | None
    acknowledged: Moment | None
    apple_lag_seconds: float | None
    outcome: Literal["suspected", "confirmed", "withdrawn"] | None  # of what blamed Apple
    because: str | None  # why it was withdrawn


class Span(Shape):
    """isitme was looking; what lies between two is not known."""

    from_: Annotated[Moment, Field(alias="from")]
    to: Moment


class History(Shape):
    """A page of turns, newest first."""

    turns: list[Turn]
    looking: list[Span]
    next: int | None


class Incidents(Shape):
    """A page of incidents, newest first."""

    incidents: list[Incident]
    looking: list[Span]
    next: int | None


# ---------------------------------------------------------------- "Not Delivered"


class Seen(Shape):
    """What isitme sees at this moment."""

    network: Literal["fine", "shaky", "broken", "unknown"]
    apple: Literal["fine", "other", "suspected", "announced", "maintenance", "unreached", "unknown"]
    clock: Literal["right", "wrong", "unknown"]
    carrier: Literal["fine", "failing", "unknown"]
    code: str
    certainty: str
    headline: str
    said: list[str]


class Reason(Shape):
    """What may explain it."""

    code: str
    sure: Literal["likely", "possible"]
    title: str
    said: str
    because: list[str]


class WhatToDo(Shape):
    """What to do, what it does, what it loses, and how one knows that it worked."""

    code: str
    do: str
    does: str
    loses: str
    worked: str
    first: list[str]


class Choice(Shape):
    """An answer that is offered."""

    code: str
    text: str


class Question(Shape):
    """What a person may be asked."""

    code: str
    text: str
    many: bool
    answers: list[Choice]


class Triage(Shape):
    """The likely reasons and the steps, cheapest first."""

    schema_: Annotated[Literal[1], Field(alias="schema")]
    answers: dict[str, str | list[str]]
    seen: Seen
    reasons: list[Reason]
    steps: list[WhatToDo]
    green: list[str]
    cannot_know: list[str]
    questions: list[Question]


# ---------------------------------------------------------------- the rest


class Waits(Shape):
    """A setting that changed and is only read at the start."""

    key: str
    why: str


class Reloaded(Shape):
    """What the new settings changed, and what waits for a restart."""

    changed: list[str]
    waits_for_restart: list[Waits]


class Description(Shape):
    """An OpenAPI document."""

    model_config = ConfigDict(extra="allow")

    openapi: str


class Wrong(Shape):
    """What went wrong."""

    code: str
    message: str


class Error(Shape):
    """The one shape of every error."""

    error: Wrong
