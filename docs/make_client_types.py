"""Writes dispatch/web/client/types.d.ts from the types that read and write frames: `python docs/make_client_types.py`.

tests/web/test_client_types.py holds the file current.
"""

from __future__ import annotations

import json
import textwrap
from pathlib import Path
from typing import Any

from dispatch.transport.http.asyncapi import asyncapi

FILE = Path(__file__).parent.parent / "dispatch" / "web" / "client" / "types.d.ts"
Schema = dict[str, Any]
HEAD = """\
// The messages of the wire protocol, as dispatch reads and writes them.
// Made by `python docs/make_client_types.py`; do not edit it by hand.
"""
SIDES = {
    "FromPassenger": "receive_ride",
    "ToPassenger": "send_ride",
    "FromDriver": "receive_driver",
    "ToDriver": "send_driver",
    "FromDesk": "receive_ops",
    "ToDesk": "send_ops",
}
"""What an app of each kind says and hears, as the document's operations name it."""
PLAIN = {"integer": "number", "number": "number", "string": "string", "boolean": "boolean", "null": "null"}


def types() -> str:
    """The whole file."""
    document = asyncapi("")
    parts = [HEAD]
    parts += [_declared(name, schema) for name, schema in document["components"]["schemas"].items()]
    for side, operation in SIDES.items():
        names = [message["$ref"].rpartition("/")[2] for message in document["operations"][operation]["messages"]]
        parts.append(f"export type {side} =\n" + "\n".join(f"  | {name}" for name in names) + ";\n")
    return "\n".join(parts)


def _declared(name: str, schema: Schema) -> str:
    """An interface, or the name of a type that is no object."""
    if schema.get("type") != "object":
        return f"{_comment(schema)}export type {name} = {_type(schema)};\n"
    required = set(schema.get("required", ()))
    fields = [
        f"{_comment(field, '  ')}  {key}{'' if key in required else '?'}: {_type(field)};"
        for key, field in schema["properties"].items()
    ]
    return f"{_comment(schema)}export interface {name} {{\n" + "\n".join(fields) + "\n}\n"


def _comment(schema: Schema, indent: str = "") -> str:
    words = " ".join(schema.get("description", "").split())
    if not words:
        return ""
    if len(words) < 110:
        return f"{indent}/** {words} */\n"
    lines = textwrap.wrap(words, 115, initial_indent=f"{indent} * ", subsequent_indent=f"{indent} * ")
    return "\n".join([f"{indent}/**", *lines, f"{indent} */", ""])


def _type(schema: Schema) -> str:
    """The type of TypeScript that holds what this schema describes."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "anyOf" in schema:
        return " | ".join(dict.fromkeys(_type(one) for one in schema["anyOf"]))
    if "enum" in schema:
        return " | ".join(json.dumps(one) for one in schema["enum"])
    kind = schema.get("type")
    if kind == "array" and "prefixItems" in schema:
        return f"[{', '.join(_type(one) for one in schema['prefixItems'])}]"
    if kind == "array":
        inner = _type(schema["items"]) if isinstance(schema.get("items"), dict) else "unknown"
        return f"{inner}[]" if inner.isidentifier() else f"({inner})[]"
    if kind == "object":
        return f"Record<string, {_type(schema.get('additionalProperties') or {})}>"
    return PLAIN.get(str(kind), "unknown")


if __name__ == "__main__":
    FILE.write_text(types(), "utf-8")
