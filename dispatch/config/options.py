"""Options of a room, made from the settings. A room declares the options that it needs; the table of settings has their defaults."""

from typing import Any, TypeVar

import msgspec

Options = TypeVar("Options", bound=msgspec.Struct)


def options_of(kind: type[Options], settings: object, **more: Any) -> Options:
    """Make `kind` from the settings that bear the names of its fields.

    `more`: fields that no setting has, or that differ from it. A field that nobody gives is a TypeError, unless it has a default.
    """
    named = {name: getattr(settings, name) for name in kind.__struct_fields__ if hasattr(settings, name)}
    return kind(**{**named, **more})
