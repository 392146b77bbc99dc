"""`/api/people`: the operator's people put others on file and keep their files, by the same orders as `dispatch people`.

Dispatchers keep passengers and drivers. What concerns staff is for managers: the order itself refuses others.
"""

from http import HTTPStatus
from typing import Any, Final, Protocol

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dispatch.errors import BadMessage, IdReused, Unavailable
from dispatch.identity.people import NeedsManager, NoSuchPerson, PhoneTaken
from dispatch.messages.base import Command
from dispatch.principals import Principal
from dispatch.transport import wire
from dispatch.transport.http.access import for_staff
from dispatch.transport.http.once import command_of
from dispatch.transport.http.operation import JSON, Operation, described
from dispatch.transport.http.queries import Page, read_query
from dispatch.transport.http.requests import Requests, principal_of, require_json
from dispatch.transport.wire import people as asked

Told = dict[str, Any]
LONGEST_WHO: Final = 200
LIST_BYTES: Final = 4_194_304
"""A list of ten thousand people."""
KEEPING: Final = (IdReused, NoSuchPerson, NeedsManager, Unavailable)


class PeopleQuery(Page, frozen=True, kw_only=True):
    """Only people in this role."""

    role: asked.RoleName | None = None


class KeepsPeople(Protocol):
    """The file with people in it. What is ordered is done as staff with this principal; `fields` are those of the request. With a
    `command` it is done once, however often it is ordered, and has the same answer.
    """

    async def page(self, role: str | None, cursor: str | None, limit: int) -> Told:
        """A page of people. Raises BadField."""

    async def person(self, who: str) -> Told:
        """One person, named by a phone or an id. Raises NoSuchPerson."""

    async def add(self, by: Principal, fields: Told, command: Command | None) -> tuple[Told, bool]:
        """Put a person on file. Returns the person, and whether that is news."""

    async def import_list(self, by: Principal, fields: Told, command: Command | None) -> Told:
        """Put the people of a list on file."""

    async def keep(self, by: Principal, what: str, who: str, fields: Told, command: Command | None) -> Told:
        """Change a person's file: `change`, `suspend`, `activate`, `phone` or `document`. Returns the person."""


class PeopleRoutes:
    """Made by the composition root."""

    def __init__(self, requests: Requests, people: KeepsPeople) -> None:
        self._people = people
        self._requests = requests
        get, post = requests.get, requests.post
        shown = asked.PersonShown
        self.routes: list[Route] = for_staff(
            [
                described(
                    get("/api/people", self._list),
                    Operation(does="People on file, by id.", query=PeopleQuery, answers=asked.PeoplePage),
                ),
                described(
                    post("/api/people", self._add),
                    Operation(
                        does="Put a person on file in one role; 200 where they were on file like that.",
                        asks=asked.AddPersonRequest,
                        answers=shown,
                        status=HTTPStatus.CREATED,
                        again=HTTPStatus.OK,
                        errors=(IdReused, NeedsManager, Unavailable),
                        once=True,
                    ),
                ),
                described(
                    requests.post("/api/import/people", self._import, most_bytes=LIST_BYTES),
                    Operation(
                        does="Put all people of a list on file, or none where a row has a mistake.",
                        asks=asked.ImportPeopleRequest,
                        answers=asked.Imported,
                        errors=(IdReused, NeedsManager, Unavailable),
                        once=True,
                    ),
                ),
                described(
                    get("/api/people/{person_id}", self._show),
                    Operation(does="One person, by a phone or an id.", answers=shown, errors=(NoSuchPerson,)),
                ),
                self._keeping(
                    "change", "PATCH", "", asked.ChangePersonRequest, "Change a name, or a driver's vehicle."
                ),
                self._keeping(
                    "suspend", "POST", "/suspend", asked.StatusRequest, "Suspend a person, and log them out."
                ),
                self._keeping("activate", "POST", "/activate", asked.StatusRequest, "End a suspension."),
                self._keeping("phone", "POST", "/phone", asked.MovePhoneRequest, "Give a person another phone."),
                self._keeping("document", "POST", "/documents", asked.DocumentRequest, "Put a document on file."),
            ]
        )

    async def _list(self, request: Request) -> Response:
        query = read_query(request, PeopleQuery)
        return _answer(await self._people.page(query.role, query.cursor, query.limit), asked.PeoplePage)

    async def _show(self, request: Request) -> Response:
        return _answer(await self._people.person(_who(request)), asked.PersonShown)

    async def _add(self, request: Request, body: bytes) -> Response:
        require_json(request)
        who, read = principal_of(request), wire.read_body(body, asked.AddPersonRequest)
        command = command_of(request, who, read)
        person, is_news = await self._people.add(who, msgspec.structs.asdict(read), command)
        return _answer(person, asked.PersonShown, HTTPStatus.CREATED if is_news else HTTPStatus.OK)

    async def _import(self, request: Request, body: bytes) -> Response:
        require_json(request)
        who, read = principal_of(request), wire.read_body(body, asked.ImportPeopleRequest)
        command = command_of(request, who, read)
        return _answer(await self._people.import_list(who, msgspec.structs.asdict(read), command), asked.Imported)

    def _keeping(self, what: str, method: str, path: str, body_type: type[msgspec.Struct], does: str) -> Route:
        """The route of one change of a person's file. A body without anything to say may be left out."""

        async def kept(request: Request, body: bytes) -> Response:
            by, read = principal_of(request), None
            if body or body_type is not asked.StatusRequest:
                require_json(request)
                read = wire.read_body(body, body_type)
            said = msgspec.structs.asdict(read) if read is not None else {}
            fields = {name: value for name, value in said.items() if value is not None}
            if not fields and what == "change":
                raise BadMessage("name what is to change: name, vehicle_type or registration")
            command = command_of(request, by, read or asked.StatusRequest())
            return _answer(await self._people.keep(by, what, _who(request), fields, command), asked.PersonShown)

        errors = (*KEEPING, PhoneTaken) if what == "phone" else KEEPING
        operation = Operation(does=does, asks=body_type, answers=asked.PersonShown, errors=errors, once=True)
        return described(self._requests.post("/api/people/{person_id}" + path, kept, method), operation)


def _who(request: Request) -> str:
    """Whom the path names. Raises NoSuchPerson for text that names nobody for sure."""
    who: str = request.path_params["person_id"]
    if len(who) > LONGEST_WHO:
        raise NoSuchPerson
    return who


def _answer(told: Told, kind: type[msgspec.Struct], status: int = HTTPStatus.OK) -> Response:
    return Response(wire.encode(msgspec.convert(told, kind)), status, media_type=JSON)
