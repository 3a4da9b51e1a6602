"""What differs between two readings of the settings, and what of it only a restart takes."""

from __future__ import annotations

from pathlib import Path

from probe.settings import Settings
from probe.settings.reload import NEEDS_RESTART, changed, leaves, values, waits_for_restart


def settings(tmp_path: Path, text: str) -> Settings:
    file = tmp_path / "isitme.toml"
    file.write_text(text, encoding="utf-8")
    return Settings.load(file, {})


def test_what_needs_a_restart_is_a_setting_that_exists() -> None:
    known = {key for key, _ in leaves(values(Settings()))}

    assert set(NEEDS_RESTART) <= known


def test_the_keys_that_differ_are_named_and_no_others(tmp_path: Path) -> None:
    before = settings(tmp_path, 'site = "a"\n[looks.ntp]\nevery_seconds = 2000.0\n')
    after = settings(
        tmp_path,
        'site = "b"\n[web]\nallowed_hosts = ["mini.example"]\n[looks.quic]\nenabled = false\n',
    )

    assert changed(before, after) == (
        "site",
        "web.allowed_hosts",
        "looks.ntp.every_seconds",
        "looks.quic.enabled",
    )
    assert changed(after, after) == ()


def test_a_list_of_hosts_differs_as_a_whole_and_a_secret_by_its_key_alone(tmp_path: Path) -> None:
    before = Settings()
    after = settings(
        tmp_path,
        '[notify]\nwebhook = "https://example.net/secret"\n[[targets.time_servers]]\n'
        'name = "here"\nhost = "192.0.2.1"\noperator = "here"\n',
    )

    assert changed(before, after) == ("notify.webhook", "targets.time_servers")


def test_what_waits_is_measured_against_the_start_not_against_the_last_reading(
    tmp_path: Path,
) -> None:
    started = Settings()
    first = settings(tmp_path, '[web]\nlisten = "127.0.0.1:8080"\n')
    second = settings(tmp_path, 'site = "b"\n[web]\nlisten = "127.0.0.1:8080"\n')

    assert list(waits_for_restart(started, first)) == ["web.listen"]
    assert "web.listen" not in changed(first, second)
    assert list(waits_for_restart(started, second)) == ["web.listen"]
    assert waits_for_restart(started, Settings()) == {}
