"""`dispatch people …`: who is on file."""

import shutil
import sys
import time
from typing import Any

import click

from dispatch.commands.shared import LATER, as_json_lines, have_done
from dispatch.config import Resolved
from dispatch.config.flags import with_settings
from dispatch.text import json_line, say

WRITTEN_ANEW = "the file was written anew; copies of it that you keep still have the person (docs/PRIVACY.md)"


@click.group()
def people() -> None:
    """Let people in: passengers, drivers and staff. Works also while a server runs. Phones may be written in any form."""


_of_role = click.option(
    "--role", required=True, type=click.Choice(["passenger", "driver", "staff"]), help="as what they are on file"
)
_whole_phones = click.option("--phones", is_flag=True, help="print phones whole")


@people.command("add")
@_of_role
@click.option("--phone", required=True, metavar="PHONE", help="each phone is one person's")
@click.option("--name", required=True, metavar="TEXT", help="first name first")
@click.option("--manager", is_flag=True, help="staff who may also change staff and fares")
@click.option("--vehicle-type", default="", metavar="TEXT", help="of a driver  [sedan]")
@click.option("--registration", default="", metavar="TEXT", help="of a driver's vehicle  [-]")
@as_json_lines
@with_settings("db", "phone_region")
def add_person(resolved: Resolved, role: str, manager: bool, as_json: bool, **person: Any) -> None:
    """Put one person on file, making the file where it is not.

    Whoever has this phone already keeps the id, with rating and history, and has this role as well.
    """
    from dispatch.storage.tools.people_orders import AddPerson
    from dispatch.words import PersonRole

    settings = resolved.settings
    order = AddPerson(role=PersonRole(role), is_manager=manager, phone_region=settings.phone_region, **person)
    _say_person(have_done(settings.db, order, make=True), as_json, "is on file", "was on file like that")


@people.command("import")
@click.argument("file", metavar="FILE.csv")
@_of_role
@click.option("--skip-bad", is_flag=True, help="take all rows but those with mistakes")
@as_json_lines
@with_settings("db", "phone_region", "time_zone")
def import_people(resolved: Resolved, file: str, role: str, skip_bad: bool, as_json: bool) -> int:
    """Put all people of FILE.csv on file, making the database where it is not. A mistake in a row leaves everything as it was.

    The first line names the columns: phone and name; of drivers also vehicle_type and registration, and for each document
    <kind>_expires (its last day, 2027-03-31) and <kind>_number. Imported again, the file changes only what is different.
    Exit status 1 when rows were skipped.
    """
    from dispatch.storage.tools.people_orders import ImportPeople, read_list
    from dispatch.words import PersonRole

    settings = resolved.settings
    order = ImportPeople(
        role=PersonRole(role),
        text=read_list(file),
        skip_bad=skip_bad,
        phone_region=settings.phone_region,
        time_zone=settings.time_zone,
    )
    answer = have_done(settings.db, order, make=True)
    if as_json:
        say(json_line(answer))
    else:
        for mistake in answer["mistakes"]:
            say(f"skipped: {mistake}", error=True)
        say(f"{settings.db}: {answer['added']} added, {answer['changed']} changed, {answer['same']} as they were")
    return int(bool(answer["mistakes"]))


@people.command("list")
@click.option("--role", type=click.Choice(["passenger", "driver", "staff"]), help="only people of this role")
@_whole_phones
@as_json_lines
@with_settings("db", "time_zone", "document_warning")
def list_people(resolved: Resolved, role: str | None, phones: bool, as_json: bool) -> None:
    """Print who is on file, by name, and whose documents have ended or end soon (document_warning). Phones are masked."""
    from dispatch.storage.tools.people_show import listed
    from dispatch.storage.tools.show_text import lines
    from dispatch.words import PersonRole

    settings = resolved.settings
    found = listed(
        settings.db,
        PersonRole(role) if role else None,
        time.time(),
        settings.time_zone,
        settings.document_warning_s,
        full_phones=phones,
    )
    if as_json:
        for row in found:
            say(json_line(row))
        return
    for line in lines(found, shutil.get_terminal_size().columns if sys.stdout.isatty() else None):
        say(line)


@people.command("show")
@click.argument("who")
@_whole_phones
@as_json_lines
@with_settings("db", "phone_region", "time_zone", "document_warning")
def show_person(resolved: Resolved, who: str, phones: bool, as_json: bool) -> None:
    """Print what is on file about WHO, a phone or an id."""
    from dispatch.storage.tools.people_show import shown

    settings = resolved.settings
    found = shown(
        settings.db,
        who,
        time.time(),
        settings.time_zone,
        settings.document_warning_s,
        phone_region=settings.phone_region,
        full_phones=phones,
    )
    if as_json:
        say(json_line(found))
        return
    documents = found.pop("documents")
    for name, value in found.items():
        if value not in ("", None):
            say(f"{name:<14}{value}")
    for document in documents:
        say(f"{'document':<14}{document['kind']} {document['number']} until {document['last_day']}")


