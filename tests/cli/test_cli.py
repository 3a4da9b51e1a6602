"""The terminal: what each command says, and the code it ends with."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from probe import cli
from probe.catalogue import named
from probe.cli import serving, shared
from probe.cli.shared import FAILED, USAGE
from probe.drill.states import DRILLS
from probe.model import NetworkFact
from probe.ways import Row, Survey, Way
from probe.words import Cause, Code, Family
from tests.support.statuses import healthy


@pytest.fixture(autouse=True)
def nobodys_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to stand in, and no variable of isitme's but the tests' own."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("ISITME_")]:
        if name != "ISITME_REQUIRE_ALL":
            monkeypatch.delenv(name)
    return tmp_path


def test_probes_lists_every_outside_host_with_its_reason(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code = cli.main(["probes", "--json"])

    rows = json.loads(capsys.readouterr().out)
    hosts = {(host["host"], host["port"]) for row in rows for host in row["hosts"]}
    assert code == 0
    assert {("1.1.1.1", 443), ("time.apple.com", 123), ("api.push.apple.com", 443)} <= hosts
    assert all(host["why"] for row in rows for host in row["hosts"])
    assert {row["set_in"] for row in rows} == {"default"}


def test_probes_says_which_file_a_pace_came_from(
    nobodys_settings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = nobodys_settings / "mine.toml"
    file.write_text("[looks.captive]\nevery_seconds = 300\n")

    cli.main(["probes", "--config", str(file)])

    line = next(row for row in capsys.readouterr().out.splitlines() if row.startswith("captive"))
    assert "every 300 s" in line
    assert str(file) in line


def test_config_init_writes_what_config_check_accepts_and_never_writes_over(
    nobodys_settings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = cli.main(["config", "init"])
    checked = cli.main(["config", "check"])
    again = cli.main(["config", "init"])

    assert (first, checked, again) == (0, 0, FAILED)
    assert "isitme.toml" in capsys.readouterr().err
    assert (nobodys_settings / "isitme.toml").read_text().startswith("# isitme")


def test_config_show_hides_what_is_secret(
    nobodys_settings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (nobodys_settings / "isitme.toml").write_text(
        '[network]\nproxy = "http://ann:hunter2@192.0.2.8:3128"\n'
    )

    cli.main(["config", "show"])

    said = capsys.readouterr().out
    assert "hunter2" not in said
    assert json.loads(said)["network"]["proxy"] == "(set, not shown)"


def test_a_bad_setting_ends_with_2_and_names_file_and_key(
    nobodys_settings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (nobodys_settings / "isitme.toml").write_text("[looks.ntp]\nevery_seconds = 1\n")

    code = cli.main(["check"])

    said = capsys.readouterr().err
    assert code == USAGE
    assert "isitme.toml: looks.ntp.every_seconds: wanted 64 or more" in said


@pytest.mark.parametrize("word", [*Cause, *Code])
def test_explain_knows_every_word_it_may_say(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["explain", word]) == 0
    assert len(capsys.readouterr().out) > 60


def test_explain_does_not_make_up_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["explain", "gremlins"]) == USAGE
    assert "gremlins" in capsys.readouterr().err


def test_drill_list_names_every_drill(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["drill", "--list"]) == 0
    said = capsys.readouterr().out
    assert all(name in said for name in DRILLS)


def test_an_unknown_drill_is_told_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["drill", "earthquake"]) == USAGE
    assert "apple-outage" in capsys.readouterr().err


def test_status_without_a_service_fails_and_says_how_to_start_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
        code = cli.main(["status", "--url", f"http://127.0.0.1:{port}"])
        alive = cli.main(["status", "--alive", "--url", f"http://127.0.0.1:{port}"])

    assert (code, alive) == (FAILED, FAILED)
    assert "isitme run" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["dance"], ["check", "--timeout", "0"], ["explain"]])
def test_wrong_usage_ends_with_2(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)
    assert ended.value.code == USAGE


def test_a_group_that_does_not_exist_is_a_mistake_and_the_others_are_named(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code = cli.main(["check", "--group", "mdn"])

    said = capsys.readouterr().err
    assert code == USAGE
    assert "'mdn'" in said
    assert "mdm" in said


CLOSED = Row(
    entry=named("courier"), port=5223, family=Family.IPV4, way=Way.CLOSED, said="does not answer"
)


def surveying(monkeypatch: pytest.MonkeyPatch, *rows: Row) -> None:
    async def survey(setup: object, groups: Sequence[str], *heard: object) -> Survey:
        return Survey(groups=tuple(groups), rows=rows, others=(("www.google.com", True),))

    monkeypatch.setattr("probe.app.survey", survey)


def test_readiness_as_json_names_host_port_and_what_to_allow(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    surveying(monkeypatch, CLOSED)

    code = cli.main(["check", "--group", "push", "--json"])

    said = json.loads(capsys.readouterr().out)
    (host,) = said["hosts"]
    assert code == 13
    assert (said["ready"], said["blame"]) == (False, "unknown")
    assert (host["host"], host["port"], host["allow"], host["way"]) == (
        "N-courier.push.apple.com",
        5223,
        "*.push.apple.com",
        "closed",
    )


def test_a_network_that_is_ready_ends_with_0(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    surveying(monkeypatch, replace(CLOSED, way=Way.OPEN))

    assert cli.main(["check", "--group", "push"]) == 0
    assert capsys.readouterr().out.startswith("Ready: ")


def test_the_audit_says_what_to_check_again(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    surveying(monkeypatch, CLOSED)

    code = cli.main(["audit-hosts", "--json"])

    said = json.loads(capsys.readouterr().out)
    assert code == 13
    assert said["differences"]["gone"] == ["courier: does not answer"]


OWN_NAMES = {
    # listen, what this machine is called: the names its page answers to besides localhost
    ("127.0.0.1:10054", "mini"): ("set.example",),
    ("localhost:10054", "mini"): ("set.example",),
    ("lan", "Mini"): ("set.example", "mini", "mini.local"),
    ("lan:80", "mini.local"): ("set.example", "mini", "mini.local"),
    ("0.0.0.0:10054", ""): ("set.example",),
}


@pytest.mark.parametrize(("given", "names"), OWN_NAMES.items(), ids=map(str, OWN_NAMES))
def test_open_to_the_network_the_page_answers_to_this_machines_own_name(
    given: tuple[str, str], names: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    listen, called = given
    monkeypatch.setenv("ISITME_WEB__ALLOWED_HOSTS", '["set.example"]')
    monkeypatch.setattr(socket, "gethostname", lambda: called)

    assert serving.names_of(shared.load(None, listen=listen)) == names


def test_the_page_of_a_port_with_a_certificate_is_told_as_such() -> None:
    where = shared.load(None, listen="[::1]:80").web.where

    assert (serving.url_of(where), serving.url_of(where, tls=True)) == (
        "http://[::1]:80/",
        "https://[::1]:80/",
    )


def test_open_to_the_network_the_address_for_other_devices_is_told(
    capsys: pytest.CaptureFixture[str],
) -> None:
    link = healthy().observations[1]
    fact = NetworkFact(
        default_interfaces=("eth0",),
        carrier=True,
        addresses=("2001:db8::9", "192.168.1.9"),
        gateways=("192.168.1.1",),
        has_default_route={Family.IPV4: True},
        fingerprint="home",
    )
    status = replace(
        healthy(), observations=(replace(link, finding=replace(link.finding, facts=(fact,))),)
    )

    serving.announce(status, shared.load(None, listen="lan:80").web.where)
    opened = capsys.readouterr().out
    serving.announce(status, shared.load(None, listen="127.0.0.1:80").web.where)
    closed = capsys.readouterr().out

    assert "and for other devices on this network at http://192.168.1.9:80/\n" in opened
    assert "other devices" not in closed
