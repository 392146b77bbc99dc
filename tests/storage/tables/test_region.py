"""The file keeps the region of phone numbers that name no country."""

from contextlib import closing
from pathlib import Path

import pytest

from dispatch.errors import SettingError
from dispatch.storage.health.check import findings
from dispatch.storage.log.on_file import Reader
from dispatch.storage.tables.opening import open_database
from dispatch.storage.tables.region import agreed_region, kept_region, settled_region
from dispatch.storage.tools.seed import seed
from tests.storage.tools.test_blocks import block


def settle(path: Path, given: str) -> str:
    with closing(open_database(path)) as db:
        return settled_region(db, path, given)


def test_the_first_region_that_is_given_is_kept_and_found_where_none_is_given(path: Path) -> None:
    assert [settle(path, given) for given in ("", "ZA", "", "ZA")] == ["", "ZA", "ZA", "ZA"]
    with closing(Reader(path)) as reader:
        assert reader.phone_region() == "ZA"


def test_another_region_than_the_kept_one_is_refused_with_what_to_do(path: Path) -> None:
    settle(path, "ZA")
    with pytest.raises(SettingError) as refused:
        settle(path, "DE")
    assert str(refused.value) == (
        f"phone_region is DE, but the ids in {path} were written by ZA: leave it out, or rewrite them by"
        " `dispatch db phones --phone-region DE`"
    )
    assert settle(path, "") == "ZA"


def test_whoever_only_reads_numbers_by_a_region_keeps_none(path: Path) -> None:
    with closing(open_database(path)) as db:
        assert agreed_region(db, path, "ZA") == "ZA"
        assert kept_region(db) == ""


def test_a_block_reads_numbers_as_the_server_of_the_file_does(path: Path) -> None:
    seed(path, fleet=0)
    settle(path, "ZA")
    assert block(path, "082 123 4567", "0821234568", now=1.0)
    with pytest.raises(SettingError, match="phone_region is DE, but"):
        block(path, "082 123 4567", "0821234568", now=1.0, phone_region="DE")


def test_a_file_with_a_region_is_sound(path: Path) -> None:
    seed(path)
    settle(path, "ZA")
    assert list(findings(path)) == []
