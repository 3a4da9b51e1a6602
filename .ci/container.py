"""The built image as an engine would run it: its own user, a read-only root, no capability.

Called as root: image.json (what `buildah inspect` says), the image's root folder, a scratch folder.
Runs itself again in a network of its own, which plays the machine that the engine runs on.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOM = f"isitme-{os.getpid()}"  # the container's network namespace
ENGINE, INSIDE = "172.31.7.1", "172.31.7.2"
STATE = "/var/lib/isitme"
STARTS_WITHIN, ENDS_WITHIN = 30.0, 8.0


@dataclass(frozen=True, slots=True)
class Image:
    settings: dict[str, Any]  # the image's own: User, Env, Entrypoint, Cmd, Healthcheck
    root: Path
    state: Path  # the volume, on this machine

    def mount(self) -> None:
        """Read-only, with the volume in it, as an engine with --read-only does it."""
        uid, gid = map(int, self.settings["User"].split(":"))
        self.state.mkdir()
        os.chown(self.state, uid, gid)  # as an engine does with a new volume
        for command in (
            f"mount --bind {self.root} {self.root}",
            f"mount -o remount,bind,ro {self.root}",
            f"mount --rbind /dev {self.root}/dev",
            f"mount --bind {self.state} {self.root}{STATE}",
        ):
            subprocess.run(command.split(), check=True)

    def run(self, *words: str, network: str = ROOM) -> subprocess.Popen[bytes]:
        """Start a program as process 1 of a container, with its user and no way to more rights."""
        uid, gid = self.settings["User"].split(":")
        apart = (
            f"nsenter --net=/run/netns/{network} setpriv --no-new-privs"
            if network
            else "unshare --net setpriv --no-new-privs"
        )
        apart += (
            f" unshare --fork --kill-child --pid --ipc --uts --mount-proc"
            f" --root={self.root} --wd=/ --setgid={gid} --setuid={uid}"
        )
        return subprocess.Popen(
            [*apart.split(), *words],
            env=dict(each.split("=", 1) for each in self.settings["Env"]),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def said(self, *words: str, network: str = ROOM) -> tuple[int, str]:
        """Exit code and output of a program that ends by itself."""
        process = self.run(*words, network=network)
        out, _ = process.communicate(timeout=60)
        return process.returncode, out.decode()


def main(image_file: str, root: str, scratch: str) -> None:
    settings = json.loads(Path(image_file).read_text())["Docker"]["config"]
    image = Image(settings, Path(root), Path(scratch) / "state")
    looks_right(settings)
    size = int(subprocess.run(["du", "-sm", f"{root}/opt/isitme"], capture_output=True, text=True,
                              check=True).stdout.split()[0])  # fmt: skip
    print(f"isitme and all it needs: {size} MB on top of the base")
    subprocess.run(["ip", "netns", "add", ROOM], check=True)
    try:
        wire_up()
        image.mount()
        without_a_network(image)
        without_a_right(image)
        on_a_network_of_its_own(image)
    finally:
        subprocess.run(["ip", "netns", "delete", ROOM], check=True)


def wire_up() -> None:
    """A network as Docker's: the engine is the next hop, and knows no way on."""
    for command in (
        f"ip link add {ROOM[-12:]} type veth peer name eth0 netns {ROOM}",
        f"ip addr add {ENGINE}/24 dev {ROOM[-12:]}",
        f"ip link set {ROOM[-12:]} up",
        f"ip -n {ROOM} link set lo up",
        f"ip -n {ROOM} addr add {INSIDE}/24 dev eth0",
        f"ip -n {ROOM} link set eth0 up",
        f"ip -n {ROOM} route add default via {ENGINE}",
        "sysctl -qw net.ipv4.ip_forward=1",
    ):
        subprocess.run(command.split(), check=True)


