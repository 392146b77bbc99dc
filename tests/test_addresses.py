"""Addresses are spelled in one place, and messages carry them and other plain data, never references."""

import ast
from pathlib import Path
from types import ModuleType
from typing import get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch import addresses, values
from dispatch.ids import DriverId, Number, RideId
from dispatch.messages import commands, events, journal, matching, notices
from dispatch.messages.base import Message
from dispatch.transport import wire

ROOT = Path(__file__).parent.parent
KINDS = (addresses.RIDE, addresses.DRIVER, addresses.DISPATCHER, addresses.SESSION)


def messages_of(module: ModuleType) -> list[type[Message]]:
    """The messages that are written in this module, without those that others are built on."""
    own = (kind for kind in vars(module).values() if isinstance(kind, type) and kind.__module__ == module.__name__)
    return [kind for kind in own if issubclass(kind, Message) and not kind.__subclasses__()]


MESSAGES = [kind for module in (commands, events, journal, matching, notices) for kind in messages_of(module)]
CARDS = [kind for kind in vars(values).values() if isinstance(kind, type) and issubclass(kind, msgspec.Struct)]
PLAIN = {
    msgspec.inspect.StrType: 'Zoë\'s "27" \U0001f695',
    msgspec.inspect.IntType: -(2**63),
    msgspec.inspect.FloatType: 0.1 + 0.2,
    msgspec.inspect.BoolType: True,
    msgspec.inspect.NoneType: None,
}
"""All that a message may be made of, beside structs, words, tuples and dictionaries of such."""
each_message = pytest.mark.parametrize("kind", MESSAGES, ids=lambda kind: kind.__name__)

ids = st.text(min_size=1, max_size=12)


# -- addresses


def test_an_address_reads_as_kind_and_name() -> None:
    assert addresses.ride(RideId("42")) == "ride/42"
    assert addresses.driver(DriverId("27821234568")) == "driver/27821234568"
    assert addresses.dispatcher("0") == "dispatcher/0"
    assert addresses.tracker("0") == "tracker/0"
    assert addresses.session((1, 7)) == "session/1.7"
    assert addresses.JOURNAL == "journal"


@given(ids)
def test_whatever_an_id_looks_like_its_address_gives_it_back(name: str) -> None:
    spelled = {
        "ride": addresses.ride(RideId(name)),
        "driver": addresses.driver(DriverId(name)),
        "dispatcher": addresses.dispatcher(name),
    }
    for kind, address in spelled.items():
        assert addresses.kind_of(address) == kind
        assert addresses.name_of(address) == name


@given(ids, ids)
def test_two_ids_never_share_an_address_nor_do_a_ride_and_a_driver(one: str, other: str) -> None:
    assert (addresses.ride(RideId(one)) == addresses.ride(RideId(other))) is (one == other)
    assert addresses.ride(RideId(one)) != addresses.driver(DriverId(other))


@given(st.tuples(st.integers(0, 2**53), st.integers(0, 2**53)))
def test_a_session_is_named_by_its_number(number: Number) -> None:
    opened, count = addresses.name_of(addresses.session(number)).split(".")
    assert (int(opened), int(count)) == number


def test_an_address_without_a_name_is_a_kind_alone() -> None:
    assert (addresses.kind_of(addresses.JOURNAL), addresses.name_of(addresses.JOURNAL)) == ("journal", "")


def test_no_other_file_of_the_server_spells_an_address() -> None:
    spelled = []
    for file in sorted((ROOT / "dispatch").rglob("*.py")):
        tree = ast.parse(file.read_text("utf-8"))
        texts = [part for part in ast.walk(tree) if isinstance(part, ast.Constant)]
        if file.name != "addresses.py":
            spelled += [f"{file.relative_to(ROOT)}:{part.lineno}" for part in texts if _is_an_address(part.value)]
    assert spelled == []


def _is_an_address(text: object) -> bool:
    kind, slash, name = str(text).partition("/")
    # A pattern over all addresses of a kind, and a page, name none.
    is_name = "*" not in name and not name.endswith(".html")
    return kind in KINDS and bool(slash) and is_name


# -- messages


def test_no_two_messages_share_a_name() -> None:
    names = [kind.__name__ for kind in MESSAGES]
    assert sorted(set(names)) == sorted(names)
    assert len(names) > 40


def test_a_message_is_called_by_its_class_and_a_notice_that_is_a_frame_as_apps_know_it() -> None:
    called = {kind.__struct_config__.tag for kind in MESSAGES if kind.__struct_config__.tag != kind.__name__}
    frames = (*wire.TO_PASSENGER_FRAMES, *wire.TO_DRIVER_FRAMES, *wire.TO_STAFF_FRAMES)
    assert called <= {frame.__struct_config__.tag for frame in frames}


def test_every_event_is_in_the_union_that_the_journal_reads() -> None:
    assert tuple(messages_of(events)) == events.EVENT_TYPES


def test_every_notice_is_in_the_union_that_sessions_read() -> None:
    assert tuple(messages_of(notices)) == get_args(notices.Notice)


@each_message
def test_a_message_says_what_it_is_for(kind: type[Message]) -> None:
    assert kind.__doc__


@pytest.mark.parametrize("kind", [*MESSAGES, *CARDS], ids=lambda kind: kind.__name__)
def test_what_actors_share_is_frozen_and_weighs_nothing_on_the_collector(kind: type[msgspec.Struct]) -> None:
    assert not kind.__struct_config__.gc
    assert kind.__struct_config__.frozen or kind is values.Fix, "a fix is the board's own and is moved in place"


@each_message
@pytest.mark.parametrize("full", [True, False], ids=["full", "bare"])
def test_a_message_is_plain_data_and_comes_back_equal_from_its_canonical_bytes(kind: type[Message], full: bool) -> None:
    message = an_example_of(msgspec.inspect.type_info(kind), full)
    written = msgspec.json.encode(message)
    assert msgspec.json.decode(written)["type"] == kind.__struct_config__.tag
    again = msgspec.json.decode(written, type=kind)
    assert again == message
    assert msgspec.json.encode(again) == written


def an_example_of(kind: msgspec.inspect.Type, full: bool) -> object:
    """Something of this type, with all that may be left out, or without. A KeyError: the type is no plain data."""
    match kind:
        case msgspec.inspect.StructType():
            fields = [field for field in kind.fields if full or field.required]
            return kind.cls(**{field.name: an_example_of(field.type, full) for field in fields})
        case msgspec.inspect.EnumType():
            return next(iter(kind.cls))
        case msgspec.inspect.UnionType():
            return an_example_of(kind.types[0 if full else -1], full)
        case msgspec.inspect.VarTupleType():
            return (an_example_of(kind.item_type, full),) * 2
        case msgspec.inspect.TupleType():
            return tuple(an_example_of(item, full) for item in kind.item_types)
        case msgspec.inspect.DictType():
            return {an_example_of(kind.key_type, full): an_example_of(kind.value_type, full)}
    return PLAIN[type(kind)]
