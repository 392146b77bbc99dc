"""The one shape of errors over HTTP."""

import json
from http import HTTPStatus

import pytest

from dispatch.errors import BadField, RateLimited
from dispatch.transport.http.problem import body, problem, problem_of, raw_problem


@pytest.mark.parametrize(
    ("status", "code", "told"),
    [(404, "", "not_found"), (403, "", "forbidden"), (403, "wrong_host", "wrong_host"), (418, "", "refused")],
)
def test_an_error_has_a_code_of_its_own_or_that_of_its_status(status: int, code: str, told: str) -> None:
    found = json.loads(body(status, "why", code))
    assert (found["type"], found["code"], found["message"]) == ("error", told, "why")


def test_problem_details_stand_beside_what_an_error_frame_says() -> None:
    assert json.loads(body(404, "no such page /x")) == {
        "type": "error",
        "code": "not_found",
        "message": "no such page /x",
        "title": "Not Found",
        "status": 404,
        "detail": "no such page /x",
    }


def test_a_refusal_says_when_to_come_back() -> None:
    full = problem(503, "the server is full", headers={"Retry-After": "5"})
    assert (full.status_code, full.headers["retry-after"]) == (503, "5")
    assert json.loads(bytes(full.body))["code"] == "unavailable"
    foreign = problem(403, "no", "wrong_host")
    assert "retry-after" not in foreign.headers
    assert json.loads(bytes(foreign.body))["code"] == "wrong_host"


def test_a_page_answers_it_with_its_status_and_headers() -> None:
    answer = problem(405, "use GET", headers={"Allow": "GET"})
    assert (answer.status_code, answer.media_type, answer.headers["allow"]) == (405, "application/problem+json", "GET")
    assert json.loads(bytes(answer.body))["code"] == "method_not_allowed"


def test_what_a_frame_would_be_told_is_told_with_its_field_and_when_to_come_back() -> None:
    wrong = problem_of(BadField("rating", "rating must be from 1 to 5, got 6"), 400)
    assert json.loads(bytes(wrong.body)) == {
        "type": "error",
        "code": "bad_field",
        "field": "rating",
        "message": "rating must be from 1 to 5, got 6",
        "title": "Bad Request",
        "status": 400,
        "detail": "rating must be from 1 to 5, got 6",
    }
    fast = problem_of(RateLimited(1500), 429, {"Connection": "close"})
    assert (fast.headers["retry-after"], fast.headers["connection"]) == ("2", "close")
    assert json.loads(bytes(fast.body))["retry_after_ms"] == 1500


def test_where_nobody_can_read_requests_it_is_a_whole_answer_that_ends_the_connection() -> None:
    head, _, content = raw_problem(HTTPStatus.BAD_REQUEST, "no HTTP").partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    assert lines[0] == "HTTP/1.1 400 Bad Request"
    assert {"content-type: application/problem+json", f"content-length: {len(content)}", "connection: close"} <= set(
        lines
    )
    assert json.loads(content)["code"] == "bad_request"
    assert json.loads(content)["message"] == "no HTTP"
