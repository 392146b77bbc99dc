"""A token for somebody on file, without a login: for whoever may read the key file. Ordered by `dispatch token`."""

from contextlib import closing
from typing import Final

from dispatch.errors import SettingError
from dispatch.identity.people import principal
from dispatch.identity.tokens import Claims, make_token
from dispatch.phones import read_phone
from dispatch.storage.failures import explained
from dispatch.storage.file.key_file import keys_of
from dispatch.storage.people import people
from dispatch.storage.tables.opening import open_read_only
from dispatch.storage.tables.region import kept_region
from dispatch.words import PersonRole, PersonStatus

WANTED: Final = "driver:, passenger: or staff: and a phone number or an id, as driver:+27821234568"


def token_for(path: str, who: str, ttl_s: float, now: float) -> str:
    """An access token for this person (`driver:+27821234568`) that holds for `ttl_s` seconds from Unix second `now` on.

    Raises SettingError for somebody who is not on file in that role, BadKeys, DatabaseError.
    """
    role_name, colon, named = who.partition(":")
    role = PersonRole(role_name)
    if not colon or not role.is_known or not named:
        raise SettingError("as", f"--as must be {WANTED}, got {who!r}")
    with closing(open_read_only(path)) as db, explained(path):
        region = kept_region(db)
        phone = read_phone(named, region)
        person = people.person(db, people.named(db, named, region)) or (people.find(db, phone) if phone else None)
    own = person.as_(role) if person is not None else None
    if person is None or own is None:
        raise SettingError("as", f"there is no {role} {named} in {path}; `dispatch people add` makes one")
    if own.status == PersonStatus.SUSPENDED:
        raise SettingError("as", f"{role} {named} is suspended")
    claims = Claims(principal(person.person_id, own), "", int(now), int(now + ttl_s))
    return make_token(claims, keys_of(path, now))
