"""Orders of the command line, to a file that nobody owns and to one that is served."""

from pathlib import Path

import pytest

from dispatch.control import Done, NoAnswer, OrderRefused, done, have_done, refused
from dispatch.storage.failures import StorageMissing, StorageOwned
from dispatch.storage.file.owner import owned
from dispatch.storage.tools.blocks import NobodyThere
from dispatch.storage.tools.orders import BlockPair, SeedPeople


def test_who_finds_the_file_free_does_it_and_says_whether_it_was_made(tmp_path: Path) -> None:
    path = str(tmp_path / "rides.db")
    with pytest.raises(StorageMissing):
        have_done(path, BlockPair("p", "d"))
    assert list(tmp_path.iterdir()) == []
    assert have_done(path, SeedPeople(0), make=True) == Done({"passengers": 1, "drivers": 1}, made=True)
    assert have_done(path, SeedPeople(1), make=True) == Done({"passengers": 0, "drivers": 1}, made=False)
    with pytest.raises(NobodyThere):
        have_done(path, BlockPair("p", "d"))


def test_an_owner_that_takes_no_orders_is_named(tmp_path: Path) -> None:
    path = str(tmp_path / "rides.db")
    have_done(path, SeedPeople(0), make=True)
    with owned(path), pytest.raises(StorageOwned, match="belongs to process"):
        have_done(path, SeedPeople(1))


@pytest.mark.parametrize(
    ("line", "outcome"),
    [
        (done({"news": True}), Done({"news": True})),
        (refused("no_such_person", "there is no driver 9"), (OrderRefused, "there is no driver 9")),
        (b"hello", (NoAnswer, "something else than an answer: b'hello'")),
        (b'{"what": {}}', (NoAnswer, "something else")),
    ],
)
def test_an_owner_that_is_asked_has_its_answer_passed_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: bytes, outcome: Done | tuple[type[Exception], str]
) -> None:
    path = str(tmp_path / "rides.db")
    have_done(path, SeedPeople(0), make=True)
    monkeypatch.setattr("dispatch.control.ask", lambda file, order, within_s: line)
    with owned(path):
        if isinstance(outcome, Done):
            assert have_done(path, SeedPeople(1)) == outcome
        else:
            with pytest.raises(outcome[0], match=outcome[1]):
                have_done(path, SeedPeople(1))