def looks_right(settings: dict[str, Any]) -> None:
    assert settings["User"] not in ("", "0", "root"), settings["User"]
    assert settings["Healthcheck"]["Test"][0] == "CMD", "a check that needs no shell"
    assert list(settings["ExposedPorts"]) == ["10054/tcp"]
    assert list(settings["Volumes"]) == [STATE]


def without_a_network(image: Image) -> None:
    """--network none: what the image says of itself, and the answer about this host."""
    code, said = image.said("isitme", "--version", network="")
    assert code == 0, said
    print(said.strip())
    code, said = image.said(*image.settings["Entrypoint"], "check", "--json", network="")
    verdict = json.loads(said)["verdict"]
    print(f"without a network: {verdict['headline']} (exit code {code})")
    assert (code, verdict["blame"], verdict["code"]) == (10, "me", "local_link"), verdict
    # The service that is not there is not alive.
    assert image.said(*image.settings["Healthcheck"]["Test"][1:], network="")[0] == 1


RIGHTS = f"""
import os
print(os.getuid(), os.getgid(), open("/proc/self/status").read().split("CapEff:")[1].split()[0])
for place in ("/", "/tmp", "/opt/isitme", "{STATE}"):
    try:
        open(os.path.join(place, "written"), "w").close()
        print(place, "written")
    except OSError as error:
        print(place, error.strerror)
"""


def without_a_right(image: Image) -> None:
    code, said = image.said("/opt/isitme/bin/python", "-c", RIGHTS)
    print(said.strip())
    assert code == 0, said
    assert said.split()[:3] == ["10054", "10054", "0" * 16], said
    written = [line.split()[0] for line in said.splitlines() if line.endswith("written")]
    assert written == [STATE], said


def on_a_network_of_its_own(image: Image) -> None:
    """The service behind its engine, on a machine that has lost its own way out."""
    service = image.run(*image.settings["Entrypoint"], *image.settings["Cmd"])
    url = f"http://{INSIDE}:10054"  # from the engine's side: it listens on all its addresses
    status = answer(url)
    verdict = status["verdict"]
    notes = [note["code"] for note in status["notes"]]
    print(f"behind its engine: {verdict['headline']} {verdict['could_not_check']}")
    # The machine's own "no way" must not pass for a word of the provider's.
    assert (verdict["blame"], verdict["cause"]) == ("unknown", "gateway_or_upstream"), verdict
    assert notes == ["container_network"], notes
    assert any("--network host" in said for said in verdict["could_not_check"]), verdict
    assert image.said(*image.settings["Healthcheck"]["Test"][1:])[0] == 0
    assert (image.state / "history.db").is_file()
    began = time.monotonic()
    children = Path(f"/proc/{service.pid}/task/{service.pid}/children").read_text().split()
    os.kill(int(children[0]), signal.SIGTERM)  # to process 1 of the container, as an engine does
    said, _ = service.communicate(timeout=ENDS_WITHIN)
    print(f"ended {time.monotonic() - began:.1f} s after SIGTERM, with {service.returncode}")
    assert service.returncode == 0, said.decode()
    assert b"Traceback" not in said, said.decode()


def answer(url: str) -> dict[str, Any]:
    """The first verdict that is no state of starting up."""
    until = time.monotonic() + STARTS_WITHIN
    said: dict[str, Any] = {}
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(f"{url}/status", timeout=5) as page:
                said = json.load(page)
        except OSError:
            said = {}
        if said and said["verdict"]["cause"] != "starting_up":
            return said
        time.sleep(0.5)
    raise AssertionError(f"no answer within {STARTS_WITHIN:g} s: {said}")


if __name__ == "__main__":
    if sys.argv[-1] == "--inside":
        main(*sys.argv[1:4])
    else:  # networks of its own, so that nothing of this machine's is touched
        again = ["unshare", "--net", "--mount", sys.executable, __file__, *sys.argv[1:], "--inside"]
        sys.exit(subprocess.run(again, check=False).returncode)
