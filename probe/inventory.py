"""What is looked at, how often, by whose word, and every outside host that is contacted for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from probe.looks import Plan
from probe.targets import Targets, WebProxy
from probe.words import Look


def inventory(
    plans: Mapping[Look, Plan],
    targets: Targets,
    where: Callable[[str], str],
    *,
    webhook: str = "",
    proxy: WebProxy | None = None,
) -> list[dict[str, Any]]:
    """One row per look, and one for the webhook, whose path may be a secret and is not shown.

    `where` names the source of a setting by its key.
    """
    rows: list[dict[str, Any]] = [
        {
            "look": plan.look.value,
            "why": plan.why,
            "every_seconds": plan.every_seconds,
            "set_in": where(f"looks.{plan.look.value}.every_seconds"),
            "floor_seconds": plan.floor_seconds,
            "timeout_seconds": plan.timeout_seconds,
            "on_demand": bool(plan.on_demand_seconds),
            "hosts": hosts_of(plan.look, targets, proxy),
        }
        for plan in plans.values()
    ]
    if webhook:
        parts = urlsplit(webhook)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        rows.append(
            {
                "look": "notify",
                "why": "Who is told when the answer turns.",
                "every_seconds": None,
                "set_in": where("notify.webhook"),
                "floor_seconds": None,
                "timeout_seconds": None,
                "on_demand": False,
                "hosts": [_host(parts.hostname or "", port, "the webhook that is set")],
            }
        )
    return rows


def hosts_of(look: Look, targets: Targets, proxy: WebProxy | None = None) -> list[dict[str, Any]]:
    """The outside hosts of one look, with port and reason. This machine's own are not listed."""
    courier, provider = targets.courier, targets.provider
    if look in {Look.REF_IP, Look.QUIC}:
        return [
            _host(address, r.port, r.why)
            for r in targets.references_by_address
            for address in (r.host, r.host_v6)
            if address
        ]
    if look is Look.DNS_ALT:
        return [
            _host(address, r.port, f"DNS over HTTPS: {', '.join(targets.apple_names)}")
            for r in targets.references_by_address
            for address in (r.host, r.host_v6)
            if r.doh and address
        ]
    if look is Look.REF_NAME:
        return [_host(r.host, r.port, r.why) for r in targets.references_by_name]
    if look is Look.CAPTIVE:
        return [_host(p.host, p.port, p.why) for p in targets.portal_pages]
    if look is Look.PROXY and proxy is not None:
        through = "through the proxy"
        return [
            _host(proxy.host, proxy.port, "the configured proxy"),
            *(_host(r.host, r.port, through) for r in targets.references_by_name),
            _host(courier.host_pattern, courier.fallback_port, through),
        ]
    if look is Look.NTP:
        return [_host(t.host, t.port, "tells the time") for t in targets.time_servers]
    if look in {Look.PUSH_5223, Look.PUSH_443, Look.PUSH_IDLE}:
        port = courier.fallback_port if look is Look.PUSH_443 else courier.port
        rows = [_host(courier.host_pattern, port, f"one of {courier.count} push couriers")]
        if look is Look.PUSH_5223 and courier.bag_host:
            rows.append(_host(courier.bag_host, 443, "how many couriers there are, once an hour"))
        return rows
    if look is Look.PUSH_HTTP and provider is not None:
        return [
            _host(provider.host, provider.port, "where senders hand in notifications"),
            _host(provider.host, provider.other_port, "the same, after a failure there"),
        ]
    if look is Look.PORT_CTL:
        return [_host(c.host, c.port, "another port than the web's") for c in targets.port_controls]
    if look is Look.MESSENGERS:
        return [_host(m.host, m.port, f"whether {m.name} works") for m in targets.messengers]
    if look is Look.APPLE_WEB:
        return [
            _host(h.host, h.port, ", ".join(h.needs) or "Apple's rented network")
            for h in targets.apple_hosts
        ]
    if look is Look.STATUS:
        return [_host(f.host, f.port, f"Apple's {f.name} status feed") for f in targets.feeds]
    if look is Look.DNS_EACH:
        names = (*targets.control_names, *targets.apple_names)
        return [_host("the configured resolvers", 53, f"asked for {', '.join(names)}")]
    if look is Look.DNS_APP:
        names = (*targets.apple_names[:1], *targets.control_names[:1])
        return [_host("the configured resolvers", 53, f"asked for {', '.join(names)}")]
    if look is Look.DNS_MANNERS:
        own = targets.apple_own_names[:1]
        names = (*targets.control_names[:1], *own, *targets.relay_names)
        nobody = "where no resolver is: an answer is somebody else's"
        return [
            _host("the configured resolvers", 53, f"asked for {', '.join(names)}, a random name"),
            _host("the router", 53, "which other devices here may ask"),
            *(_host(address, 53, nobody) for address in targets.no_resolvers),
        ]
    if look is Look.DNS_ALIVE:
        return [_host("the configured resolvers", 53, "those that are silent, about themselves")]
    if look is Look.DNS_CROSS:
        why = "whichever of Apple's names fail, once more"
        return [
            _host("the configured resolvers", 53, why),
            *(
                _host(address, r.port, f"DNS over HTTPS: {why}")
                for r in targets.references_by_address
                for address in (r.host, r.host_v6)
                if r.doh and address
            ),
            *(
                _host(h.host, h.port, "where others find it, once its address is silent")
                for h in targets.apple_hosts
            ),
        ]
    if look is Look.LINE:
        why = "opened and closed a few times, when the line seems to lose packets"
        return [
            _host(address, r.port, why)
            for r in targets.references_by_address
            for address in (r.host, r.host_v6)
            if address
        ]
    if look is Look.NEARBY:
        why = "whichever of Apple's hosts fail, once more and by a neutral name"
        hosts = dict.fromkeys((h.host, h.port) for h in targets.apple_hosts)
        ports = dict.fromkeys((courier.port, courier.fallback_port))
        return [
            *(_host(host, port, why) for host, port in hosts),
            *(_host(courier.host_pattern, port, why) for port in ports),
            *(_host(p.host, p.port, "whether it is the same from there") for p in targets.peers),
            *(
                _host(v.host, v.port, "whether it is the same at the other sites")
                for v in (targets.vantage,)
                if v is not None
            ),
        ]
    return []


def _host(host: str, port: int, why: str) -> dict[str, Any]:
    return {"host": host, "port": port, "why": why}


def inventory_text(rows: Sequence[Mapping[str, Any]]) -> str:
    """The same for a person."""
    lines: list[str] = []
    for row in rows:
        pace = "when in doubt" if row["on_demand"] else "at every turn"
        if row["every_seconds"] is not None and not row["on_demand"]:
            pace = f"every {row['every_seconds']:g} s"
        lines.append(f"{row['look']:<10} {pace:<15} {row['why']}  [{row['set_in']}]")
        lines += [f"             {h['host']}:{h['port']}  {h['why']}" for h in row["hosts"]]
    return "\n".join(lines)
