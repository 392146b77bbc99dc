"""What staff changed under a key is remembered for a day, by whose it is."""

import pytest
from msgspec.structs import replace

from dispatch.errors import IdReused
from dispatch.messages.base import Command
from dispatch.storage.log.on_file import Writer
from dispatch.storage.people import requests

NOW = 1_800_000_000.0
K1 = Command("k1", 7, staff_id="p-max")


def test_what_was_answered_is_answered_again_without_what_is_the_persons_own(writer: Writer) -> None:
    assert requests.answered(writer, K1) is None
    requests.keep(writer, K1, {"person": {"id": "p1", "name": "Ann", "phone": "27821234570"}, "news": True}, NOW)
    assert requests.answered(writer, K1) == {"person": {"id": "p1"}, "news": True}
    assert "27821234570" not in str(writer.db.execute("SELECT * FROM staff_requests").fetchall())


def test_another_request_under_the_key_is_refused_and_a_key_is_its_owners(writer: Writer) -> None:
    requests.keep(writer, K1, {"added": 1}, NOW)
    with pytest.raises(IdReused):
        requests.answered(writer, replace(K1, fingerprint=8))
    assert requests.answered(writer, replace(K1, staff_id="p-mia")) is None


def test_a_day_later_it_is_forgotten(writer: Writer) -> None:
    requests.keep(writer, K1, {"added": 1}, NOW)
    requests.keep(writer, replace(K1, id="k2"), {"added": 2}, NOW + requests.KEPT_S)
    assert requests.answered(writer, K1) == {"added": 1}
    requests.keep(writer, replace(K1, id="k3"), {"added": 3}, NOW + requests.KEPT_S + 1.0)
    assert requests.answered(writer, K1) is None
