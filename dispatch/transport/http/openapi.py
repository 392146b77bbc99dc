"""The OpenAPI 3.1 document of all routes, made of what each says of itself (`operation`) and of the types that read and write bodies.

Pure.
"""

import re
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, Final

import msgspec
from starlette.routing import Route

from dispatch.errors import FrameError
from dispatch.transport.http.access import Guarded, ProofNeeded
from dispatch.transport.http.operation import JSON, DescribedRoute, Operation, methods_of
from dispatch.transport.http.problem import CODES, MEDIA_TYPE, Problem
from dispatch.transport.wire.fields import RideIdText
from dispatch.words import RefusalCode

VERSION: Final = "3.1.0"
AT: Final = "#/components/schemas/{name}"
PATH_PARAMETERS: Final[Mapping[str, Any]] = MappingProxyType({"ride_id": RideIdText})
"""What stands in a path, by its name in braces. Anything else is text."""
TOKEN: Final = "token"
SCHEMES: Final[Mapping[str, Any]] = MappingProxyType(
    {TOKEN: {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "The access token of a login."}}
)
WHO: Final[Mapping[ProofNeeded, str]] = MappingProxyType(
    {
        ProofNeeded.NOTHING: "For everybody.",
        ProofNeeded.PERSON: "For whoever has logged in.",
        ProofNeeded.SELF: "For whoever has logged in, also while nobody has to.",
        ProofNeeded.CONCERNED: "For the operator's people, and for the passenger and the driver whom it concerns.",
        ProofNeeded.STAFF: "For the operator's people.",
        ProofNeeded.MANAGER: "For managers.",
        ProofNeeded.MACHINE: "For programs on the server's own machine.",
    }
)
PYTHON_END: Final = r"\Z"
JsonDocument = dict[str, Any]
_IN_BRACES: Final = re.compile(r"\{(\w+)(?::\w+)?\}")


def openapi(
    routes: Iterable[Route],
    version: str,
    statuses: Mapping[type[FrameError], int],
    codes: Mapping[int, str] = CODES,
    login: bool = True,
) -> JsonDocument:
    """The document of these routes, for `version` of the product.

    Args:
        routes: all that are there. One that is not described is told by its path and methods alone.
        version: of the product.
        statuses: with which status an error comes; 400 for whatever is not in it.
        codes: of errors that no frame has, by status.
        login: whether people have to log in.
    """
    known = sorted(routes, key=lambda route: route.path)
    schemas = _Schemas(known, codes)
    paths: JsonDocument = {}
    for route in known:
        at = paths.setdefault(_IN_BRACES.sub(r"{\1}", route.path), {})
        for method in methods_of(route):
            at[method.lower()] = _operation(route, method, schemas, statuses, login)
    return {
        "openapi": VERSION,
        "info": {"title": "dispatch", "version": version, "description": "Ride-hail dispatch over HTTP."},
        "paths": paths,
        "components": {
            "schemas": schemas.components,
            "securitySchemes": {**SCHEMES, **_cookies(known)},
        },
    }


class _Schemas:
    """The schema of every type that a route names, as a reference to its place in the document."""

    def __init__(self, routes: Iterable[Route], codes: Mapping[int, str]) -> None:
        named = [Problem, *PATH_PARAMETERS.values()]
        for operation in map(operation_of, routes):
            queried = msgspec.structs.fields(operation.query) if operation.query is not None else ()
            named += [kind for kind in (operation.asks, operation.answers) if kind is not None]
            named += [field.type for field in queried]
        schemas, components = msgspec.json.schema_components(named, ref_template=AT)
        self._schemas = list(zip(named, map(portable, schemas), strict=True))
        self.components: JsonDocument = portable(components)
        known = sorted({*RefusalCode, *codes.values(), "refused", "wrong_host", "wrong_origin"})
        self.components["Problem"]["properties"]["code"]["enum"] = known

    def of(self, kind: Any) -> JsonDocument:
        return next(schema for named, schema in self._schemas if named is kind)


