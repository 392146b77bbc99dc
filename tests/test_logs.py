"""What the live server logs, as it stands on standard error: phones masked, strangers' signs spelled out, and never too much."""

import io
import json
import logging
import re
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from dispatch import logs
from dispatch.trail import request_id

PHONE = "27821234567"


class Terminal(io.StringIO):
    """A standard error that says whether somebody looks at it."""

    def __init__(self, isatty: bool) -> None:
        super().__init__()
        self._isatty = isatty

    def isatty(self) -> bool:
        return self._isatty


Written = Callable[..., str]


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Iterator[Written]:
    """What is on standard error after `story(sparing)`, on a terminal or not. Everything is put back afterwards."""
    root, product = logging.getLogger(), logs.log
    before = root.handlers[:], root.level, product.level

    def play(story: Callable[[logs.Sparing], None], isatty: bool = False, form: str = "auto", **environ: str) -> str:
        for name in ("NO_COLOR", "TERM"):
            monkeypatch.delenv(name, raising=False)
        for name, value in environ.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(sys, "stderr", Terminal(isatty))
        story(logs.set_up(form))
        assert isinstance(sys.stderr, io.StringIO)
        return sys.stderr.getvalue()

    yield play
    root.handlers[:], level, product_level = before
    root.setLevel(level)
    product.setLevel(product_level)


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def fails(phone: str) -> None:
    raise RuntimeError(f"a bug about {phone}")


def test_a_line_is_json_with_a_time_a_level_and_its_fields(written: Written) -> None:
    (line,) = lines(written(lambda _: logs.log.info("it began", extra={"rides": 3})))
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z", line.pop("timestamp"))
    assert line == {"event": "it began", "level": "info", "rides": 3}


def test_rooms_below_log_with_fields_and_libraries_only_when_something_is_wrong(written: Written) -> None:
    def story(_: logs.Sparing) -> None:
        logging.getLogger("dispatch.transport.ws.edge").info("connected", extra={"who": "r1"})
        logging.getLogger("websockets").info("nobody wants to know")
        logging.getLogger("asyncio").warning("slow: %s", "a callback")

    first, second = lines(written(story))
    assert (first["event"], first["who"], first["level"]) == ("connected", "r1", "info")
    assert (second["event"], second["level"]) == ("slow: a callback", "warning")


@pytest.mark.parametrize(
    "phone",
    [PHONE, "+27821234567", "0821234567", "+27 82 123 4567", "+27-82-123-4567", "082 123 4567", "+1 (415) 555-0132"],
)
def test_no_phone_stands_in_a_line_wherever_it_was_given_and_however_it_is_written(
    phone: str, written: Written
) -> None:
    def story(_: logs.Sparing) -> None:
        given = {"address": f"driver/{phone}", "inside": {"phone": phone}, "many": [phone]}
        logs.log.info(f"about {phone}", extra=given)
        logging.getLogger("dispatch.transport").info("connected %s", phone, extra={"who": phone, "number": 27821234567})
        try:
            fails(phone)
        except RuntimeError as error:
            logs.log.error("set aside", exc_info=error)
            logging.getLogger("asyncio").exception("a callback failed")

    told = written(story)
    assert len(lines(told)) == 4
    assert "a bug about" in told and "Traceback" in told and "•••" in json.dumps(lines(told), ensure_ascii=False)
    digits = re.sub(r"\D", "", phone)
    assert phone not in told
    assert digits not in re.sub(r"[ ()+-]", "", told)


def test_times_places_counts_and_addresses_are_no_phones(written: Written) -> None:
    fields = {
        "client": "127.0.0.1:54321",
        "at": "2026-11-23T08:00:00Z",
        "place": "-26.20411, 28.04731",
        "bytes": 12_345_678,
    }
    (line,) = lines(written(lambda _: logs.log.info("it began", extra=fields)))
    assert {name: line[name] for name in fields} == fields


def test_what_strangers_wrote_can_neither_move_a_cursor_nor_forge_a_line(written: Written) -> None:
    def story(_: logs.Sparing) -> None:
        logging.getLogger("dispatch.transport").info("refused", extra={"path": "/\x1b[2J\r\n2026 info forged\u202e"})

    for isatty in (False, True):
        told = written(story, isatty, NO_COLOR="1")
        assert "\x1b" not in told and "\u202e" not in told
        assert len(told.splitlines()) == 1


