"""Pictures of the dashboards from real drills, drawn with Grafana's published components."""
