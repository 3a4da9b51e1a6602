"""The file that locks the page's port: what it may say, and how a mistake in it is told."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest
import trustme

from probe.settings import Settings, SettingsError
from probe.settings.reload import waits_for_restart
from probe.settings.web_config import MOST_BYTES, read_web_config

HASH = "$2b$04$abcdefghijklmnopqrstuuE4eAKF2.KwpJLhZNd1kTMqXDsHaYSZa"


def written(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "web.yml"
    file.write_text(text, encoding="utf-8")
    authority = trustme.CA()
    made = authority.issue_cert("localhost")
    made.cert_chain_pems[0].write_to_path(tmp_path / "cert.pem")
    made.private_key_pem.write_to_path(tmp_path / "key.pem")
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    return file


TLS = "tls_server_config:\n  cert_file: cert.pem\n  key_file: key.pem\n"


def test_paths_start_from_the_file_and_all_that_is_said_is_taken(tmp_path: Path) -> None:
    more = (
        "  client_ca_file: ca.pem\n  client_auth_type: RequireAndVerifyClientCert\n"
        f"  min_version: TLS13\nbasic_auth_users:\n  alice: {HASH}\n"
    )

    lock = read_web_config(written(tmp_path, TLS + more))

    assert lock.users == {"alice": HASH}
    assert lock.tls is not None
    assert lock.tls.verify_mode is ssl.CERT_REQUIRED
    assert lock.tls.minimum_version is ssl.TLSVersion.TLSv1_3


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "http_server_config:\n  http2: true\n"])
def test_a_file_that_says_nothing_locks_nothing(tmp_path: Path, text: str) -> None:
    lock = read_web_config(written(tmp_path, text))

    assert (lock.tls, lock.users) == (None, {})


MISTAKES = {
    "tls_server_config:\n  cert_file: cert.pem\n": "key_file: wanted a value, found nothing",
    TLS.replace("cert.pem", "none.pem"): "tls_server_config.cert_file: wanted a PEM certificate",
    TLS.replace("key.pem", "ca.pem"): "tls_server_config.cert_file: wanted a PEM certificate",
    TLS + "  client_ca_file: key.pem\n": "client_ca_file: wanted a file of PEM certificates",
    TLS + "  min_version: TLS10\n": "min_version: wanted one of 'TLS12' or 'TLS13', found 'TLS10'",
    TLS + "  cipher_suites: []\n": "wanted a setting that exists, found cipher_suites",
    "basic_auth_users:\n  alice: secret\n": "wanted a bcrypt hash of cost 4 to 14",
    f"basic_auth_users:\n  alice: {HASH.replace('$04$', '$31$')}\n": "wanted a bcrypt hash",
    "basic_auth_user:\n  a: b\n": "found basic_auth_user; closest: basic_auth_users",
    "- a\n- b\n": "wanted a table",
    "a: [\n": "wanted YAML",
    "a: 1\na: 2\n": "wanted YAML",
    "a: !!python/object/apply:os.system [true]\n": "wanted YAML",
    "#" * (MOST_BYTES + 1): "wanted YAML, found more than 65536 bytes",
}


@pytest.mark.parametrize(("text", "said"), MISTAKES.items(), ids=range(len(MISTAKES)))
def test_a_mistake_names_the_file_the_key_and_what_was_wanted(
    tmp_path: Path, text: str, said: str
) -> None:
    file = written(tmp_path, text)

    with pytest.raises(SettingsError) as caught:
        read_web_config(file)

    assert str(caught.value).startswith(f"{file}: ")
    assert said in str(caught.value)
    assert "secret" not in str(caught.value).replace(str(file), "")


def test_the_settings_name_the_file_and_tell_its_mistakes_with_their_own(tmp_path: Path) -> None:
    written(tmp_path, TLS)
    (tmp_path / "isitme.toml").write_text('[web]\nconfig_file = "web.yml"\n', encoding="utf-8")

    assert Settings.load(tmp_path / "isitme.toml", {}).lock.tls is not None
    (tmp_path / "web.yml").unlink()
    with pytest.raises(SettingsError, match=r"web\.yml: wanted a file this user may read"):
        Settings.load(tmp_path / "isitme.toml", {})


def test_only_whether_the_port_speaks_tls_waits_for_a_restart(tmp_path: Path) -> None:
    file = written(tmp_path, f"basic_auth_users:\n  alice: {HASH}\n")
    environ = {"ISITME_WEB__CONFIG_FILE": str(file)}
    started = Settings.load(None, environ)

    file.write_text(f"basic_auth_users:\n  bob: {HASH}\n", encoding="utf-8")
    assert waits_for_restart(started, Settings.load(None, environ)) == {}
    file.write_text(TLS, encoding="utf-8")
    assert list(waits_for_restart(started, Settings.load(None, environ))) == ["web.config_file"]
