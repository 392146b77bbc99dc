"""Whether the database and the keys beside it can be used, and what is on file of people and phones."""

import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

from dispatch.config import Settings, must_log_in
from dispatch.doctor.findings import OK, PROBLEM, WARNING, Found
from dispatch.errors import DatabaseError, DispatchError
from dispatch.storage.failures import OlderSchema, StorageLinked, StorageReadOnly, may_write
from dispatch.storage.file.header import require_whole
from dispatch.storage.file.key_file import keys_path, read_keys
from dispatch.storage.file.owner import owner_of
from dispatch.storage.health.startup_check import page_faults, schema_faults
from dispatch.storage.tables.opening import reading
from dispatch.storage.tables.region import kept_region
from dispatch.storage.tables.sandbox import holds_sandbox
from dispatch.timestamps import time_told

WALKED_BYTES: Final = 2**30
"""Every page of a file up to this size is read. `dispatch db check` reads all of any."""
OLD_KEY_S: Final = 366 * 86_400.0


def file(path: str) -> Found:
    """Whether the file is there and sound as far as a start looks, or can be made."""
    real = Path(os.path.realpath(path))
    served_by = owner_of(path)
    if not real.exists():
        if not real.parent.is_dir():
            yield PROBLEM, f"the directory {real.parent} does not exist: make it, or name another file with --db"
        elif not may_write(real.parent):
            yield (
                PROBLEM,
                f"nothing can be made in {real.parent}: let this user write there, or name another file with --db",
            )
        else:
            yield OK, f"{path} is not there yet: `dispatch serve` makes it"
        return
    try:
        _require_usable(path, real)
        faults, sandbox = _faults(path, real), holds_sandbox(path)
    except OlderSchema:
        yield (
            WARNING,
            f"{path} is of an older version: back it up (`dispatch db backup`); the next `dispatch serve` changes it",
        )
        return
    except DatabaseError as error:
        yield PROBLEM, str(error)
        return
    if faults:
        yield (
            PROBLEM,
            f"{path} is damaged ({faults[0]}): stop the server and read docs/DATABASE.md before you start it again",
        )
    elif sandbox and not served_by:
        yield PROBLEM, f"{path} is a sandbox, in which anybody can be anybody: name another file with --db"
    else:
        yield OK, f"{path} is sound as far as a start looks" + (f", and served by {served_by}" if served_by else "")


def _require_usable(path: str, real: Path) -> None:
    if not may_write(real) or not may_write(real.parent):
        raise StorageReadOnly(path)
    if real.is_file() and (names := real.stat().st_nlink) > 1:
        raise StorageLinked(path, names)
    require_whole(path)


def _faults(path: str, real: Path) -> list[str]:
    with reading(path) as db:
        walks = page_faults(db, "quick_check(5)") if real.stat().st_size <= WALKED_BYTES else ()
        return [*schema_faults(db), *walks]


def keys(path: str) -> Found:
    """Whether the keys that sign tokens are for their owner alone, and how old they are."""
    try:
        ring = read_keys(path)
    except DispatchError as error:
        yield PROBLEM, str(error)
        return
    if ring is None:
        yield OK, f"there is no {keys_path(path)} yet: the first start makes it"
        return
    made_at = ring.current.made_at
    if time.time() - made_at > OLD_KEY_S:
        yield (
            WARNING,
            f"the key that signs is of {time_told(made_at)}: run `dispatch keys rotate`, which logs nobody out",
        )
    else:
        yield (
            OK,
            f"{len(ring.keys)} in {keys_path(path)}, for its owner alone; the one that signs is of {time_told(made_at)}",
        )


def people(settings: Settings) -> Found:
    """Whether somebody can be at the desk."""
    if not must_log_in(settings):
        yield OK, "nobody has to log in here"
        return
    staff: list[bool] = []
    with suppress(DatabaseError), reading(settings.db) as db:
        found = db.execute("SELECT is_manager FROM roles WHERE role = 'staff' AND status != 'suspended'")
        staff = [bool(is_manager) for (is_manager,) in found.fetchall()]
    add = "`dispatch people add --role staff --manager --phone … --name …`"
    if not staff:
        yield PROBLEM, f"people must log in, and no staff is on file, so nobody can be at the desk: run {add}"
    elif not any(staff):
        yield WARNING, f"no manager is on file, so nobody can do what dispatchers may not: run {add}"
    else:
        yield OK, f"{len(staff)} of staff are on file, {sum(staff)} of them managers"


def phones(settings: Settings) -> Found:
    """Which country phone numbers without a country code are of."""
    region = settings.phone_region
    with suppress(DatabaseError), reading(settings.db) as db:
        region = region or kept_region(db)
    if region:
        yield OK, f"phone numbers without a country code are numbers of {region}"
        return
    level = WARNING if must_log_in(settings) else OK
    yield (
        level,
        "082 123 4567 and +27 82 123 4567 are two people here, because phone_region is not set: name the country",
    )
