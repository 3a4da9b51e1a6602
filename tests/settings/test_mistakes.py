"""Every mistake is named: where it is, what was wanted, what was found."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from probe.settings import Settings, SettingsError

FLOOR = "which protects those who are asked and this line"

# name -> (the file, the one line that is said, FILE standing for the file's path)
IN_A_FILE = {
    "an unknown key": (
        "[looks.ntp]\nevery_second = 64\n",
        "FILE: looks.ntp.every_second: wanted a setting that exists, found every_second; "
        "closest: every_seconds",
    ),
    "an unknown section": (
        "[trsut]\npublic_roots = 'x'\n",
        "FILE: trsut: wanted a setting that exists, found trsut; closest: trust",
    ),
    "an unknown section unlike any other": (
        "[zzz]\n",
        "FILE: zzz: wanted a setting that exists, found zzz",
    ),
    "an unknown look": (
        "[looks.pish_443]\nenabled = true\n",
        "FILE: looks.pish_443: wanted a setting that exists, found pish_443; closest: push_443",
    ),
    "an unknown key of a target": (
        '[[targets.feeds]]\nname = "x"\nhost = "h"\npath = "/"\nprot = 1\n',
        "FILE: targets.feeds[0].prot: wanted a setting that exists, found prot; closest: port",
    ),
    "a wrong type: text for a number": (
        '[looks.ntp]\nevery_seconds = "often"\n',
        "FILE: looks.ntp.every_seconds: wanted a number, found 'often'",
    ),
    "a wrong type: a number in quotes": (
        '[looks.ntp]\nevery_seconds = "128"\n',
        "FILE: looks.ntp.every_seconds: wanted a number, found '128'",
    ),
    "a wrong type: true for a number": (
        "[looks.ntp]\nevery_seconds = true\n",
        "FILE: looks.ntp.every_seconds: wanted a number, found true",
    ),
    "a wrong type: text for true or false": (
        '[looks.ntp]\nenabled = "yes"\n',
        "FILE: looks.ntp.enabled: wanted true or false, found 'yes'",
    ),
    "a wrong type: a number for text": (
        "site = 5\n",
        "FILE: site: wanted text in quotes, found 5",
    ),
    "a wrong type: a number for a table": ("web = 5\n", "FILE: web: wanted a table, found 5"),
    "a wrong type: text for a list": (
        '[web]\nallowed_hosts = "a"\n',
        "FILE: web.allowed_hosts: wanted a list, found 'a'",
    ),
    "a wrong type: text for a list of tables": (
        '[targets]\nfeeds = ["x"]\n',
        "FILE: targets.feeds[0]: wanted a table, found 'x'",
    ),
    "a value that is missing": (
        '[[targets.feeds]]\nname = "x"\nhost = "h"\n',
        "FILE: targets.feeds[0].path: wanted a value, found nothing",
    ),
    "a word that is not one of the words": (
        '[log]\nlevel = "loud"\n',
        "FILE: log.level: wanted one of 'debug', 'info', 'warning' or 'error', found 'loud'",
    ),
    "below the floor": (
        "[looks.ntp]\nevery_seconds = 63.9\n",
        f"FILE: looks.ntp.every_seconds: wanted 64 or more (the floor of ntp, {FLOOR}), found 63.9",
    ),
    "slower than slow": (
        "[looks.ntp]\nevery_seconds = 1e300\n",
        "FILE: looks.ntp.every_seconds: wanted 86400 or less (or enabled = false), found 1e+300",
    ),
    "not a number": (
        "[looks.ntp]\nevery_seconds = nan\n",
        "FILE: looks.ntp.every_seconds: wanted a finite number, found nan",
    ),
    "a bad address to listen on": (
        '[web]\nlisten = "300.1.1.1:80"\n',
        'FILE: web.listen: wanted HOST:PORT such as "127.0.0.1:10054", or "lan", '
        "found '300.1.1.1:80'",
    ),
    "a port out of range": (
        '[web]\nlisten = "127.0.0.1:65536"\n',
        'FILE: web.listen: wanted HOST:PORT such as "127.0.0.1:10054", or "lan", '
        "found '127.0.0.1:65536'",
    ),
    "a bad resolver": (
        '[dns]\nalso_ask = ["192.168.1.1", "192.168.1"]\n',
        'FILE: dns.also_ask[1]: wanted an address such as "192.168.1.1" or "192.0.2.1#5353", '
        "found '192.168.1'",
    ),
    "a resolver set in the wrong place": (
        '[targets]\nalso_ask = ["192.168.1.1"]\n',
        "FILE: targets.also_ask: wanted it as dns.also_ask, found ['192.168.1.1']",
    ),
    "a bad source": (
        '[network]\nsource = "eth0"\n',
        "FILE: network.source: wanted an IP address, found 'eth0'",
    ),
    "a bad proxy is not shown: it may hold a password": (
        '[network]\nproxy = "me:hush@proxy"\n',
        "FILE: network.proxy: wanted http://[user:password@]host:port, "
        "found a value that is not shown",
    ),
    "a name where an address must be": (
        '[[targets.references_by_address]]\nname = "x"\noperator = "x"\nhost = "one.example"\n',
        "FILE: targets.references_by_address[0].host: wanted an IP address, found 'one.example'",
    ),
    "a URL where a host must be": (
        '[[targets.time_servers]]\nname = "x"\noperator = "x"\nhost = "http://x/"\n',
        "FILE: targets.time_servers[0].host: wanted a host name or an IP address, "
        "found 'http://x/'",
    ),
    "a target's port out of range": (
        "[targets.courier]\nport = 70000\n",
        "FILE: targets.courier.port: wanted a port from 1 to 65535, found 70000",
    ),
    "a network that is none": (
        '[targets]\napple_networks = ["17.0.0.1/8"]\n',
        'FILE: targets.apple_networks[0]: wanted a network such as "17.0.0.0/8", '
        "found '17.0.0.1/8'",
    ),
    "one name twice": (
        '[[targets.time_servers]]\nname = "x"\noperator = "x"\nhost = "192.0.2.1"\n'
        '[[targets.time_servers]]\nname = "x"\noperator = "y"\nhost = "192.0.2.2"\n',
        "FILE: targets.time_servers[1].name: wanted a name used once in this list, found 'x'",
    ),
    "a name that could command a terminal": (
        'site = "a\\u001b[31m"\n',
        "FILE: site: wanted 1 to 64 printable characters, found 'a\\x1b[31m'",
    ),
    "TOML that is none": (
        "site = 'a'\nweb = [\n",
        r"FILE: wanted TOML, found .* \(at .*\)",
    ),
    "TOML with the line and column": (
        "site = 'a'\n[web\nlisten = 1\n",
        r"FILE: wanted TOML, found .* \(at line 2, column 5\)",
    ),
    "a key twice": (
        "site = 'a'\nsite = 'b'\n",
        r"FILE: wanted TOML, found .* \(at line 2, column 11\)",
    ),
}


def told(file: Path | None, environ: dict[str, str] | None = None) -> str:
    with pytest.raises(SettingsError) as caught:
        Settings.load(file, environ or {}, usual_places=())
    return str(caught.value)


@pytest.mark.parametrize(("text", "expected"), IN_A_FILE.values(), ids=IN_A_FILE.keys())
def test_a_mistake_in_a_file(tmp_path: Path, text: str, expected: str) -> None:
    file = tmp_path / "isitme.toml"
    file.write_text(text)

    said = told(file).replace(str(file), "FILE")

    assert said == expected or (r"\(" in expected and re.fullmatch(expected, said))


IN_A_VARIABLE = {
    "a mistyped name": (
        {"ISITME_WEB__LISTN": "x"},
        "ISITME_WEB__LISTN: wanted the name of a setting, such as ISITME_WEB__LISTEN, "
        "found a name that no setting has",
    ),
    "a mistyped section": (
        {"ISITME_DSN__ALSO_ASK": "192.0.2.1"},
        "ISITME_DSN__ALSO_ASK: wanted the name of a setting, such as ISITME_DNS__ALSO_ASK, "
        "found a name that no setting has",
    ),
    "one underscore too few": (
        {"ISITME_WEB_LISTEN": "x"},
        "ISITME_WEB_LISTEN: wanted the name of a setting, such as ISITME_WEB__LISTEN, "
        "found a name that no setting has",
    ),
    "small letters": (
        {"isitme_site": "x"},
        "isitme_site: wanted the name of a setting, such as ISITME_SITE, "
        "found a name that no setting has",
    ),
    "a wrong type": (
        {"ISITME_LOOKS__NTP__EVERY_SECONDS": "often"},
        "ISITME_LOOKS__NTP__EVERY_SECONDS: wanted a number, found 'often'",
    ),
    "neither true nor false": (
        {"ISITME_LOOKS__NTP__ENABLED": "perhaps"},
        "ISITME_LOOKS__NTP__ENABLED: wanted true or false, found 'perhaps'",
    ),
    "below the floor": (
        {"ISITME_LOOKS__NTP__EVERY_SECONDS": "1"},
        "ISITME_LOOKS__NTP__EVERY_SECONDS: "
        f"wanted 64 or more (the floor of ntp, {FLOOR}), found 1.0",
    ),
    "a place inside a list": (
        {"ISITME_WEB__ALLOWED_HOSTS": "fine.example,not fine"},
        "ISITME_WEB__ALLOWED_HOSTS: [1]: wanted a host name, or \"*\", found 'not fine'",
    ),
    "a place inside a list of tables": (
        {"ISITME_TARGETS__FEEDS": '[{"name": "x", "host": "h"}]'},
        "ISITME_TARGETS__FEEDS: [0].path: wanted a value, found nothing",
    ),
}


@pytest.mark.parametrize(("environ", "expected"), IN_A_VARIABLE.values(), ids=IN_A_VARIABLE.keys())
def test_a_mistake_in_a_variable(environ: dict[str, str], expected: str) -> None:
    assert told(None, environ) == expected


def test_all_mistakes_at_once_one_line_each(tmp_path: Path) -> None:
    file = tmp_path / "isitme.toml"
    file.write_text(
        '[web]\nlisten = "x"\n[looks.ntp]\nevery_seconds = 1\n'
        "[targets.courier]\nport = 0\nfallback_port = 0\n[zzz]\n"
    )

    lines = told(file, {"ISITME_SIET": "x", "ISITME_LOG__LEVEL": "loud"}).splitlines()

    assert sorted(line.split(": ")[1] for line in lines if line.startswith(str(file))) == [
        "looks.ntp.every_seconds",
        "targets.courier.fallback_port",
        "targets.courier.port",
        "web.listen",
        "zzz",
    ]
    assert sorted(line.split(":")[0] for line in lines if line.startswith("ISITME_")) == [
        "ISITME_LOG__LEVEL",
        "ISITME_SIET",
    ]
    assert len(lines) == 7


def test_a_file_that_is_asked_for_must_be_there(tmp_path: Path) -> None:
    missing = tmp_path / "nowhere.toml"

    assert told(missing) == f"{missing}: wanted a settings file, found no such file"
    assert told(None, {"ISITME_CONFIG": str(missing)}) == told(missing)


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    assert told(tmp_path) == (
        f"{tmp_path}: wanted a settings file, found something that is not a file"
    )


def test_a_file_in_another_encoding(tmp_path: Path) -> None:
    file = tmp_path / "isitme.toml"
    file.write_bytes(b'site = "Z\xfcrich"\n')

    assert told(file) == f"{file}: wanted text in UTF-8, found the byte 0xfc"


def test_roots_that_cannot_be_read(tmp_path: Path) -> None:
    file = tmp_path / "isitme.toml"
    (tmp_path / "empty.pem").write_text("nothing here")
    file.write_text('[trust]\npublic_roots = "none.pem"\napple_roots = "empty.pem"\n')

    wanted = "wanted a readable file of PEM certificates"
    assert told(file).splitlines() == [
        f"{file}: trust.public_roots: {wanted}, found {tmp_path}/none.pem: "
        "No such file or directory",
        f"{file}: trust.apple_roots: {wanted}, found none in {tmp_path}/empty.pem",
    ]


SECRETS = {
    "no such file": (
        None,
        "a file this user may read, found SECRET: No such file or directory",
    ),
    "an empty file": (b"\n", "a file with the secret, found SECRET: an empty file"),
    "a film": (
        b"x" * 70_000,
        "a file with the secret, found SECRET: a file of more than 65536 bytes",
    ),
    "no text": (
        b"\xff\xfe",
        "a file with the secret, found SECRET: a file that is not text in UTF-8",
    ),
}


@pytest.mark.parametrize(("content", "expected"), SECRETS.values(), ids=SECRETS.keys())
def test_a_secret_that_cannot_be_read(tmp_path: Path, content: bytes | None, expected: str) -> None:
    secret = tmp_path / "secret"
    if content is not None:
        secret.write_bytes(content)

    said = told(None, {"ISITME_NETWORK__PROXY_FILE": str(secret)})

    assert said == f"ISITME_NETWORK__PROXY_FILE: wanted {expected.replace('SECRET', str(secret))}"


def test_a_secret_that_is_wrong_is_not_shown(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hush")

    said = told(None, {"ISITME_NETWORK__PROXY_FILE": str(secret)})

    assert said == (
        f"{secret}: network.proxy: wanted http://[user:password@]host:port, "
        "found a value that is not shown"
    )


def test_a_secret_twice(tmp_path: Path) -> None:
    environ = {
        "ISITME_NETWORK__PROXY_FILE": str(tmp_path),
        "ISITME_NETWORK__PROXY": "http://p:1",
    }

    assert told(None, environ) == (
        "ISITME_NETWORK__PROXY_FILE: wanted either proxy or proxy_file, found both"
    )
