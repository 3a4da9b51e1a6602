"""Networks that want to be asked through a proxy, and proxies that are dead."""

from __future__ import annotations

from pathlib import Path

from tests.lab import internet
from tests.lab.daemon import Daemon
from tests.lab.scenario import SILENT, Expect, Fault, Scenario, Symptom
from tests.lab.world import World

PORT = 3128
PROXY = f"http://{internet.GATEWAY_V4}:{PORT}"
CONFIGURED = f'[network]\nproxy = "{PROXY}"\n'
DEAD_PROXY = f"http://{internet.GATEWAY_V4}:9"  # nobody listens there


def squid(world: World) -> None:
    """squid on the router, for the home, with nothing kept."""
    configuration = world.out / "squid.conf"
    # It gives up root, and may then write into nothing of the lab's.
    configuration.write_text(
        f"http_port {world.at_home(f'{internet.GATEWAY_V4}:{PORT}')}\n"
        f"acl home src {internet.LAN_V4} {internet.LAN_V6}\n"
        "http_access allow home\nhttp_access deny all\n"
        f"dns_nameservers {internet.ISP_DNS_V4}\n"
        "pid_filename none\ncache_log /dev/null\naccess_log none\ncoredump_dir /\n"
        "cache deny all\ncache_mem 1 MB\nshutdown_lifetime 0 seconds\n"
        "cache_effective_user proxy\npinger_enable off\n"
    )
    world.net.stop("squid")
    # Its shared memory has one name on the whole machine; in this world it is the world's own.
    world.net.run(None, "mount", "-t", "tmpfs", "lab", "/dev/shm")
    world.net.spawn(
        "gw",
        "squid",
        *("squid", "-N", "-d", "1", "-f", str(configuration)),
        ready=world.net.listening("gw", "tcp", world.at_home(f"{internet.GATEWAY_V4}:{PORT}")),
    )


def only_by_proxy(world: World) -> None:
    """Nothing of the home's is forwarded; the router itself, and squid on it, get out."""
    world.filter("gw", "iifname lan0 drop")
    world.forget_connections()


def direct_again(world: World) -> None:
    world.unfilter("gw")


def no_way_at_all(world: World) -> None:
    world.net.stop("squid")
    only_by_proxy(world)


def all_again(world: World) -> None:
    squid(world)
    direct_again(world)


# In a place of the world's own.
VARIABLES = Path("/etc/netns/proxy-variables")


def name_a_dead_proxy(world: World) -> None:
    """Every program that is started from now on is told to use it."""
    VARIABLES.write_text(f"export https_proxy={world.at_home(DEAD_PROXY)}\n")


def name_no_proxy(world: World) -> None:
    VARIABLES.write_text("")


def start_anew(world: World, daemon: Daemon) -> None:
    """As a shell or a unit file with these variables would start it."""
    daemon.stop()
    text = VARIABLES.read_text()
    dead = world.at_home(DEAD_PROXY)
    daemon.environment = {"HTTPS_PROXY": dead, "https_proxy": dead} if text else {}
    daemon.start()


DIRECT = f"curl -sS -m 3 -k -o /dev/null https://{internet.QUAD9.v4}/; echo direct=$?"
BY_PROXY = (
    f"curl -sS -m 4 -k -o /dev/null -x {PROXY} https://{internet.GOOGLE.names[0]}/; echo proxy=$?"
)

SCENARIOS: tuple[Scenario, ...] = (
    Scenario(
        name="proxy-required",
        row="59",
        prepare=squid,
        configuration=CONFIGURED,
        fault=Fault(
            inject=only_by_proxy,
            heal=direct_again,
            symptom=Symptom(
                command=f"{DIRECT}; {BY_PROXY}",
                healthy=r"direct=0\s+proxy=0",
                broken=r"direct=28\s+proxy=0",
            ),
        ),
        expect=Expect(blame="me", code="proxy", causes=("proxy_required",)),
        trap=("isp_internet", "apple_suspected", "dns"),
        within_seconds=SILENT,
    ),
    Scenario(
        name="proxy-broken",
        row="61",
        prepare=squid,
        configuration=CONFIGURED,
        fault=Fault(
            inject=no_way_at_all,
            heal=all_again,
            symptom=Symptom(
                command=f"{DIRECT}; {BY_PROXY}",
                healthy=r"direct=0\s+proxy=0",
                broken=r"direct=28\s+proxy=7",
            ),
        ),
        expect=Expect(blame="me", code="proxy", causes=("proxy_broken",)),
        trap=("isp_internet", "apple_suspected", "dns"),
        within_seconds=SILENT,
    ),
    Scenario(
        name="proxy-of-the-environment-dead",
        row="60",
        prepare=name_no_proxy,
        fault=Fault(
            inject=name_a_dead_proxy,
            heal=name_no_proxy,
            symptom=Symptom(
                command=f". {VARIABLES};"
                f" curl -sS -m 3 -k -o /dev/null https://{internet.QUAD9.v4}/",
                healthy="exit=0",
                broken="exit=7",
            ),
        ),
        to_program=start_anew,
        program_heals=start_anew,
        expect=Expect(blame="nobody", code="ok", notes=("proxy_env_ignored",)),
        trap=("apple_suspected", "isp_internet", "proxy"),
        within_seconds=20.0,
        why="The program starts anew with them. Everything that obeys the variables fails; the "
        "line is fine, and the note says why.",
    ),
    Scenario(
        name="configured-proxy-dead-direct-fine",
        row="60",
        prepare=squid,
        configuration=CONFIGURED,
        fault=Fault(
            inject=lambda world: world.net.stop("squid"),
            heal=squid,
            symptom=Symptom(
                command=f"{DIRECT}; {BY_PROXY}",
                healthy=r"direct=0\s+proxy=0",
                broken=r"direct=0\s+proxy=7",
            ),
        ),
        expect=Expect(blame="nobody", code="ok", notes=("proxy_not_working",)),
        trap=("proxy", "apple_suspected", "isp_internet"),
        within_seconds=75.0,
        why="It is asked once a minute, and nothing but the note depends on it.",
    ),
)
