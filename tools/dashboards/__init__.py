"""The dashboards for Grafana, as typed code. `python -m tools.dashboards` writes dashboards/."""
