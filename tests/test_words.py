"""Words that the server chooses: members are their text, and an unknown word of another version is read as what it is."""

import json
import sqlite3
from pathlib import Path

import msgspec
import pytest

from dispatch.words import (
    AskVerdict,
    Binding,
    DriverStatus,
    Leg,
    LinkEnd,
    OfferOutcome,
    Party,
    PaymentStatus,
    PersonRole,
    PersonStatus,
    PositionVerdict,
    RefusalCode,
    ReleaseReason,
    Result,
    RideStatus,
    RideWarning,
    SearchEnd,
    SkippedStep,
    StaffAction,
    SystemReason,
    Word,
)

CLASSES = [
    Binding,
    DriverStatus,
    Leg,
    LinkEnd,
    OfferOutcome,
    Party,
    PaymentStatus,
    PositionVerdict,
    RefusalCode,
    ReleaseReason,
    Result,
    RideStatus,
    RideWarning,
    AskVerdict,
    SearchEnd,
    SkippedStep,
    StaffAction,
    SystemReason,
    PersonRole,
    PersonStatus,
]

SHOWN = [
    (AskVerdict, "desk.rule_"),
    (DriverStatus, "desk.rule_"),
    (OfferOutcome, "desk.outcome_"),
    (SearchEnd, "desk.outcome_"),
    (SystemReason, "desk.outcome_"),
    (StaffAction, "desk.act_"),
    (Party, "desk.by_"),
    (PersonRole, "desk.role_"),
    (PersonStatus, "desk.person_"),
    (RideStatus, "desk.status_"),
    (RideStatus, "passenger.status_"),
]
"""Words that the pages show in the reader's language, and how the texts for them begin."""
NEVER_SHOWN = {RideStatus.UNBOOKED}
TEXTS = Path(__file__).parents[1] / "dispatch" / "web" / "texts" / "en.json"


class Row(msgspec.Struct, omit_defaults=True):
    status: RideStatus
    payment: PaymentStatus = PaymentStatus.NOTHING


def test_every_class_of_words_is_looked_at() -> None:
    assert set(Word.__subclasses__()) == set(CLASSES)


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_every_member_is_its_own_text_everywhere(kind: type[Word]) -> None:
    assert len(kind) > 1
    for member in kind:
        assert (str(member), f"{member}", member) == (member.value, member.value, member.value)
        assert {member: 1}[str(member.value)] == 1
        assert json.dumps(member) == json.dumps(member.value) == msgspec.json.encode(member).decode()
        assert sqlite3.connect(":memory:").execute("SELECT ?", (member,)).fetchone() == (member.value,)


@pytest.mark.parametrize(("kind", "begins"), SHOWN, ids=lambda one: getattr(one, "__name__", one))
def test_no_page_shows_a_word_of_the_server_as_it_is(kind: type[Word], begins: str) -> None:
    texts = json.loads(TEXTS.read_text("utf-8"))
    words = [member.value.replace(" ", "_") for member in kind if member not in NEVER_SHOWN]
    assert [word for word in words if begins + word not in texts] == []


def test_a_word_of_another_version_is_read_kept_and_known_to_be_unknown() -> None:
    row = msgspec.json.decode(b'{"status":"teleported"}', type=Row)
    assert isinstance(row.status, RideStatus)
    assert row.status == "teleported" == str(row.status)
    assert not row.status.is_known
    assert msgspec.json.encode(row) == b'{"status":"teleported"}'
    assert list(RideStatus)[-1] is RideStatus.NO_SHOW, "and it became no member"


def test_a_word_that_is_spelled_like_the_name_of_a_member_is_not_that_member() -> None:
    assert not RideStatus("PENDING").is_known
    assert RideStatus("pending") is RideStatus.PENDING
    assert RideStatus.PENDING.is_known


def test_what_is_no_text_is_no_word() -> None:
    with pytest.raises(ValueError, match="5 is not a valid OfferOutcome"):
        OfferOutcome(5)
    with pytest.raises(msgspec.ValidationError, match="Expected `str`, got `int`"):
        msgspec.json.decode(b'{"status":5}', type=Row)


def test_two_classes_may_have_the_same_word_and_mean_different_things() -> None:
    assert OfferOutcome.DECLINED == PaymentStatus.DECLINED == "declined"
    assert OfferOutcome.DECLINED is not PaymentStatus.DECLINED  # type: ignore[comparison-overlap]