def test_colours_are_for_terminals_of_people_who_want_them(written: Written) -> None:
    def story(_: logs.Sparing) -> None:
        logs.log.warning("look")

    assert "\x1b[" in written(story, isatty=True)
    assert "\x1b[" not in written(story, isatty=True, NO_COLOR="1")
    assert "\x1b[" not in written(story, isatty=True, TERM="dumb")
    assert "\x1b[" not in written(story)


def test_whatever_is_logged_while_a_request_is_answered_has_its_id_and_nothing_else_has(written: Written) -> None:
    def story(_: logs.Sparing) -> None:
        logging.getLogger("asyncio").warning("before")
        asked = request_id.set("r-dkwpz-gh")
        logging.getLogger("asyncio").warning("a library")
        logs.log.info("a room")
        request_id.reset(asked)
        logs.log.info("after")

    told = {line["event"]: line.get("request_id") for line in lines(written(story))}
    assert told == {"before": None, "a library": "r-dkwpz-gh", "a room": "r-dkwpz-gh", "after": None}


@pytest.mark.parametrize(
    ("form", "isatty", "is_json"),
    [
        ("auto", False, True),
        ("auto", True, False),
        ("json", True, True),
        ("json", False, True),
        ("text", True, False),
        ("text", False, False),
    ],
)
def test_lines_have_the_form_that_is_set_or_the_one_that_suits_who_looks(
    form: str, isatty: bool, is_json: bool, written: Written
) -> None:
    told = written(lambda _: logs.log.info("it began", extra={"phone": PHONE}), isatty, form)
    assert told.startswith("{") is is_json
    assert PHONE not in told and "it began" in told
    assert ("\x1b[" in told) is (isatty and not is_json), "a file gets no colours"


class TestSparing:
    def test_a_flood_of_one_kind_is_not_written_and_counted(self, written: Written) -> None:
        def story(sparing: logs.Sparing) -> None:
            for number in range(5_000):
                logging.getLogger("dispatch.transport").info("connected", extra={"who": f"driver {number}" * 10})
            logging.getLogger("dispatch.transport").info("refused")
            sparing.tell()

        told = written(story)
        assert len(told) < 60_000
        *_, refused, left_out = lines(told)
        assert refused["event"] == "refused", "another kind is written as before"
        assert left_out["kind"] == "connected"
        written_ones = [line for line in lines(told) if line["event"] == "connected"]
        said = sum(line.get("left_out", 0) for line in written_ones) + left_out["lines"]
        assert said + len(written_ones) == 5_000

    def test_a_traceback_is_written_less_often_than_a_line(self, written: Written) -> None:
        def story(_: logs.Sparing) -> None:
            for _ in range(1000):
                try:
                    fails(PHONE)
                except RuntimeError as error:
                    logs.log.error("set aside", exc_info=error)

        assert 1 <= written(story).count("Traceback") <= 30

    def test_tracebacks_of_a_library_are_one_kind_whatever_object_they_name(self, written: Written) -> None:
        def story(_: logs.Sparing) -> None:
            for number in range(200):
                try:
                    fails(PHONE)
                except RuntimeError:
                    logging.getLogger("asyncio").exception(f"Exception in callback <object at 0x{number:x}>")

        assert 1 <= written(story).count("Traceback") <= 25

    def test_the_next_line_that_passes_says_how_many_did_not(self) -> None:
        now = 0.0
        sparing = logs.Sparing(lambda: now)

        def passes(kind: str) -> logging.LogRecord | None:
            record = logging.makeLogRecord({"msg": kind})
            return record if sparing.filter(record) else None

        passed = [passes("a") is not None for _ in range(150)]
        assert (passed.count(True), passes("b") is not None) == (100, True)
        now = 1.0
        record = passes("a")
        assert record is not None and record.__dict__["left_out"] == 50
        record = passes("a")
        assert record is not None and "left_out" not in record.__dict__

    def test_it_remembers_no_more_kinds_than_it_may(self) -> None:
        sparing = logs.Sparing(lambda: 0.0)
        for number in range(5000):
            assert sparing.filter(logging.makeLogRecord({"msg": f"kind {number}"}))
        assert len(sparing._buckets) <= logs.KINDS_KEPT
