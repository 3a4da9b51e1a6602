"""What a recording hides, and what it keeps to the byte."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest

from probe.drill.machine import Link, StagedMachine
from probe.record import Recorder, what_to_hide
from probe.targets import Peer, Targets, WebProxy

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


def test_what_another_isitme_says_is_not_ours_to_give_away() -> None:
    recorder = Recorder(hidden=HIDDEN)

    recorder.tap("peer", "vps", b'{"site": "my other home"}')

    (answer,) = recorder.answers
    assert (answer["base64"], answer["bytes"]) == ("", 25)


def test_the_settings_secrets_are_hidden_too() -> None:
    proxy = WebProxy(host="proxy.corp.example", port=3128, user="ann-smith", password="hunter2!")
    targets = replace(Targets(), peers=(Peer(name="cellar", host="cellar.example.net"),))
    hidden = what_to_hide(StagedMachine(link=Link(), name_servers=(), ports={}), targets, proxy)
    recorder = Recorder(hidden=hidden)

    recorder.tap("http", "x", b"via proxy.corp.example for ANN-SMITH:hunter2! at cellar")

    said = base64.b64decode(str(recorder.answers[0]["base64"]))
    assert said == b"via [proxy-1] for [proxy-2]:[proxy-3] at [peer-2]"
    assert b"02:00:00:77:00:01" in hidden  # the router's hardware address
    assert recorder.left_over() == []


LEFT = {
    "glued to another word": b"xproxy.corp.exampley",
    "as part of an address": b"?from=ann%2Bsmith%40x",
    "as a header has it": b"Basic " + base64.b64encode(b"ann+smith@x"),
}


@pytest.mark.parametrize("form", LEFT)
def test_what_replacing_missed_is_found_by_another_search(form: str) -> None:
    recorder = Recorder(hidden={b"proxy.corp.example": b"[proxy-1]", b"ann+smith@x": b"[proxy-2]"})

    recorder.tap("http", "x", LEFT[form])

    (place,) = recorder.left_over()
    assert place.startswith("answers: http from x: [proxy-")
