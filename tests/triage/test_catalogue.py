"""Every sentence for people: short, calm, and without a word that needs an engineer."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping

import pytest

from probe.triage import QUESTIONS, catalogue
from probe.triage.questions import CIRCUMSTANCES
from probe.triage.reasons import REASONS
from probe.triage.sight import VALUES
from probe.triage.signs import SIGNS
from probe.triage.steps import STEPS

MOST_WORDS = 20
BANNED = (
    "DNS", "TLS", "SSL", "TCP", "UDP", "IP", "IPv4", "IPv6", "HTTP", "HTTPS", "APNs", "port",
    "ports", "packet", "packets", "resolver", "handshake", "latency", "protocol", "socket",
    "certificate", "gateway", "router", "server", "servers", "push", "courier", "endpoint",
    "timeout", "bandwidth", "firewall", "proxy", "host", "probe", "cache", "MMS", "SMS", "RCS",
    "authentication", "credentials", "configuration", "deregister", "unfortunately", "error",
    "fatal", "failure", "registered", "client",
)  # fmt: skip


def texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from texts(inner)
    elif isinstance(value, tuple):
        for inner in value:
            yield from texts(inner)
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        for one in dataclasses.fields(value):
            yield from texts(getattr(value, one.name))


CATALOGUE = {
    text for name in dir(catalogue) if name.isupper() for text in texts(getattr(catalogue, name))
}
SENTENCES = sorted(
    {sentence for text in CATALOGUE for sentence in re.split(r"(?<=[.?!])\s+", text) if sentence}
)


@pytest.mark.parametrize("sentence", SENTENCES)
def test_a_sentence_is_short_and_plain(sentence: str) -> None:
    words = re.findall(r"[\w'&.-]*\w", sentence)

    assert len(words) <= MOST_WORDS, len(words)
    assert not {word.lower() for word in words} & {word.lower() for word in BANNED}
    assert "!" not in sentence


def test_nothing_is_asked_told_or_advised_without_words() -> None:
    assert set(catalogue.QUESTION_TEXTS) == {*QUESTIONS, "more"}
    for question, answers in QUESTIONS.items():
        assert tuple(catalogue.ANSWER_TEXTS[question]) == answers
    assert tuple(catalogue.ANSWER_TEXTS["more"]) == CIRCUMSTANCES
    assert set(catalogue.REASON_TEXTS) == set(REASONS)
    assert set(catalogue.STEP_TEXTS) == {step.key for step in STEPS}
    assert set(catalogue.WHY_TEXTS) == {sign.why for sign in SIGNS if sign.points > 0}
    assert {sign.why for sign in SIGNS if sign.points < 0} == {""}
    for what in ("network", "apple"):
        assert set(catalogue.SEEN_TEXTS[what]) == set(VALUES[what])


def test_every_sign_is_about_a_reason_and_every_step_serves_one() -> None:
    assert {sign.reason for sign in SIGNS} == set(REASONS)
    assert {reason for step in STEPS for reason in step.reasons} <= set(REASONS)
    costs = [step.cost for step in STEPS]
    assert costs == sorted(costs)
