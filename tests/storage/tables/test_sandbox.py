"""A sandbox and people never share a file."""

from contextlib import closing
from pathlib import Path

import pytest

from dispatch.storage.log.on_file import Writer
from dispatch.storage.tables.opening import open_database
from dispatch.storage.tables.sandbox import IsASandbox, IsNoSandbox, is_sandbox, marked_sandbox, require_no_sandbox
from dispatch.storage.tools.seed import seed
from sim.sandbox.cast import put_on_file


def test_a_new_file_becomes_a_sandbox_and_stays_one(path: Path) -> None:
    with closing(open_database(path)) as db:
        require_no_sandbox(db, path)
        marked_sandbox(db, path)
    with closing(Writer(path)) as writer:
        put_on_file(writer, 3, 1.0)
    with closing(open_database(path)) as db:
        assert is_sandbox(db)
        marked_sandbox(db, path)
        with pytest.raises(IsASandbox) as refused:
            require_no_sandbox(db, path)
    assert str(refused.value).startswith(f"{path} is a sandbox")


def test_a_file_that_holds_people_is_given_to_no_sandbox(path: Path) -> None:
    seed(path)
    with closing(open_database(path)) as db:
        with pytest.raises(IsNoSandbox) as refused:
            marked_sandbox(db, path)
        assert not is_sandbox(db)
        require_no_sandbox(db, path)
    assert "name another file" in str(refused.value)
