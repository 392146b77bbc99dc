"""The table of who may ask what only a sandbox answers (sandbox.txt): every cell, on a real sandbox, by people who logged in there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from tests.authority.test_routes import TABLE
from tests.e2e.test_sandbox import ANN, MICHAEL, SARAH, Sandbox, played

__all__ = ["played"]
ROLES: Final = ("nobody", "passenger", "driver", "staff", "elsewhere")
PEOPLE: Final = {"passenger": SARAH, "driver": MICHAEL, "staff": ANN}


def table() -> dict[tuple[str, str], dict[str, str]]:
    """By method and path, what comes back to each role."""
    lines = (Path(__file__).parent / "sandbox.txt").read_text(encoding="utf-8").splitlines()
    rows = [line.split() for line in lines if line.strip() and not line.startswith("#")]
    assert tuple(rows[0][2:]) == ROLES
    return {(method, path): dict(zip(ROLES, cells, strict=True)) for method, path, *cells in rows[1:]}


def test_what_only_a_sandbox_answers_is_answered_to_everybody_as_the_table_says(played: Callable[..., str]) -> None:
    got: dict[tuple[str, str], dict[str, str]] = {}

    async def story(sandbox: Sandbox) -> None:
        headers = {role: {"Authorization": f"Bearer {await sandbox.token(who, role)}"} for role, who in PEOPLE.items()}
        headers |= {"nobody": {}, "elsewhere": {"X-Forwarded-For": "192.0.2.7"}}
        described = (await sandbox.client.get("/openapi.json")).json()["paths"]
        own = {(method.upper(), path) for path, methods in described.items() for method in methods} - set(TABLE)
        for method, path in own:
            body = {} if method == "GET" else {"json": {}}
            answers = {
                role: await sandbox.client.request(method, path, headers=headers[role], **body) for role in ROLES
            }
            got[method, path] = {role: str(answer.status_code) for role, answer in answers.items()}

    played(story, "--sandbox", "0")
    assert got == table()
