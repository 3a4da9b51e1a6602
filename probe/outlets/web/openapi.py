"""The description of the API (OpenAPI 3.1), made from the routes and the shapes themselves."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from probe.outlets.web import shapes
from probe.outlets.web.answers import JSON
from probe.outlets.web.endpoints import ENDPOINTS, Endpoint
from probe.triage.questions import CIRCUMSTANCES, MORE, QUESTIONS

REF = "#/components/schemas/{model}"
NO_ANSWER = ("", "unknown")
SAID = {
    200: "The answer.",
    304: "It is as it was (If-None-Match).",
    400: "A parameter that is not understood.",
    403: "Only this machine, and no other web page, may do that.",
    421: "Asked by a name that is not this service's (web.allowed_hosts).",
    422: "The settings cannot be used; the old ones stay.",
    500: "A bug of isitme.",
    501: "This service cannot do that.",
    503: "Not now: the message says why.",
}


@cache
def description(version: str) -> bytes:
    """All of it, as JSON."""
    models: list[type[BaseModel]] = [
        model
        for model in vars(shapes).values()
        if isinstance(model, type) and issubclass(model, shapes.Shape) and model is not shapes.Shape
    ]
    modes = [(model, "serialization") for model in models]
    _, made = models_json_schema(modes, ref_template=REF)  # type: ignore[arg-type]
    return json.dumps(
        {
            "openapi": "3.1.0",
            "info": {
                "title": "isitme",
                "version": version,
                "description": "Is it me, or is it Apple? Every answer is from this host, at "
                "this moment. Times are ISO 8601 in UTC.",
                "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
            },
            "paths": {one.path: {one.method.lower(): operation(one)} for one in ENDPOINTS},
            "components": {"schemas": made["$defs"]},
        },
        ensure_ascii=False,
    ).encode()


def operation(one: Endpoint) -> dict[str, Any]:
    errors = {*one.errors, 421, 500}
    return {
        "summary": one.says,
        "operationId": one.name,
        "parameters": [*parameters(one)],
        "responses": {
            "200": {
                "description": SAID[200],
                "content": {
                    kind: {"schema": schema(one.answer if kind == JSON else "")}
                    for kind in one.kinds
                },
            },
            **({"304": {"description": SAID[304]}} if one.tagged else {}),
            **{
                str(code): {
                    "description": SAID[code],
                    "content": {JSON: {"schema": schema("Error")}},
                }
                for code in sorted(errors)
            },
        },
    }


def schema(answer: str) -> Mapping[str, Any]:
    """An answer's shape by its name; "" is a text."""
    return {"$ref": REF.format(model=answer)} if answer else {"type": "string"}


def parameters(one: Endpoint) -> Sequence[Mapping[str, Any]]:
    if one.question is None:
        return triage_parameters() if one.answer == "Triage" else ()
    made = one.question.model_json_schema(ref_template=REF)
    needed = made.get("required", ())
    return [
        {
            "name": name,
            "in": "query",
            "required": name in needed,
            "description": about.pop("description", ""),
            "schema": in_a_query(about),
        }
        for name, about in made["properties"].items()
    ]


def in_a_query(about: Mapping[str, Any]) -> Mapping[str, Any]:
    """A parameter that may be left out is no `null` in a query."""
    kinds = [kind for kind in about.get("anyOf", ()) if kind.get("type") != "null"]
    default = {"default": about["default"]} if about.get("default") is not None else {}
    rest = {key: about[key] for key in about if key not in ("anyOf", "title", "default")}
    return {**rest, **default, **(kinds[0] if kinds else {})}


def triage_parameters() -> Sequence[Mapping[str, Any]]:
    single = [
        {
            "name": question,
            "in": "query",
            "schema": {"type": "string", "enum": [*answers, *NO_ANSWER]},
        }
        for question, answers in QUESTIONS.items()
    ]
    many = {"type": "array", "items": {"type": "string", "enum": list(CIRCUMSTANCES)}}
    return [*single, {"name": MORE, "in": "query", "explode": True, "schema": many}]
