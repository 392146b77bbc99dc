"""The AsyncAPI 3 document of the sockets, made of the types that read and write frames. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import msgspec

from dispatch.transport.http.openapi import portable
from dispatch.transport.wire import client, server

VERSION: Final = "3.0.0"
AT: Final = "#/components/schemas/{name}"
JsonDocument = dict[str, Any]
Frame = type[msgspec.Struct]


class _Channel(NamedTuple):
    """One kind of socket. `parameters`: of its address, with what each means."""

    name: str
    address: str
    who: str
    parameters: Mapping[str, str]
    said: Sequence[Frame]
    heard: Sequence[Frame]


CHANNELS: Final = (
    _Channel(
        "ride",
        "/ws/ride/{ride_id}/",
        "The passenger of a ride.",
        {"ride_id": "Chosen by the app: 1 to 64 letters, digits, underscores or hyphens."},
        client.PASSENGER_FRAMES,
        server.TO_PASSENGER_FRAMES,
    ),
    _Channel(
        "driver",
        "/ws/driver/{driver_id}/",
        "A driver.",
        {"driver_id": "The driver's phone number in any written form, or another id."},
        client.DRIVER_FRAMES,
        server.TO_DRIVER_FRAMES,
    ),
    _Channel("ops", "/ws/ops/", "The operator's people, at the desk.", {}, client.STAFF_FRAMES, server.TO_STAFF_FRAMES),
)


def asyncapi(version: str) -> JsonDocument:
    """The document, for `version` of the product. Operations are seen from the server: it receives what apps say."""
    frames = sorted({frame for each in CHANNELS for frame in (*each.said, *each.heard)}, key=lambda each: each.__name__)
    _, schemas = msgspec.json.schema_components(frames, ref_template=AT)
    operations: JsonDocument = {}
    for channel in CHANNELS:
        for action, told in (("receive", channel.said), ("send", channel.heard)):
            operations[f"{action}_{channel.name}"] = {
                "action": action,
                "channel": {"$ref": f"#/channels/{channel.name}"},
                "messages": [{"$ref": f"#/channels/{channel.name}/messages/{frame.__name__}"} for frame in told],
            }
    return {
        "asyncapi": VERSION,
        "info": {"title": "dispatch", "version": version, "description": "Ride-hail dispatch over WebSockets."},
        "defaultContentType": "application/json",
        "channels": {channel.name: _channel(channel) for channel in CHANNELS},
        "operations": operations,
        "components": {"messages": {frame.__name__: _message(frame) for frame in frames}, "schemas": portable(schemas)},
    }


def _channel(channel: _Channel) -> JsonDocument:
    named = {frame.__name__ for frame in (*channel.said, *channel.heard)}
    told: JsonDocument = {
        "address": channel.address,
        "description": channel.who,
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in sorted(named)},
    }
    if channel.parameters:
        told["parameters"] = {name: {"description": meaning} for name, meaning in channel.parameters.items()}
    return told


def _message(frame: Frame) -> JsonDocument:
    return {
        "name": str(frame.__struct_config__.tag),
        "summary": portable((frame.__doc__ or "").strip()),
        "payload": {"$ref": AT.format(name=frame.__name__)},
    }
