"""Settings come from a file, from variables and from switches; the later one wins."""

from __future__ import annotations

from pathlib import Path

import pytest

from probe.looks import PLAN, PLANS, USUAL
from probe.settings import Settings, SettingsError
from probe.settings.addresses import Listen, read_listen
from probe.targets import Courier, Feed, Targets, Vantage
from probe.words import Look


def load(tmp_path: Path, text: str = "", environ: dict[str, str] | None = None) -> Settings:
    file = tmp_path / "isitme.toml"
    file.write_text(text, encoding="utf-8")
    return Settings.load(file, environ or {})


def test_it_runs_well_with_none() -> None:
    settings = Settings.load(None, {}, usual_places=())

    assert settings == Settings()
    assert settings.file is None
    assert settings.site == "home"
    assert settings.web.where == Listen("127.0.0.1", 10054)
    assert settings.targets() == Targets()
    assert settings.plans() == {
        look: plan for look, plan in USUAL.items() if look is not Look.PROXY
    }
    assert settings.where("web.listen") == "default"


def test_the_environment_of_this_process_is_not_read_behind_our_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SITE", "elsewhere")
    monkeypatch.setenv("ISITME_SITE", "elsewhere")

    assert Settings.load(None, {}, usual_places=()).site == "home"


def test_file_then_variable_then_switch_and_each_is_remembered(tmp_path: Path) -> None:
    file = tmp_path / "isitme.toml"
    file.write_text('site = "office"\n[web]\nlisten = "[::1]:1"\n[log]\nlevel = "debug"\n')
    environ = {"ISITME_WEB__LISTEN": "127.0.0.1:2", "ISITME_LOG__LEVEL": "error"}

    settings = Settings.load(file, environ, switches={"web.listen": ("--listen", "lan:3")})

    assert (settings.site, settings.log.level, settings.web.where) == (
        "office",
        "error",
        Listen("", 3),
    )
    assert settings.where("site") == str(file)
    assert settings.where("log.level") == "ISITME_LOG__LEVEL"
    assert settings.where("web.listen") == "--listen"
    assert settings.where("log.format") == "default"


def test_the_first_place_that_has_a_file_is_read(tmp_path: Path) -> None:
    second, third = tmp_path / "second.toml", tmp_path / "third.toml"
    second.write_text('site = "second"')
    third.write_text('site = "third"')
    places = (tmp_path / "first.toml", second, third)

    assert Settings.load(None, {}, usual_places=places).site == "second"
    named = Settings.load(None, {"ISITME_CONFIG": str(third)}, usual_places=places)
    assert (named.site, named.file) == ("third", third)
    assert Settings.load(second, {"ISITME_CONFIG": str(third)}).site == "second"


def test_intervals_are_raised_and_looks_switched_off(tmp_path: Path) -> None:
    settings = load(
        tmp_path,
        "[looks.ntp]\nevery_seconds = 2048\n[looks.captive]\nenabled = false\n",
        {"ISITME_LOOKS__SELF__EVERY_SECONDS": "7.5", "ISITME_LOOKS__STATUS__ENABLED": "no"},
    )

    plans = settings.plans()
    assert plans[Look.NTP].every_seconds == 2048
    assert plans[Look.NTP].timeout_seconds == PLAN[Look.NTP].timeout_seconds
    assert plans[Look.SELF].every_seconds == 7.5
    assert plans[Look.LINK] == PLAN[Look.LINK]
    assert set(PLAN) - set(plans) == {Look.CAPTIVE, Look.STATUS, Look.PROXY, Look.PUSH_IDLE}
    assert settings.where("looks.self.every_seconds") == "ISITME_LOOKS__SELF__EVERY_SECONDS"


def test_a_proxy_is_looked_through_where_one_is_set(tmp_path: Path) -> None:
    text = '[network]\nproxy = "http://anna:p%40ss@proxy.example:3128"\n'
    settings, without = load(tmp_path, text), Settings()

    proxy = settings.proxy()
    assert proxy is not None
    assert (proxy.host, proxy.port, proxy.user, proxy.password) == (
        *("proxy.example", 3128),
        *("anna", "p@ss"),
    )
    assert "p@ss" not in repr(proxy)
    assert Look.PROXY in settings.plans()
    assert without.proxy() is None
    assert Look.PROXY not in without.plans()


def test_a_proxy_is_spoken_to_in_plain(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="http://"):
        load(tmp_path, '[network]\nproxy = "https://proxy.example:3128"\n')


def test_every_floor_itself_is_allowed(tmp_path: Path) -> None:
    text = "".join(f"[looks.{p.look.value}]\nevery_seconds = {p.floor_seconds}\n" for p in PLANS)

    plans = load(tmp_path, f'[network]\nproxy = "http://192.0.2.8:3128"\n{text}').plans()

    assert {look: plan.every_seconds for look, plan in plans.items()} == {
        plan.look: plan.floor_seconds for plan in PLANS if not plan.opt_in
    }


