"""Orders of the command line: done here while nobody owns the file, and by its owner otherwise."""

import time
from contextlib import closing
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from dispatch.errors import DispatchError
from dispatch.storage.failures import StorageOwned
from dispatch.storage.file.owner import owned
from dispatch.storage.log.on_file import Writer
from dispatch.storage.tools.orders import Answer, Order, encode, perform
from dispatch.transport.control import ANSWER_WITHIN_S, NoAnswer, ask
from dispatch.values import UNDECODABLE

ASKED_WITHIN_S: Final = 5.0


class OrderRefused(DispatchError):
    """The owner says why it was not done."""


class Done(NamedTuple):
    """What came of an order, and whether the file was made for it."""

    answer: Answer
    made: bool = False


def have_done(path: str, order: Order, *, make: bool = False) -> Done:
    """Have this done to the database `path`. `make`: where there is none, it is made.

    Raises:
        StorageOwned: a process owns it that takes no orders: a simulation, or another command.
        OrderRefused: the owner did not do it.
        DispatchError: it could not be done here.
    """
    try:
        with owned(path, make=make) as ownership, closing(Writer(path)) as writer:
            answer = perform(writer, order, time.time())
            ownership.keep()
            return Done(answer, ownership.is_new)
    except StorageOwned as owner:
        line = ask(owner.file, encode(order), getattr(order, "takes_s", ANSWER_WITHIN_S))
        if line is None:
            raise
        return Done(_read(line))


def ask_owner(path: str, order: Order) -> Answer | None:
    """What the server that serves `path` answers to an order which it alone can answer; None: nobody serves it.

    Raises OrderRefused, and NoAnswer where no answer came.
    """
    line = ask(Path(path), encode(order), ASKED_WITHIN_S)
    return None if line is None else _read(line)


def done(answer: Answer) -> bytes:
    """The line of an order that was done."""
    return encode({"done": answer})


def refused(code: str, message: str) -> bytes:
    """The line of one that was not."""
    return encode({"error": {"code": code, "message": message}})


def _read(line: bytes) -> Answer:
    try:
        told: dict[str, Answer] = msgspec.json.decode(line, type=dict[str, dict[str, Any]])
        if "error" in told:
            raise OrderRefused(told["error"]["message"])
        return told["done"]
    except (*UNDECODABLE, KeyError) as error:
        raise NoAnswer(f"the owner of the file said something else than an answer: {line[:200]!r}") from error
