"""What one look comes to: how bad it is, and a sentence."""

from collections.abc import Iterator
from enum import Enum
from typing import NamedTuple


class Level(Enum):
    """How bad it is."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


class Finding(NamedTuple):
    """`about`: configuration, port, file, disk, clock, keys, tls, proxy, notifier, push, people, phones or map."""

    about: str
    level: Level
    text: str


Found = Iterator[tuple[Level, str]]
OK, WARNING, PROBLEM = Level.OK, Level.WARNING, Level.PROBLEM
