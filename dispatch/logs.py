"""Logging of the live server: one line an event on standard error, phones masked. Set up once by the composition root."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from dispatch.phones import masked
from dispatch.text import plain, plain_lines

PHONE = re.compile(r"\+?\d{7,15}")


def mask(text: str) -> str:
    """Every run of digits that could be a phone becomes `2782•••4567`."""
    return PHONE.sub(lambda match: masked(match[0]), text)


def mask_phones(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A processor: no phone leaves in a log line, whatever field it stands in."""
    for key, value in event.items():
        if isinstance(value, str):
            event[key] = mask(value)
    return event


def spell_out(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A processor: what others wrote can neither move a terminal's cursor nor forge a line; a traceback keeps its lines."""
    for key, value in event.items():
        if isinstance(value, str):
            event[key] = plain_lines(value) if key == "exception" else plain(value)
    return event


def set_up() -> None:
    """Readable lines on a terminal, JSON otherwise; the libraries' own loggers go the same way from `warning` on."""
    renderer = structlog.dev.ConsoleRenderer() if sys.stderr.isatty() else structlog.processors.JSONRenderer()
    shared: list[Any] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        mask_phones,
        spell_out,
    ]
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(processor=renderer, foreign_pre_chain=shared))
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)


log: Any = structlog.get_logger()
