"""What an order about the file means to those who are awake or connected: drivers on file, and people whom it logs out."""

from typing import Any

from dispatch import addresses
from dispatch.ids import DriverId
from dispatch.messages.matching import DriverFileChanged
from dispatch.runtime import Runtime
from dispatch.storage.tools.orders import Answer
from dispatch.transport.sessions.gateway import Gateway
from dispatch.words import PersonStatus


def tell_effects(runtime: Runtime, gateway: Gateway, answer: Answer) -> None:
    """Tell drivers who are awake that their files changed, and close the sockets of a person whose logins ended by the order.

    `answer`: has the `person` whom the order was about, or the ids of several (`touched`), if it was about people.
    """
    person: dict[str, Any] = answer.get("person", {})
    for person_id in answer.get("touched", [person["id"]] if person else ()):
        address = addresses.driver(DriverId(person_id))
        if runtime.actor(address) is not None:  # whoever wakes reads the file anyway
            runtime.tell(address, DriverFileChanged())
    if "sessions" in answer and any(role["status"] == PersonStatus.SUSPENDED for role in person.get("roles", ())):
        gateway.revoke(person_id=person["id"], sessions=answer["sessions"])
