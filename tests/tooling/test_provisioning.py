"""What the compose file hands to Grafana fits together. No Grafana reads it here.

Keys: Grafana's documentation, "Provision Grafana": data sources, and dashboards.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

TOP = Path(__file__).parents[2]
COMPOSE = TOP / "config" / "compose"
SOURCE_KEYS = {
    "name", "type", "access", "orgId", "uid", "url", "user", "database", "basicAuth",
    "basicAuthUser", "withCredentials", "isDefault", "jsonData", "secureJsonData", "version",
    "editable",
}  # fmt: skip
# Of a Prometheus source: the same page, "Prometheus", jsonData.
SOURCE_OPTIONS = {
    "httpMethod", "timeInterval", "queryTimeout", "prometheusType", "prometheusVersion",
    "cacheLevel", "incrementalQuerying", "disableRecordingRules", "manageAlerts",
    "exemplarTraceIdDestinations", "customQueryParameters",
}  # fmt: skip
PROVIDER_KEYS = {
    "name", "orgId", "folder", "folderUid", "type", "disableDeletion", "updateIntervalSeconds",
    "allowUiUpdates", "options",
}  # fmt: skip


def read(file: Path) -> Any:
    return YAML(typ="safe").load(file.read_text(encoding="utf-8"))


def services() -> Any:
    return read(COMPOSE / "compose.yaml")["services"]


def mounts() -> dict[str, Path]:
    """Where in Grafana's container -> what stands there."""
    found = {}
    for volume in services()["grafana"]["volumes"]:
        source, target, *_ = volume.split(":")
        if source.startswith("."):
            found[target] = (COMPOSE / source).resolve()
    return found


def provisioned(kind: str) -> Any:
    """The one file of this kind, from where Grafana looks for it."""
    (file,) = [
        file for target, file in mounts().items() if f"/etc/grafana/provisioning/{kind}/" in target
    ]
    return read(file)


def option(service: str, name: str) -> str:
    (value,) = [
        word.partition("=")[2]
        for word in services()[service]["command"]
        if word.startswith(f"--{name}=")
    ]
    return str(value)


def test_the_data_source_is_the_prometheus_of_this_file() -> None:
    file = provisioned("datasources")
    (source,) = file["datasources"]
    scraped = read(TOP / "config" / "prometheus" / "prometheus.yml")["global"]["scrape_interval"]

    assert set(file) == {"apiVersion", "datasources"}
    assert file["apiVersion"] == 1
    assert set(source) <= SOURCE_KEYS
    assert set(source["jsonData"]) <= SOURCE_OPTIONS
    assert source["type"] == "prometheus"
    assert source["isDefault"] is True
    assert source["url"] == f"http://{option('prometheus', 'web.listen-address')}"
    # $__rate_interval is four of these: without it Grafana takes 15 s for granted.
    assert source["jsonData"]["timeInterval"] == scraped


def test_the_dashboards_are_where_grafana_is_told_to_look() -> None:
    file = provisioned("dashboards")
    (provider,) = file["providers"]
    folder = mounts()[provider["options"]["path"]]

    assert set(file) == {"apiVersion", "providers"}
    assert file["apiVersion"] == 1
    assert set(provider) <= PROVIDER_KEYS
    assert provider["type"] == "file"
    assert folder == TOP / "dashboards"
    assert len(list(folder.glob("*.json"))) == 6


def test_prometheus_finds_its_alertmanager_and_its_isitme() -> None:
    config = read(TOP / "config" / "prometheus" / "prometheus.yml")
    (manager,) = config["alerting"]["alertmanagers"][0]["static_configs"][0]["targets"]
    (target,) = config["scrape_configs"][0]["static_configs"][0]["targets"]

    assert manager == option("alertmanager", "web.listen-address")
    assert target == services()["isitme"]["environment"]["ISITME_WEB__LISTEN"]
