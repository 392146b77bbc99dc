"""`dispatch db …`: make, read, look after and copy the database."""

import shutil
import sys
import time
from typing import Any

import click

from dispatch.commands.shared import LATER, as_json_lines, have_done
from dispatch.config import Resolved
from dispatch.config.flags import with_settings
from dispatch.text import counted, json_line, say
from dispatch.timestamps import rfc3339

FINDINGS_TOLD = 50


@click.group()
def db() -> None:
    """Make and read the database."""


@db.command()
@with_settings("db")
def seed(resolved: Resolved) -> None:
    """Create the first passenger and driver and a demo fleet. What is there already stays."""
    from dispatch import control
    from dispatch.storage.tools.orders import SeedPeople

    path = resolved.settings.db
    added, made = control.have_done(path, SeedPeople(), make=True)
    if made:
        say(f"{path}: a new database")
    say(f"{path}: {counted(added['passengers'], 'passenger')} and {counted(added['drivers'], 'driver')} added")


@db.command()
@click.argument(
    "what",
    type=click.Choice(
        [
            *("rides", "drivers", "passengers", "offers", "quotes", "events", "tracks"),
            *("ratings", "charges", "blocked_pairs", "people", "roles", "documents"),
            *("login_codes", "login_failures", "login_sessions", "staff_requests", "devices"),
        ],
    ),
)
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="newest rows shown")
@click.option("--status", help="only rows of this status")
@click.option("--ride", help="only rows of this ride")
@click.option("--phones", is_flag=True, help="print phones whole")
@click.option("--json", "as_json", is_flag=True, help="print one JSON object a line")
@with_settings("db")
def show(
    resolved: Resolved, what: str, limit: int, status: str | None, ride: str | None, phones: bool, as_json: bool
) -> None:
    """Print what the database holds, the newest last. Phones are masked.

    A table where it fits the terminal, else a block for each row; into a pipe always a table, whole.
    """
    from dispatch.storage.tools.show import rows
    from dispatch.storage.tools.show_text import lines

    found = rows(resolved.settings.db, what, status=status, ride=ride, limit=limit, full_phones=phones)
    if as_json:
        for row in found:
            say(json_line(row))
        return
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    for line in lines(found, width):
        say(line)


@db.command()
@with_settings("db")
def check(resolved: Resolved) -> int:
    """Look at all of the database: every page, every event, and whether rides and drivers are what the events make them.

    Also while a server runs. Prints a line for each finding; exit status 1 when there are any. What `serve` looks at when it starts is
    less.
    """
    from dispatch.storage.health.check import findings
    from dispatch.storage.tables.sandbox import holds_sandbox

    path, found = resolved.settings.db, 0
    for found, finding in enumerate(findings(path), 1):
        if found <= FINDINGS_TOLD:
            say(f"{path}: {finding}")
    if found > FINDINGS_TOLD:
        say(f"{path}: and {found - FINDINGS_TOLD} more")
    if not found:
        say(f"{path} is a sandbox, and sound" if holds_sandbox(path) else f"{path} is sound")
    return int(found > 0)


@db.command("mend")
@click.option("--dry-run", is_flag=True, help="say what would be done, and change nothing")
@with_settings("db")
def mend_file(resolved: Resolved, dry_run: bool) -> None:
    """End what cannot be true in a file whose events contradict one another, so that it can be served again. Not while it is served.

    Of two rides of one driver the later is cancelled by `system`; a ride that has two drivers is cancelled too. Impossible events
    stay in the file and count no more. Prints what was found and what was done.
    """
    from dispatch.storage.health.mend import mend

    path = resolved.settings.db
    found, done = mend(path, now=time.time(), dry_run=dry_run)
    for finding in found:
        say(f"{path}: {finding}")
    for deed in done:
        say(f"{path}: {deed}" + (" (not done: --dry-run)" if dry_run else ""))
    if not found:
        say(f"{path} does not contradict itself, and was not changed")


@db.command()
@click.option("--dry-run", is_flag=True, help="only say what would change; also while a server runs")
@with_settings("db", "phone_region")
def phones(resolved: Resolved, dry_run: bool) -> None:
    """Bring the ids of an older file into the one form of phone numbers, so that each number is one person. Stop the server before.

    People who become one are merged, with their rides and ratings. Two who had rides or offers at the same time stay two: both are
    listed. --phone-region is kept in the file. All of it is one transaction; try --dry-run first.
    """
    from dispatch.storage.file.owner import owned
    from dispatch.storage.tools.phone_ids import bring_over, plan_of, told

    path, region = resolved.settings.db, resolved.settings.phone_region
    if dry_run:
        plan, region = plan_of(path, region)
        changed = None
    else:
        with owned(path):
            plan, region, changed = bring_over(path, region)
    for line in told(plan, region, changed):
        say(f"{path}: {line}")


@db.command()
@click.option("--dry-run", is_flag=True, help="only say what would go; also while a server runs")
@as_json_lines
@with_settings("db", "retention")
def purge(resolved: Resolved, dry_run: bool, as_json: bool) -> int:
    """Take out what is older than it is kept (settings keep_…_days): tracks, quotes, addresses. Works also while a server runs.

    Points are kept to about a kilometre, addresses and notes are emptied. Who rode when, with whom and for how much stays. Then the
    file is written anew. Exit status 1 when its free pages may still have something of it.
    """
    from dispatch.config.options import options_of
    from dispatch.storage.people.retention import Keep
    from dispatch.storage.tools.privacy_orders import PurgeOld, would_go

    path, keep = resolved.settings.db, options_of(Keep, resolved.settings)
    answer = would_go(path, keep, time.time()) if dry_run else have_done(path, options_of(PurgeOld, resolved.settings))
    unwiped = answer.get("unwiped", "")
    if as_json:
        say(json_line(answer))
        return int(bool(unwiped))
    for kind, gone in answer["gone"].items():
        days = getattr(keep, f"keep_{kind}_days")
        kept = f"kept for {counted(days, 'day')}" if days else f"kept for ever (keep_{kind}_days = 0)"
        aged = f", from {rfc3339(gone['oldest'])} to {rfc3339(gone['newest'])}" if gone["count"] else ""
        say(f"{path}: {kind}, {kept}: {gone['count']:,} {'would go' if dry_run else 'are gone'}{aged}")
    if unwiped:
        say(f"{path}: {unwiped}{LATER}")
    return int(bool(unwiped))


