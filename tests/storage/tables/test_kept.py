"""What a file keeps about itself."""

from contextlib import closing
from pathlib import Path

from dispatch.storage.tables.kept import keep, kept
from dispatch.storage.tables.opening import open_database


def test_the_last_value_under_a_name_is_kept(path: Path) -> None:
    with closing(open_database(path)) as db:
        assert kept(db, "a") == ""
        keep(db, "a", "1")
        keep(db, "b", "2")
        keep(db, "a", "3")
    with closing(open_database(path)) as db:
        assert (kept(db, "a"), kept(db, "b"), kept(db, "c")) == ("3", "2", "")
