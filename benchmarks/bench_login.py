"""Logins over HTTP: `python benchmarks/bench_login.py [numbers]`.

Whether answers tell numbers on file from others by their time (`otp/request` and `otp/verify`, asked in a random order, compared by
the test of Kolmogorov and Smirnov), how many of 200 guesses at once are tries of one code, and what a whole login costs the server.
The CPU time is that of the server's process, all threads. Linux only.
"""

from __future__ import annotations

import http.client
import json
import os
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from scipy.stats import ks_2samp
from town import NO_LIMITS, ON, Server, Town, phone, served, stranger

NUMBERS, LOGINS, GUESSES = 2_000, 300, 200
JSON = {"Content-Type": "application/json"}
Samples = dict[str, list[float]]


class Client:
    """One connection that is kept."""

    def __init__(self, server: Server) -> None:
        self._connection = http.client.HTTPConnection(server.host, server.port)
        self._connection.connect()

    def post(self, path: str, body: dict[str, str]) -> tuple[int, Any, float]:
        """Status, answer, and how many milliseconds it took."""
        data = json.dumps(body)
        began = time.perf_counter()
        self._connection.request("POST", path, data, JSON)
        answer = self._connection.getresponse()
        text = answer.read()
        took_ms = (time.perf_counter() - began) * 1e3
        return answer.status, json.loads(text) if text else None, took_ms


def timed(server: Server, numbers: int, dice: Random, role: str) -> tuple[Samples, Samples]:
    """How long a code's request and a wrong guess take, in ms, for numbers on file and for others; without a role if it is empty."""
    asked: Samples = {"known": [], "unknown": []}
    guessed: Samples = {"known": [], "unknown": []}
    cases = [("known", phone(number)) for number in range(numbers)]
    cases += [("unknown", stranger(number)) for number in range(numbers)]
    dice.shuffle(cases)
    client, requests = Client(server), []
    named = {"role": role} if role else {}
    for kind, number in cases:
        status, answer, took_ms = client.post("/api/auth/otp/request", {"phone": f"+{number}", **named})
        assert status == 202, answer
        asked[kind].append(took_ms)
        requests.append((kind, answer["request_id"]))
    dice.shuffle(requests)
    answers = Counter()
    for kind, request_id in requests:
        status, answer, took_ms = client.post("/api/auth/otp/verify", {"request_id": request_id, "code": "000000"})
        answers[kind, status, answer.get("code")] += 1
        guessed[kind].append(took_ms)
    assert {found[1:] for found in answers if answers[found] > 1} == {(400, "wrong_code")}, answers
    return asked, guessed


def shown(label: str, samples: Samples) -> None:
    """One row: both medians, their difference, and whether the two can be told apart."""
    known, unknown = median(samples["known"]), median(samples["unknown"])
    test = ks_2samp(samples["known"], samples["unknown"])
    print(f"{label:<36}{known:>9.3f}{unknown:>9.3f}{known - unknown:>+9.3f}{test.statistic:>9.4f}{test.pvalue:>9.4f}")


def guesses(server: Server) -> Counter[str]:
    """What 200 wrong guesses of one code are answered, that come at once over as many connections."""
    _, answer, _ = Client(server).post("/api/auth/otp/request", {"phone": f"+{phone(0)}", "role": "driver"})
    clients = [Client(server) for _ in range(GUESSES)]

    def guess(number: int) -> str:
        body = {"request_id": answer["request_id"], "code": f"{number:06}"}
        _, said, _ = clients[number].post("/api/auth/otp/verify", body)
        return str(said.get("code", "logged in"))

    with ThreadPoolExecutor(GUESSES) as pool:
        return Counter(pool.map(guess, range(GUESSES)))


def login(client: Client, server: Server, number: int) -> str:
    """A whole login of a driver. Returns the access token."""
    _, answer, _ = client.post("/api/auth/otp/request", {"phone": f"+{phone(number)}", "role": "driver"})
    code, _, last = server.codes.get(timeout=10)
    assert last == phone(number)[-4:], "another code was printed"
    _, tokens, _ = client.post("/api/auth/otp/verify", {"request_id": answer["request_id"], "code": code})
    return str(tokens["access_token"])


def cost(server: Server, logins: int) -> tuple[float, float]:
    """CPU milliseconds of the server for a login one after the other, and for a bare request (`/healthz`)."""
    client = Client(server)
    login(client, server, 0)
    before = server.cpu_s()
    for number in range(1, logins + 1):
        login(client, server, number)
    between = server.cpu_s()
    for _ in range(logins):
        client._connection.request("GET", "/healthz")
        client._connection.getresponse().read()
    return (between - before) / logins * 1e3, (server.cpu_s() - between) / logins * 1e3


def main(numbers: int = NUMBERS) -> None:
    """Print the figures."""
    first, *others = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {others[0] if others else first})
    with TemporaryDirectory() as folder:
        town = Town(Path(folder) / "town.db", drivers=max(numbers, LOGINS + 1))
        with served(town.db, *ON, *NO_LIMITS, "--notify", "console", core=first) as server:
            login_ms, bare_ms = cost(server, LOGINS)
            print(f"a login: {login_ms:.2f} ms of the server's CPU, a bare request beside it {bare_ms:.2f} ms")
            print(f"{GUESSES} guesses of one code at once: {dict(guesses(server))}")
            print(
                f"{'ms, median of ' + format(numbers, ','):<36}{'on file':>9}{'not':>9}{'less':>9}{'KS D':>9}{'p':>9}"
            )
            for role in ("driver", ""):
                asked, guessed = timed(server, numbers, Random(1), role)
                shown(f"otp/request, role {role or 'not said'}", asked)
                shown(f"otp/verify, role {role or 'not said'}", guessed)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
