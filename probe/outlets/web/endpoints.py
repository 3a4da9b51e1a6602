"""Every route that programs ask, as data: the routes and their description are made from here."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import BaseModel

from probe.outlets.web import asked

JSON = ("application/json",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One route. `answer` is the name of a shape (shapes.py), "" for a text."""

    path: str
    name: str  # of the method that answers (api.py), and of the operation
    says: str
    method: str = "GET"
    answer: str = ""
    kinds: tuple[str, ...] = JSON
    question: type[BaseModel] | None = None
    errors: tuple[int, ...] = ()
    tagged: bool = False  # carries an ETag


ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(path="/status", name="status", tagged=True, answer="Status",
             kinds=("application/json", "text/plain"),
             says="The verdict; one line with `Accept: text/plain`."),
    Endpoint(path="/api/v1/status", name="api_status", tagged=True, answer="Status",
             kinds=("application/json", "text/plain"), says="The same as /status."),
    Endpoint(path="/api/v1/probes", name="probes", tagged=True, answer="Probes",
             says="What is looked at, how often, whom it contacts, and what it last saw."),
    Endpoint(path="/api/v1/observations", name="observations", tagged=True,
             answer="Observations", question=asked.Observations, errors=(400,),
             says="The newest attempt at every target, step by step."),
    Endpoint(path="/api/v1/history", name="history", tagged=True, answer="History",
             question=asked.Rows, errors=(400, 503), says="What was told."),
    Endpoint(path="/api/v1/incidents", name="incidents", tagged=True, answer="Incidents",
             question=asked.Rows, errors=(400, 503),
             says="Incidents, with their evidence and how much later Apple said so."),
    Endpoint(path="/api/v1/triage", name="triage", tagged=True, answer="Triage", errors=(400,),
             says='The guide for "Not Delivered".'),
    Endpoint(path="/api/v1/stream", name="stream", kinds=("text/event-stream",), errors=(503,),
             says="Server-sent events: `turn` (as /status) and, every 15 s, `heartbeat`."),
    Endpoint(path="/api/v1/openapi.json", name="openapi", tagged=True, answer="Description",
             says="This description."),
    Endpoint(path="/metrics", name="metrics",
             kinds=("text/plain", "application/openmetrics-text"), says="For Prometheus."),
    Endpoint(path="/probe", name="probe", question=asked.Probed, errors=(400, 501, 503),
             kinds=("text/plain", "application/openmetrics-text"),
             says="One target of one probe, in blackbox_exporter's metrics."),
    Endpoint(path="/badge.svg", name="badge", tagged=True, kinds=("image/svg+xml",),
             says="The answer as a small picture."),
    Endpoint(path="/feed.atom", name="feed", tagged=True, kinds=("application/atom+xml",),
             errors=(503,), says="What was told in the last 30 days, for feed readers."),
    Endpoint(path="/-/healthy", name="healthy", kinds=("text/plain",),
             says="It is alive, whatever the network does."),
    Endpoint(path="/-/ready", name="ready", kinds=("text/plain",), errors=(503,),
             says="The first look around has been judged."),
    Endpoint(path="/-/reload", name="reload", method="POST", answer="Reloaded",
             errors=(403, 422, 501), says="Read the settings anew; bad ones are not taken."),
)  # fmt: skip