@db.command("block")
@click.argument("passenger")
@click.argument("driver")
@with_settings("db", "phone_region")
def block_pair(resolved: Resolved, passenger: str, driver: str) -> None:
    """Keep a passenger and a driver apart, from the passenger's next search on. Works also while a server runs.

    Takes their ids, or their phone numbers in any written form (`"+27 82 123 4567"`).
    """
    from dispatch.storage.tools.orders import BlockPair

    settings = resolved.settings
    answer = have_done(settings.db, BlockPair(passenger, driver, settings.phone_region))
    say("they are never offered to one another" if answer["news"] else "they were kept apart before")


@db.command("unblock")
@click.argument("passenger")
@click.argument("driver")
@with_settings("db", "phone_region")
def unblock_pair(resolved: Resolved, passenger: str, driver: str) -> None:
    """Let a passenger and a driver who were kept apart meet again."""
    from dispatch.storage.tools.orders import UnblockPair

    settings = resolved.settings
    answer = have_done(settings.db, UnblockPair(passenger, driver, settings.phone_region))
    say("they may meet again" if answer["news"] else "nobody kept them apart")


@db.command("backup")
@click.argument("to", metavar="FILE")
@click.option("--with-keys", is_flag=True, help="put the keys of logins beside it; whoever has them can act as anybody")
@click.option("--force", is_flag=True, help="replace FILE if it is there")
@click.option("--keep", type=click.IntRange(1), metavar="N", help="in a folder: remove all but the N latest backups")
@click.option("--json", "as_json", is_flag=True, help="print one JSON object")
@with_settings("db")
def back_up_file(resolved: Resolved, to: str, with_keys: bool, force: bool, keep: int | None, as_json: bool) -> None:
    """Copy the database to FILE, also while a server runs, and look at all of the copy. FILE is whole, or it is not there.

    The copy has all that was committed when the command began. If FILE is a folder, the copy is named by the time. Exit status 1 when
    no sound copy was made.
    """
    from dispatch.storage.tools.backup import back_up, is_folder, thin_out

    if keep is not None and not is_folder(to):
        raise click.UsageError(f"--keep counts the backups of a folder, and {to} is none")
    path, began = resolved.settings.db, time.monotonic()
    copy = back_up(path, to, with_keys=with_keys, force=force)
    gone = thin_out(copy.file, path, keep) if keep is not None else []
    if as_json:
        told = _figures(copy) | {"seconds": round(time.monotonic() - began, 3), "removed": [str(file) for file in gone]}
        say(json_line(told))
        return
    say(f"{path}: {_told(copy)} are in {copy.file}, {copy.size / 1e6:,.1f} MB, sound, {time.monotonic() - began:.1f} s")
    say(
        f"{path}: the keys of logins are beside it, and whoever has them can act as anybody"
        if copy.has_keys
        else f"{path}: the keys of logins are not in it; where they are lost, everybody logs in again"
    )
    if copy.is_older:
        say(f"{path}: an older dispatch wrote it; this one can update the copy")
    for file in gone:
        say(f"{path}: removed {file}")


@db.command("restore")
@click.argument("backup", metavar="BACKUP")
@click.option("--json", "as_json", is_flag=True, help="print one JSON object")
@with_settings("db")
def restore_file(resolved: Resolved, backup: str, as_json: bool) -> None:
    """Put a copy of BACKUP in the place of the database. Not while it is served. The file of before stays, as FILE.before-1.

    BACKUP is looked at whole, and refused if it is not sound. What happened after it was made is not in the file any more.
    """
    from dispatch.storage.tools.backup import restore

    path = resolved.settings.db
    copy, aside, returned, unnamed = restore(backup, path)
    if as_json:
        told = {"aside": None if aside is None else str(aside), "returned": returned, "returned_unnamed": unnamed}
        say(json_line(_figures(copy) | told))
        return
    say(f"{path}: restored from {backup}: {_told(copy)}, sound")
    if copy.has_keys:
        say(f"{path}: the keys of logins beside the backup are the file's now")
    if aside is not None:
        say(f"{path}: the file of before is {aside}")
    if returned or unnamed:
        people = counted(len(returned) + unnamed, "person", "people")
        say(f"{path}: {people} removed since then stand in it again (docs/PRIVACY.md)", error=True)
    for ident in returned:
        say(f"{path}: remove again: dispatch people remove {ident}", error=True)


def _figures(copy: Any) -> dict[str, Any]:
    """What programs are told of a copy."""
    newest = rfc3339(copy.newest_at) if copy.events else None
    figures = {"file": str(copy.file), "rides": copy.rides, "events": copy.events, "newest_at": newest}
    return figures | {"bytes": copy.size, "is_older": copy.is_older, "has_keys": copy.has_keys}


def _told(copy: Any) -> str:
    """The same for people."""

    upto = f" up to {rfc3339(copy.newest_at)}" if copy.events else ""
    return f"{counted(copy.rides, 'ride')} and {counted(copy.events, 'event')}{upto}"
