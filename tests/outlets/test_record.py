"""What a recording hides, and what it keeps to the byte."""

from __future__ import annotations

import base64

import pytest

from probe.record import Recorder

HIDDEN = {b"192.168.1.1": b"[router-1]", b"2001:db8::9": b"[own-address-1]", b"pi": b"[own-name-1]"}
SAID = {
    b"http://192.168.1.1/login": b"http://[router-1]/login",
    b"host=PI&from=pi.lan": b"host=[own-name-1]&from=[own-name-1].lan",
    b"https://api.push.apple.com": b"https://api.push.apple.com",
    b"192.168.1.17 and 17.192.168.1.1": b"192.168.1.17 and 17.[router-1]",
    b"[2001:DB8::9]:443": b"[[own-address-1]]:443",
    b"\x00\xffpi\x00": b"\x00\xff[own-name-1]\x00",
}


@pytest.mark.parametrize("data", SAID)
def test_what_is_hidden_stands_alone(data: bytes) -> None:
    recorder = Recorder(hidden=HIDDEN)

    recorder.tap("http", "192.168.1.1", data)

    (answer,) = recorder.answers
    assert base64.b64decode(str(answer["base64"])) == SAID[data]
    assert answer["from"] == "[router-1]"
    assert answer["bytes"] == len(data)