def test_a_list_is_replaced_as_a_whole_an_empty_one_switches_off_an_absent_one_is_the_default(
    tmp_path: Path,
) -> None:
    targets = load(
        tmp_path,
        """
        [targets]
        port_controls = []
        [[targets.feeds]]
        name = "mine"
        host = "127.0.0.1"
        path = "/feed"
        port = 8443
        [targets.courier]
        port = 15223
        [dns]
        also_ask = ["192.0.2.53#5353"]
        """,
    ).targets()

    assert targets.port_controls == ()
    assert targets.feeds == (Feed(name="mine", host="127.0.0.1", path="/feed", port=8443),)
    assert targets.courier == Courier(port=15223)
    assert targets.also_ask == ("192.0.2.53#5353",)
    assert targets.time_servers == Targets().time_servers


@pytest.mark.parametrize(
    ("text", "expected"),
    {
        "commas": ("a.example, b.example", ("a.example", "b.example")),
        "JSON": ('["a.example"]', ("a.example",)),
        "nothing is the empty list": ("", ()),
    }.values(),
    ids=["commas", "JSON", "nothing is the empty list"],
)
def test_lists_in_variables(text: str, expected: tuple[str, ...]) -> None:
    environ = {"ISITME_WEB__ALLOWED_HOSTS": text}

    assert Settings.load(None, environ, usual_places=()).web.allowed_hosts == expected


def test_tables_in_variables() -> None:
    environ = {
        "ISITME_TARGETS__TIME_SERVERS": '[{"name": "x", "operator": "x", "host": "192.0.2.1"}]',
        "ISITME_TARGETS__COURIER__FALLBACK_PORT": "1443",
    }

    settings = Settings.load(None, environ, usual_places=())

    assert [server.host for server in settings.targets().time_servers] == ["192.0.2.1"]
    assert settings.targets().courier.fallback_port == 1443
    assert settings.where("targets.time_servers[0].host") == "ISITME_TARGETS__TIME_SERVERS"


def test_kubernetes_service_links_are_not_ours() -> None:
    environ = {
        "ISITME_SERVICE_HOST": "10.0.0.1",
        "ISITME_SERVICE_PORT_HTTP": "10054",
        "ISITME_PORT": "tcp://10.0.0.1:10054",
        "ISITME_PORT_10054_TCP_ADDR": "10.0.0.1",
        "ISITME_REQUIRE_ALL": "1",
    }

    assert Settings.load(None, environ, usual_places=()) == Settings()


def test_a_secret_comes_from_its_file_and_is_never_shown(tmp_path: Path) -> None:
    (tmp_path / "proxy").write_text("http://me:hush@proxy.example:3128\n")

    settings = load(tmp_path, '[network]\nproxy_file = "proxy"\n')

    assert settings.network.proxy == "http://me:hush@proxy.example:3128"
    assert settings.where("network.proxy") == str(tmp_path / "proxy")
    assert "hush" not in repr(settings)


def test_files_named_in_a_file_start_from_where_it_lies(tmp_path: Path) -> None:
    (tmp_path / "lab.pem").write_text("-----BEGIN CERTIFICATE-----\n")

    settings = load(tmp_path, '[trust]\napple_roots = "lab.pem"\n')

    assert settings.trust.apple_roots == str(tmp_path / "lab.pem")


LISTEN = {
    "127.0.0.1:10054": (Listen("127.0.0.1", 10054), False),
    "[::1]:80": (Listen("::1", 80), False),
    "localhost:0": (Listen("localhost", 0), False),
    "lan": (Listen("", 10054), True),
    "lan:8080": (Listen("", 8080), True),
    "0.0.0.0:10054": (Listen("0.0.0.0", 10054), True),
    "192.168.1.5:80": (Listen("192.168.1.5", 80), True),
}


@pytest.mark.parametrize(("text", "expected"), LISTEN.items(), ids=LISTEN.keys())
def test_listen_is_read(text: str, expected: tuple[Listen, bool]) -> None:
    listen = read_listen(text)

    assert (listen, listen.open_to_network) == expected


def test_no_other_app_is_asked_unless_somebody_chose_it(tmp_path: Path) -> None:
    file = tmp_path / "isitme.toml"
    file.write_text('[messengers]\nask = ["Telegram", "WhatsApp"]\n')

    assert Settings.load(None, {}, usual_places=()).targets().messengers == ()
    assert [one.name for one in Settings.load(file, {}).targets().messengers] == [
        "WhatsApp",
        "Telegram",
    ]


def test_signal_is_asked_only_with_its_own_roots(tmp_path: Path) -> None:
    file = tmp_path / "isitme.toml"
    file.write_text('[messengers]\nask = ["Signal"]\n')

    with pytest.raises(SettingsError, match=r"messengers\.ask: wanted trust\.signal_roots"):
        Settings.load(file, {})


def test_the_other_sites_are_asked_where_somebody_says_so(tmp_path: Path) -> None:
    file = tmp_path / "isitme.toml"
    file.write_text(
        'site = "berlin"\n[vantage]\nprometheus = "https://metrics.example.net/prometheus"\n'
        'provider = "cable-one"\ntoken_file = "token"\n'
    )
    (tmp_path / "token").write_text("s3cret\n")
    settings = Settings.load(file, {})

    assert Settings.load(None, {}, usual_places=()).targets().vantage is None
    assert settings.targets().vantage == Vantage(
        host="metrics.example.net",
        port=443,
        prefix="/prometheus",
        tls=True,
        site="berlin",
        provider="cable-one",
        token="s3cret",
    )
    assert "s3cret" not in str(settings.shown()) + repr(settings) + repr(settings.targets())