@people.command("suspend")
@click.argument("who")
@click.option("--role", type=click.Choice(["passenger", "driver", "staff"]), help="only in this role  [all of them]")
@as_json_lines
@with_settings("db", "phone_region")
def suspend(resolved: Resolved, who: str, role: str | None, as_json: bool) -> None:
    """Log WHO out, and let nobody log in as WHO until `activate`."""
    _set_status(resolved, who, "suspended", role, as_json)


@people.command("activate")
@click.argument("who")
@click.option("--role", type=click.Choice(["passenger", "driver", "staff"]), help="only in this role  [all of them]")
@as_json_lines
@with_settings("db", "phone_region")
def activate(resolved: Resolved, who: str, role: str | None, as_json: bool) -> None:
    """Let WHO, who was suspended, act again."""
    _set_status(resolved, who, "active", role, as_json)


@people.command("change")
@click.argument("who")
@click.option("--name", metavar="TEXT", help="another name")
@click.option("--vehicle-type", metavar="TEXT", help="another type of vehicle, of a driver")
@click.option("--registration", metavar="TEXT", help="another plate, of a driver")
@as_json_lines
@with_settings("db", "phone_region")
def change_person(resolved: Resolved, who: str, as_json: bool, **fields: Any) -> None:
    """Give WHO, a phone or an id, another name, or the driver WHO another vehicle. What is not named stays as it is."""
    from dispatch.storage.tools.people_orders import ChangePerson

    if not any(text is not None for text in fields.values()):
        raise click.UsageError("name what is to change: --name, --vehicle-type or --registration")
    settings = resolved.settings
    order = ChangePerson(who=who, phone_region=settings.phone_region, **fields)
    _say_person(have_done(settings.db, order), as_json, "is changed", "was like this already")


@people.command("move-phone")
@click.argument("old")
@click.argument("new")
@as_json_lines
@with_settings("db", "phone_region")
def move_phone(resolved: Resolved, old: str, new: str, as_json: bool) -> None:
    """Give whoever has the phone OLD (or this id) the phone NEW. Rating, rides and documents stay theirs."""
    from dispatch.storage.tools.people_orders import MovePhone

    settings = resolved.settings
    order = MovePhone(who=old, phone=new, phone_region=settings.phone_region)
    _say_person(have_done(settings.db, order), as_json, "has this phone now", "has this phone already")


@people.command("document")
@click.argument("who")
@click.option("--kind", required=True, metavar="WORD", help="licence, permit, insurance, …")
@click.option("--expires", required=True, metavar="DAY", help="the last day on which it holds: 2027-03-31")
@click.option("--number", default="", metavar="TEXT", help="what stands on it")
@as_json_lines
@with_settings("db", "phone_region", "time_zone")
def keep_document(resolved: Resolved, who: str, as_json: bool, **document: Any) -> None:
    """Put a document of the driver WHO on file. A newer one of its kind replaces it.

    `people list` marks documents that have ended or end within two weeks. A driver with an ended one is offered no rides.
    """
    from dispatch.storage.tools.people_orders import KeepDocument

    settings = resolved.settings
    order = KeepDocument(who=who, phone_region=settings.phone_region, time_zone=settings.time_zone, **document)
    _say_person(have_done(settings.db, order), as_json, "has this document on file", "had this document on file")


@people.command("remove")
@click.argument("who")
@as_json_lines
@with_settings("db", "phone_region")
def remove_person(resolved: Resolved, who: str, as_json: bool) -> int:
    """Take WHO, a phone or an id, out of the database for good. It cannot be undone.

    A pseudonym takes the place of the id, name and phone in every event and row; what people wrote about the rides of WHO is emptied,
    places are kept to about a kilometre. Then the file is written anew. A running server logs WHO out first. Refused while a ride of
    WHO is open or not paid. Exit status 1 when free pages of the file may still have something of WHO.
    """
    from dispatch.storage.tools.privacy_orders import RemovePerson
    from dispatch.text import counted

    path = resolved.settings.db
    answer = have_done(path, RemovePerson(who=who, phone_region=resolved.settings.phone_region))
    if as_json:
        say(json_line(answer))
    else:
        say(
            f"{path}: in {counted(answer['events'], 'event')} and all rows {answer['pseudonym']} stands for the person now"
        )
        say(f"{path}: {answer['unwiped'] + LATER if answer['unwiped'] else WRITTEN_ANEW}")
    return int(bool(answer["unwiped"]))


def _set_status(resolved: Resolved, who: str, status: str, role: str | None, as_json: bool) -> None:
    from dispatch.storage.tools.people_orders import SetStatus
    from dispatch.words import PersonRole, PersonStatus

    settings = resolved.settings
    order = SetStatus(
        who=who,
        status=PersonStatus(status),
        role=PersonRole(role) if role else None,
        phone_region=settings.phone_region,
    )
    _say_person(have_done(settings.db, order), as_json, f"is {status}", f"was {status} already")


def _say_person(answer: dict[str, Any], as_json: bool, news: str, old: str) -> None:
    from dispatch.masking.phones import masked, masked_id

    person = answer["person"]
    if as_json:
        shown = {**person, "id": masked_id(person["id"]), "phone": masked(person["phone"])}
        say(json_line({**answer, "person": shown}))
        return
    say(f"{person['name']} ({masked(person['phone'])}) {news if answer['news'] else old}")
