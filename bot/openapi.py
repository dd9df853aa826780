"""OpenAPI 3.1 made from the operations themselves."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from routing.workflow import Role

Json = dict[str, Any]


class Problem(BaseModel):
    """RFC 9457. ``code`` names what is wrong in snake_case; ``errors`` maps a field to its reason."""

    type: str
    title: str
    status: int
    detail: str
    errors: dict[str, str]
    code: str


class File(BaseModel):
    """Stands among ``returns`` for an answer that is a file and no JSON."""


FILE_TYPES = (
    "image/jpeg",
    "application/pdf",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "audio/amr",
    "audio/speex",
)
_PATTERNS = {"photo": ("^[0-9a-f]{32}$", "0123456789abcdef0123456789abcdef")}
"""Parts of a path beside the ticket's number: pattern and example."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """What an operation takes, answers and refuses. ``roles`` None: open to everybody.

    ``refuses`` are statuses beyond those that follow from the rest (401, 403; 400, 413, 415, 422 with a body;
    422 with a query; 404 with a ticket's number).
    """

    method: str
    path: str
    name: str
    summary: str
    roles: frozenset[Role] | None
    returns: Mapping[int, type[BaseModel]]
    body: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    refuses: tuple[int, ...] = ()

    @property
    def problems(self) -> tuple[int, ...]:
        """Every status it may refuse with."""
        statuses = set(self.refuses)
        if self.roles is not None:
            statuses |= {401, 403}
        if self.body is not None:
            statuses |= {400, 413, 415, 422}
        if self.query is not None:
            statuses |= {422}
        if "{number}" in self.path:
            statuses |= {404}
        return tuple(sorted(statuses))


_PROBLEMS = {
    400: "The body is no JSON.",
    401: "No key, or one that is unknown or revoked.",
    403: "The key's role may not do this.",
    404: "Unknown, or outside the key's units.",
    409: "The ticket's state, its version or a pending decision does not admit this.",
    413: "The body is larger than 256 KiB.",
    415: "The body is not application/json in UTF-8.",
    422: "Fields are missing or wrong, which `errors` names; or no official calendar is loaded for a date.",
    429: "Done as often as it may be.",
}


def describe(
    operations: Iterable[Operation],
    *,
    title: str,
    version: str,
    description: str,
    number_pattern: str,
) -> Json:
    """The whole document."""
    operations = tuple(operations)
    refs, schemas = _schemas(operations)
    paths: dict[str, Json] = {}
    for each in operations:
        paths.setdefault(each.path, {})[each.method.lower()] = _operation(each, refs, number_pattern)
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": version, "description": description},
        "servers": [{"url": "/"}],
        "security": [{"bearer": []}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "bearer": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "An API key with a role and units.",
                }
            },
        },
    }


def _schemas(operations: tuple[Operation, ...]) -> tuple[dict[type[BaseModel], Json], Json]:
    wanted: dict[tuple[type[BaseModel], JsonSchemaMode], None] = {(Problem, "serialization"): None}
    for each in operations:
        if each.body is not None:
            wanted[each.body, "validation"] = None
        wanted.update(
            {(model, "serialization"): None for model in each.returns.values() if model is not File}
        )
    found, definitions = models_json_schema(list(wanted), ref_template="#/components/schemas/{model}")
    return {model: found[model, mode] for model, mode in wanted}, definitions["$defs"]


def _operation(operation: Operation, refs: Mapping[type[BaseModel], Json], number_pattern: str) -> Json:
    described: Json = {
        "operationId": operation.name,
        "summary": operation.summary,
        "parameters": [
            *_path_parameters(operation.path, number_pattern),
            *_query_parameters(operation.query),
        ],
        "responses": {str(s): _answer(s, model, refs) for s, model in operation.returns.items()}
        | {str(s): _refusal(s, refs[Problem]) for s in operation.problems},
    }
    if operation.roles is None:
        described["security"] = []
    else:
        described["description"] = f"Roles: {', '.join(sorted(operation.roles))}."
    if operation.body is not None:
        described["requestBody"] = {
            "required": any(field.is_required() for field in operation.body.model_fields.values()),
            "content": {"application/json": {"schema": refs[operation.body]}},
        }
    return described


def _answer(status: int, model: type[BaseModel], refs: Mapping[type[BaseModel], Json]) -> Json:
    if model is File:
        return {"description": "The file.", "content": {kind: {} for kind in FILE_TYPES}}
    schema = refs[model]
    return {
        "description": "Made new." if status == 201 else "As asked.",
        "content": {"application/json": {"schema": schema}},
    }


def _refusal(status: int, schema: Json) -> Json:
    refusal: Json = {
        "description": _PROBLEMS[status],
        "content": {"application/problem+json": {"schema": schema}},
    }
    if status == 401:
        refusal["headers"] = {"WWW-Authenticate": {"schema": {"type": "string"}, "required": True}}
    return refusal


def _path_parameters(path: str, number_pattern: str) -> list[Json]:
    parameters = []
    for name in re.findall(r"{(\w+)}", path):
        pattern, example = _PATTERNS.get(name, (number_pattern, "HY2611160001"))
        schema = {"type": "string", "pattern": pattern}
        parameters.append(
            {"name": name, "in": "path", "required": True, "schema": schema, "example": example}
        )
    return parameters


def _query_parameters(query: type[BaseModel] | None) -> list[Json]:
    if query is None:
        return []
    schema = query.model_json_schema(mode="validation")
    definitions = schema.get("$defs", {})
    return [
        _query_parameter(name, _without_null(_inlined(one, definitions)))
        for name, one in schema["properties"].items()
    ]


def _query_parameter(name: str, schema: Json) -> Json:
    described = {k: v for k, v in schema.items() if k not in ("title", "description", "default")}
    if schema.get("default") not in (None, []):
        described["default"] = schema["default"]
    parameter: Json = {"name": name, "in": "query", "required": False, "schema": described}
    if "description" in schema:
        parameter["description"] = schema["description"]
    if described.get("type") == "array":
        parameter["explode"] = False
    return parameter


def _inlined(schema: Any, definitions: Json) -> Any:
    """The schema with its references to enumerations written out: a parameter has no ``$defs`` of its own."""
    if isinstance(schema, list):
        return [_inlined(each, definitions) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        target = definitions[schema["$ref"].rsplit("/", 1)[-1]]
        rest = {k: v for k, v in schema.items() if k != "$ref"}
        return _inlined({**target, **rest}, definitions)
    return {k: _inlined(v, definitions) for k, v in schema.items()}


def _without_null(schema: Json) -> Json:
    """``null`` cannot be said in a query: an optional parameter is simply absent."""
    options = [o for o in schema.get("anyOf", ()) if o.get("type") != "null"]
    if len(options) != 1:
        return schema
    rest = {k: v for k, v in schema.items() if k != "anyOf"}
    return {**options[0], **rest}