def operation_of(route: Route) -> Operation:
    """What the route says of itself."""
    return route.operation if isinstance(route, DescribedRoute) else Operation(does=f"{route.name}.")


def portable(schema: Any) -> Any:
    """The same schema without what only Python reads: patterns that end in `\\Z`, lines that are broken for a page of code."""
    if isinstance(schema, dict):
        return {key: portable(value) for key, value in schema.items()}
    if isinstance(schema, list):
        return [portable(value) for value in schema]
    if isinstance(schema, str):
        text = schema.removesuffix(PYTHON_END) + "$" if schema.endswith(PYTHON_END) else schema
        return re.sub(r"\n\s*", " ", text)
    return schema


def need_of(route: Route) -> ProofNeeded:
    """What its asker must have proved."""
    return route.app.need if isinstance(route.app, Guarded) else ProofNeeded.STAFF


def _security(route: Route, login: bool) -> list[JsonDocument]:
    """Ways to prove that, of which one is enough. An empty one: nothing has to be proved."""
    need, cookie = need_of(route), operation_of(route).cookie
    if cookie:
        return [{cookie: []}]
    if need in (ProofNeeded.NOTHING, ProofNeeded.MACHINE):
        return []
    return [{TOKEN: []}] if login or need is ProofNeeded.SELF else [{}, {TOKEN: []}]


def _cookies(routes: Iterable[Route]) -> JsonDocument:
    names = sorted({operation_of(route).cookie for route in routes} - {""})
    return {
        name: {
            "type": "apiKey",
            "in": "cookie",
            "name": name,
            "description": "The refresh token of a page of this server. `_` and the server's port follow the name.",
        }
        for name in names
    }


def _operation(
    route: Route, method: str, schemas: _Schemas, statuses: Mapping[type[FrameError], int], login: bool
) -> JsonDocument:
    operation = operation_of(route)
    told: JsonDocument = {
        "operationId": re.sub(r"\W+", "_", f"{method} {route.path}").strip("_").lower(),
        "summary": operation.does,
        "description": WHO[need_of(route)],
        "security": _security(route, login),
        "responses": _responses(operation, schemas, statuses),
    }
    if parameters := _parameters(route, operation, schemas):
        told["parameters"] = parameters
    if operation.asks is not None:
        told["requestBody"] = {"required": True, "content": {JSON: {"schema": schemas.of(operation.asks)}}}
    return told


def _parameters(route: Route, operation: Operation, schemas: _Schemas) -> list[JsonDocument]:
    told: list[JsonDocument] = []
    for name in _IN_BRACES.findall(route.path):
        schema = schemas.of(PATH_PARAMETERS[name]) if name in PATH_PARAMETERS else {"type": "string", "minLength": 1}
        told.append({"name": name, "in": "path", "required": True, "schema": schema})
    for field in msgspec.structs.fields(operation.query) if operation.query is not None else ():
        told.append({"name": field.name, "in": "query", "required": field.required, "schema": schemas.of(field.type)})
    if operation.once:
        key = {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!#-~]+$"}
        told.append({"name": "Idempotency-Key", "in": "header", "required": False, "schema": key})
    return told


def _responses(operation: Operation, schemas: _Schemas, statuses: Mapping[type[FrameError], int]) -> JsonDocument:
    good: JsonDocument = {"description": HTTPStatus(operation.status).phrase}
    if operation.answers is not None:
        good["content"] = {operation.media_type: {"schema": schemas.of(operation.answers)}}
    told: JsonDocument = {str(int(operation.status)): good}
    if operation.again is not None:
        told[str(int(operation.again))] = {**good, "description": "It was done before."}
    codes: dict[int, list[str]] = {}
    for error in operation.errors:
        codes.setdefault(statuses.get(error, HTTPStatus.BAD_REQUEST), []).append(f"`{error.code}`")
    problem = {MEDIA_TYPE: {"schema": schemas.of(Problem)}}
    for status in sorted(codes):
        told[str(status)] = {"description": " ".join(codes[status]), "content": problem}
    told["default"] = {"description": "The `code` says what is wrong.", "content": problem}
    return told
