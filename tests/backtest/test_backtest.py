"""A replay gives the incidents, times and lags that the recording contains."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe import cli
from probe.backtest.ledger import Ledger
from probe.backtest.recording import Fate, Moment, Reader, RecordingError
from probe.backtest.replay import Replay, changes, replay
from probe.backtest.report import report_json, report_text
from probe.cli.shared import USAGE
from probe.targets import Targets
from probe.words import Code
from tests.wire.hostile import fuzzed

SAMPLE = Path(__file__).with_name("sample.jsonl")
WATCHED = Targets().watched_services


def line(at: str, **more: Any) -> bytes:
    return json.dumps({"at": at, **more}).encode()


def moments(*lines: bytes) -> list[Moment]:
    return list(Reader(Targets()).read(lines))


@lru_cache(maxsize=1)
def sample() -> Replay:
    with SAMPLE.open("rb") as lines:
        return replay(lines)


@lru_cache(maxsize=1)
def report() -> dict[str, Any]:
    return report_json(sample(), watched=WATCHED)


def posted(message_id: str) -> dict[str, Any]:
    return next(one for one in report()["apple"] if one["message_id"] == message_id)


def seconds_after(moment: str, text: str | None) -> float:
    assert text is not None
    began = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    return (datetime.fromisoformat(text.replace("Z", "+00:00")) - began).total_seconds()


@pytest.mark.slow
@pytest.mark.timeout(300)  # whoever is first replays it, on a busy machine
class TestTheSample:
    def test_its_incidents_in_order(self) -> None:
        told = [(one["code"], one["cause"], one["outcome"]) for one in report()["incidents"]]

        assert told == [
            ("apple_acknowledged", "apple_reports", "confirmed"),  # A
            ("apple_suspected", "apple_service_fails", "confirmed"),  # B
            ("apple_suspected", "apple_service_fails", "suspected"),  # C
            ("apple_suspected", "apple_service_fails", "withdrawn"),  # D
            ("isp_internet", "path_to_apple", None),  # D
            ("apple_acknowledged", "apple_reports", "confirmed"),  # E
            ("isp_internet", "gateway_or_upstream", None),  # H
        ]

    def test_what_was_seen_here_first_is_told_first_and_by_how_much(self) -> None:
        told = posted("1001")

        assert seconds_after("2026-03-02T10:00:00", told["told_at"]) <= 30
        assert told["late_seconds"] == 69 * 60
        assert told["starts"] == ["2026-03-02T09:58:00Z", "2026-03-02T09:56:00Z"]
        assert told["told_ahead_seconds"] == pytest.approx(65 * 60, abs=30)
        # One incident, from our first sight to Apple's last word; both feeds are asked every 120 s.
        incident = report()["incidents"][0]
        assert incident["apple_lag_seconds"] == pytest.approx(65 * 60, abs=150)
        assert 0 <= seconds_after("2026-03-02T11:48:00", incident["ended"]) <= 150

    def test_a_post_that_comes_when_all_is_over_confirms(self) -> None:
        told = posted("1002")

        assert told["first_state"] == "resolved"
        assert told["outcome"] == "confirmed"
        assert told["ended"] is None
        assert told["told_ahead_seconds"] == pytest.approx(66 * 60, abs=40)
        assert seconds_after("2026-04-10T07:32:00", report()["incidents"][1]["ended"]) <= 40

    def test_another_line_that_reaches_it_withdraws_the_suspicion(self) -> None:
        withdrawn = report()["incidents"][3]

        assert "provider" in withdrawn["because"]
        assert 600 <= seconds_after("2026-06-01T05:00:00", withdrawn["ended"]) <= 720

    def test_what_nothing_here_shows_is_apples_word_alone(self) -> None:
        incident = report()["incidents"][5]

        assert incident["suspected"] is None
        assert 0 <= seconds_after("2026-06-20T00:00:00", incident["started"]) <= 150
        assert posted("1004")["watched"] is False
        assert posted("1004")["incident"] is None

    def test_nothing_is_told_of_a_time_in_which_nobody_looked(self) -> None:
        told = [one["at"] for one in report()["told"] if one["at"].startswith("2026-07")]

        assert told == []

    def test_a_feed_that_is_a_page_accuses_nobody(self) -> None:
        codes = [one["code"] for one in report()["told"] if one["at"].startswith("2026-08")]

        assert codes == [Code.DEGRADED, Code.OK]

    def test_a_line_that_is_down_accuses_nobody_beyond_it(self) -> None:
        blamed = {one["blame"] for one in report()["told"] if one["at"].startswith("2026-09")}

        assert "apple" not in blamed

    def test_the_summary_counts_what_there_is(self) -> None:
        summary = report()["summary"]

        assert summary["incidents"] == 7
        assert (summary["confirmed"], summary["suspected"], summary["withdrawn"]) == (3, 1, 1)
        assert (summary["apple_posted"], summary["apple_posted_watched"]) == (4, 3)
        assert summary["apple_first_seen_over"] == 1
        assert summary["late_seconds"]["count"] == 4
        assert summary["late_seconds"]["max"] == 69 * 60

    def test_a_person_reads_the_same(self) -> None:
        said = report_text(sample(), watched=WATCHED)

        assert "told by us 65 min before" in said
        assert "Apple moved its beginning 1 times" in said
        assert "withdrawn" in said


@pytest.mark.slow
def test_an_hour_is_lived_through_only_once_and_gives_the_same_each_time() -> None:
    lines = [
        line("2026-01-01T00:00:00Z"),
        line("2026-01-01T06:00:00Z", reach={"push": "refused"}),
        line("2027-01-01T06:00:00Z", reach={"push": "fine"}),
    ]

    first, second = (
        [(one.at, one.turn.after.told_as) for one in replay(lines).turns] for _ in range(2)
    )

    assert first == second
    assert [told[1] for _, told in first][-2:] == [Code.APPLE_SUSPECTED, Code.OK]


def test_each_line_stands_on_the_one_before() -> None:
    first, second, third = moments(
        line("2026-01-01T00:00:00Z", reach={"push": "silent", "account": "5xx"}),
        line("2026-01-01T01:00:00+00:00", elsewhere="fails"),
        line("2026-01-01T03:00:00+01:00", reach={"push": "fine"}),
    )

    assert first.reach == {"push": Fate.SILENT, "account": Fate.ERROR}
    assert second.reach == first.reach
    assert third.reach == {"account": Fate.ERROR}
    assert third.elsewhere == "fails"
    assert third.at == datetime(2026, 1, 1, 2, tzinfo=UTC)


def test_a_service_of_apples_means_the_hosts_it_needs() -> None:
    reader = Reader(Targets())
    (moment,) = reader.read(
        [line("2026-01-01T00:00:00Z", reach={"imessage": "5xx", "APNS": "hangs", "Siri": "5xx"})]
    )

    assert moment.reach == {"messaging": Fate.ERROR, "push": Fate.HANGS}
    assert reader.unknown == {"Siri": 1}


FORMS: dict[str, dict[str, Any]] = {
    "a body": {"body": '{"services": [{"serviceName": "iMessage", "events": [{"messageId": "1", '
               '"statusType": "Outage", "eventStatus": "ongoing"}]}]}'},
    "a body with its callback": {"body": 'jsonCallback({"services": [{"serviceName": "iMessage", '
               '"events": [{"messageId": "1", "statusType": "Outage", "eventStatus": '
               '"ongoing"}]}]});\n'},
    "a document": {"document": {"services": [{"serviceName": "iMessage", "events": [{
        "messageId": "1", "statusType": "Outage", "eventStatus": "ongoing"}]}]}},
    "events": {"events": [{"serviceName": "imessage", "messageId": "1", "statusType": "Outage",
                           "eventStatus": "ongoing"}]},
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_a_feed_may_be_given_in_every_form(form: str) -> None:
    (moment,) = moments(line("2026-01-01T00:00:00Z", feeds={"consumer": FORMS[form]}))

    fact = moment.feeds["consumer"].fact
    assert fact is not None
    assert [(event.service, event.state) for event in fact.events] == [("iMessage", "ongoing")]


def test_what_the_feed_lists_is_what_the_document_lists() -> None:
    (moment,) = moments(line("2026-01-01T00:00:00Z", feeds={"consumer": FORMS["a document"]}))

    fact = moment.feeds["consumer"].fact
    assert fact is not None
    assert fact.services == ("iMessage",)  # the others vanished


MISTAKES: dict[str, tuple[bytes, str]] = {
    "no JSON": (b"{", "line 1: "),
    "no object": (b"[]", "wanted an object"),
    "no time": (b"{}", "wanted a time with its zone"),
    "a time without a zone": (line("2026-01-01T00:00:00"), "wanted a time with its zone"),
    "a time that is no time": (line("noon"), "wanted a time with its zone"),
    "a strange key": (line("2026-01-01T00:00:00Z", feed={}), "no key is called 'feed'"),
    "a strange feed": (line("2026-01-01T00:00:00Z", feeds={"x": {}}), "no feed is called 'x'"),
    "a feed without a form": (
        line("2026-01-01T00:00:00Z", feeds={"consumer": {}}), "one of body, document, events"),
    "an event without a service": (
        line("2026-01-01T00:00:00Z", feeds={"consumer": {"events": [{}]}}), "serviceName"),
    "a strange fate": (
        line("2026-01-01T00:00:00Z", reach={"push": "down"}), "reach.push: wanted one of fine"),
    "a strange word of others": (
        line("2026-01-01T00:00:00Z", elsewhere="no"), "elsewhere: wanted one of"),
    "a looking that is no yes or no": (
        line("2026-01-01T00:00:00Z", looking="no"), "looking: wanted true or false"),
    "deep": (b"[" * 100_000, "line 1: "),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_told_with_its_line(mistake: str) -> None:
    raw, said = MISTAKES[mistake]

    with pytest.raises(RecordingError, match=r"^line 1: ") as caught:
        moments(raw)

    assert said in str(caught.value)


def test_time_goes_forward() -> None:
    with pytest.raises(RecordingError, match=r"^line 2: .* comes after"):
        moments(line("2026-01-02T00:00:00Z"), line("2026-01-01T00:00:00Z"))


@fuzzed
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["at", "feeds", "reach", "consumer", "events", "body", "push"]),
                inner,
            )
        ),
        max_leaves=8,
    )
)
def test_any_line_is_read_or_refused(value: Any) -> None:
    with suppress(RecordingError):
        moments(json.dumps(value).encode())


def test_polls_that_change_nothing_cost_nothing_and_the_ledger_reads_them_all() -> None:
    quiet: dict[str, Any] = {"consumer": {"events": []}}
    unwatched: dict[str, Any] = {
        "consumer": {
            "events": [
                {
                    "serviceName": "Siri",
                    "messageId": "7",
                    "statusType": "Issue",
                    "eventStatus": "ongoing",
                    "started": "2025-12-31T23:00:00Z",
                }
            ]
        }
    }
    lines = [
        line(f"2026-01-01T{hour:02}:00:00Z", feeds=unwatched if hour == 12 else quiet)
        for hour in range(24)
    ]
    targets = Targets()
    ledger = Ledger(targets)

    changed = list(changes(Reader(targets).read(lines), ledger, targets))

    assert len(changed) == 1
    (posted_event,) = ledger.posted.values()
    assert posted_event.late_seconds == 13 * 3600
    assert posted_event.gone == datetime(2026, 1, 1, 13, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def written(file: Path, lines: Iterable[bytes]) -> Path:
    file.write_bytes(gzip.compress(b"\n".join(lines)))
    return file


@pytest.mark.slow
def test_the_command_reads_a_packed_file(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = written(folder / "quiet.jsonl.gz", [line("2026-01-01T00:00:00Z"), b""])

    code = cli.main(["backtest", str(file), "--json"])

    said = json.loads(capsys.readouterr().out)
    assert code == 0
    assert (said["lines"], said["incidents"], said["apple"]) == (1, [], [])


@pytest.mark.parametrize("content", [b"", b"{}"])
def test_the_command_says_what_is_wrong_with_a_file(
    folder: Path, capsys: pytest.CaptureFixture[str], content: bytes
) -> None:
    file = folder / "bad.jsonl"
    file.write_bytes(content)

    assert cli.main(["backtest", str(file)]) == USAGE
    assert str(file) in capsys.readouterr().err
