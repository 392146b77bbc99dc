"""The real server is asked what its own OpenAPI document allows, and what it does not: it answers as the document says.

schemathesis makes the requests: for each route the limits of every field, what is missing, what is of the wrong type, methods that
there are not, tokens that are missing or forged. The seed is fixed, so the requests are the same in every run.

A route is asked for all of that where it says more than no: those of the operator's people while nobody has to log in, the others by
a passenger who has. Elsewhere it is asked for what the document allows, with a token and without.

Two of its checks are left out. `positive_data_acceptance`: a document cannot say which times can be booked, which codes were
sent, which vehicles are served. `negative_data_rejection`: the server is strict about what a value means, and liberal about how it
is written.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Final

import pytest

from dispatch.principals import Role
from dispatch.transport.http.access import ProofNeeded
from dispatch.transport.http.openapi import WHO
from tests.e2e.test_quotes import TARIFF, served
from tests.e2e.test_tokens import Town

LEFT_OUT = "positive_data_acceptance,negative_data_rejection"
MOST_S = 300
"""It takes 5 s where nothing else runs."""
EVERYBODYS: Final = frozenset((ProofNeeded.NOTHING, ProofNeeded.MACHINE, ProofNeeded.SELF, ProofNeeded.PERSON))
SAYS_NO: Final = {"off": EVERYBODYS, "on": frozenset((ProofNeeded.STAFF, ProofNeeded.MANAGER))}
"""Whose routes have nothing more to say: they want a login, or another one, or do not care and answer as in the other run."""
ALLOWED_ALONE: Final = 'phases.coverage.generation.mode = "positive"'


def configuration(auth: str) -> str:
    """For schemathesis: which routes are asked for what the document allows alone."""
    rules = [json.dumps(f'/description == "{WHO[need]}"') for need in ProofNeeded if need in SAYS_NO[auth]]
    return "".join(f"[[operations]]\ninclude-by = {rule}\n{ALLOWED_ALONE}\n" for rule in rules)


async def found(host: str, folder: Path, *more: str) -> tuple[int | None, str]:
    """The exit status of schemathesis, and what it says."""
    asked = [
        sys.executable, "-m", "schemathesis.cli", "run", f"http://{host}/openapi.json", "--seed", "1", "--no-color",
        "--phases", "examples,coverage", "--exclude-checks", LEFT_OUT, "--continue-on-failure", *more,
    ]  # fmt: skip
    process = await asyncio.create_subprocess_exec(
        *asked, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, cwd=folder
    )
    async with asyncio.timeout(MOST_S):
        said, _ = await process.communicate()
    return process.returncode, said.decode()


@pytest.mark.parametrize("auth", ["off", "on"])
def test_every_route_answers_as_the_document_says(tmp_path: Path, auth: str) -> None:
    town = Town(tmp_path)
    with_token = ("-H", f"Authorization: Bearer {town.token(Role.PASSENGER, town.passenger)}") if auth == "on" else ()

    async def story() -> None:
        async with served(tmp_path, f'{TARIFF}\n[server]\nauth = "{auth}"\n') as (host, _):
            (tmp_path / "schemathesis.toml").write_text(configuration(auth))
            status, said = await found(host, tmp_path, *with_token)
            assert status == 0, said

    asyncio.run(story())
