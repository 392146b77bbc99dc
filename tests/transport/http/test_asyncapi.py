"""The AsyncAPI document, held to the schema of its format and to the frames."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from dispatch.transport.http.asyncapi import asyncapi
from dispatch.transport.wire import client, server

SCHEMA = json.loads(
    gzip.decompress((Path(__file__).parents[2] / "data" / "asyncapi-3.0.0.schema.json.gz").read_bytes())
)
"""Of the package @asyncapi/specs 6.11.1 (Apache-2.0), the schema of AsyncAPI 3.0.0."""


@pytest.fixture
def document() -> Any:
    """As a program reads it."""
    return json.loads(json.dumps(asyncapi("1.2.3")))


def test_the_document_fits_the_schema_of_asyncapi(document: Any) -> None:
    from jsonschema import Draft7Validator  # heavy

    validator = Draft7Validator(SCHEMA)
    assert [error.message[:200] for error in validator.iter_errors(document)] == []
    del document["channels"]["ride"]["messages"]
    document["operations"]["send_ops"]["action"] = "shout"
    assert not validator.is_valid(document)


@pytest.mark.parametrize(
    ("name", "frames"),
    [
        ("receive_ride", client.PASSENGER_FRAMES),
        ("receive_driver", client.DRIVER_FRAMES),
        ("receive_ops", client.STAFF_FRAMES),
        ("send_ride", server.TO_PASSENGER_FRAMES),
        ("send_driver", server.TO_DRIVER_FRAMES),
        ("send_ops", server.TO_STAFF_FRAMES),
    ],
)
def test_an_operation_has_exactly_the_frames_that_are_read_and_written(
    document: Any, name: str, frames: tuple[Any, ...]
) -> None:
    channel = document["channels"][name.partition("_")[2]]["messages"]
    told = [each["$ref"].rpartition("/")[2] for each in document["operations"][name]["messages"]]
    assert told == [frame.__name__ for frame in frames]
    messages = document["components"]["messages"]
    assert [messages[each]["name"] for each in told] == [frame.__struct_config__.tag for frame in frames]
    assert set(told) <= set(channel)


def test_every_reference_leads_somewhere(document: Any) -> None:
    found = 0

    def look(part: Any) -> None:
        nonlocal found
        for key, value in part.items() if isinstance(part, dict) else enumerate(part):
            if key == "$ref":
                found += 1
                at = document
                for step in value.removeprefix("#/").split("/"):
                    at = at[step]
            elif isinstance(value, dict | list):
                look(value)

    look(document)
    assert found > 100
