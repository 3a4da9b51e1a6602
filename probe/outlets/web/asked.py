"""What may be asked: each question's parameters, read strictly. What is not known is refused."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.fields import FieldInfo
from starlette.requests import Request

from probe.words import Look

USUAL_SECONDS, MOST_SECONDS = 86_400, 366 * 86_400  # turns are kept for a year
USUAL_ROWS, MOST_ROWS = 100, 500
MOST_TEXT = 400  # longer than any name of a target with its probe (RFC 1035: 253)
LARGEST_ID = 2**62  # SQLite's ids are 64 bits

Asked = TypeVar("Asked", bound=BaseModel)


class BadQuestion(ValueError):
    """The text says which parameter, what was wanted, and what else there is."""


def _digits(text: object) -> object:
    """A query is text: "5" is five, and "5.0", "+5" or "5_0" are mistakes."""
    if isinstance(text, str) and not (text.isascii() and text.isdigit() and len(text) <= 19):
        raise ValueError
    return int(text) if isinstance(text, str) else text


Whole = Annotated[int, BeforeValidator(_digits)]
Text = Annotated[str, Field(min_length=1, max_length=MOST_TEXT)]


class Question(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Rows(Question):
    """A page of what was told, newest first."""

    since: Whole = Field(USUAL_SECONDS, ge=1, le=MOST_SECONDS, description="Seconds back.")
    limit: Whole = Field(USUAL_ROWS, ge=1, le=MOST_ROWS, description="The most rows of a page.")
    after: Whole = Field(
        LARGEST_ID, ge=0, le=LARGEST_ID, description="The `next` of the page before."
    )


class Observations(Question):
    """A page of the newest observation of each target, in the order of their names."""

    probe: Look | None = Field(None, description="Only what this probe saw.")
    target: Text | None = Field(None, description="Only what was seen of this target.")
    limit: Whole = Field(USUAL_ROWS, ge=1, le=MOST_ROWS, description="The most rows of a page.")
    after: Text | None = Field(None, description="The `next` of the page before.")


class Probed(Question):
    """One target of one probe, as blackbox_exporter is asked."""

    target: Text = Field(description="A name that /api/v1/probes lists beside the module.")
    module: Look = Field(description="The probe.")


def read(question: type[Asked], request: Request) -> Asked:
    """The parameters of a request. Raises BadQuestion."""
    given: dict[str, str] = {}
    for key, value in request.query_params.multi_items():
        if key in given:
            raise BadQuestion(f"{key[:40]}: wanted once, found twice")
        given[key] = value
    try:
        return question.model_validate(given)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    name = str(first["loc"][0])
    if name not in question.model_fields:
        known = list(question.model_fields)
        there = f"{', '.join(known[:-1])} and {known[-1]}"
        raise BadQuestion(f"there is no {name[:40]}; there are {there}")
    found = "nothing" if name not in given else repr(given[name][:40])
    raise BadQuestion(f"{name}: wanted {wanted(question.model_fields[name])}, found {found}")


def wanted(field: FieldInfo) -> str:
    """What a parameter may be, in words."""
    kinds: tuple[Any, ...] = getattr(field.annotation, "__args__", (field.annotation,))
    for kind in kinds:
        if isinstance(kind, type) and issubclass(kind, StrEnum):
            return f"one of {', '.join(kind)}"
    least = next((each.ge for each in field.metadata if hasattr(each, "ge")), None)
    most = next((each.le for each in field.metadata if hasattr(each, "le")), None)
    if least is not None:
        return f"a whole number from {least} to {most}"
    return f"a text of 1 to {MOST_TEXT} characters"
