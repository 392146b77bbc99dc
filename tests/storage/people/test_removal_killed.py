"""A process that is killed while it removes somebody leaves a file with all of the person, or one that knows what is left to do."""

import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from dispatch.identity.people import NoSuchPerson
from dispatch.storage.health.check import UNWIPED, findings
from dispatch.storage.log.on_file import Writer
from dispatch.storage.tools.orders import perform
from dispatch.storage.tools.privacy_orders import RemovePerson
from tests.storage.people import killed
from tests.storage.people.test_removal import ROSA, WRITTEN, bytes_of, fill


@pytest.mark.parametrize(
    ("text", "times", "is_removed", "is_due"),
    [
        ("BEGIN", 1, False, False),
        ("UPDATE EVENTS", 3, False, False),
        ("COMMIT", 1, False, False),
        ("PRAGMA WAL_CHECKPOINT", 1, True, True),
        ("VACUUM", 1, True, True),
        ("PRAGMA WAL_CHECKPOINT", 2, True, True),
        ("PRAGMA USER_VERSION = 0", 1, True, True),
    ],
)
def test_asking_again_ends_what_a_kill_cut_short(
    writer: Writer, path: Path, text: str, times: int, is_removed: bool, is_due: bool
) -> None:
    fill(writer)
    writer.close()
    command = [sys.executable, killed.__file__, str(path), ROSA.phone, text, str(times)]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    assert list(findings(path)) == ([UNWIPED] if is_due else [])
    with closing(Writer(path)) as after:
        if is_removed:
            with pytest.raises(NoSuchPerson):
                perform(after, RemovePerson(who=ROSA.phone), 12_001.0)
        else:
            assert perform(after, RemovePerson(who=ROSA.phone), 12_001.0)["unwiped"] == ""
        assert [word for word in WRITTEN[ROSA.passenger_id] if word in bytes_of(path)] == []
    assert list(findings(path)) == []
