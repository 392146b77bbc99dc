"""Rows out of Parquet files, through duckdb: the extra `trips`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from dispatch.errors import DispatchError
from sim.city.demand import DemandError
from sim.trips.text import Record

BATCH = 10_000


class ParquetNotInstalled(DispatchError):
    """What reads Parquet is not installed."""

    code = "missing_extra"

    def __init__(self, file: str, cause: ImportError) -> None:
        super().__init__(
            f"{file} is a Parquet file, and what reads these is not installed: pip install 'dispatch-ridehail[trips]' ({cause})"
        )


class ParquetFile:
    """A Parquet file, open. Of its columns, those are read that are asked for, a batch of rows at a time."""

    def __init__(self, path: str) -> None:
        """Open it. Raises ParquetNotInstalled; DemandError: it cannot be read."""
        try:
            import duckdb
        except ImportError as cause:
            raise ParquetNotInstalled(path, cause) from cause
        self._path, self._error = path, duckdb.Error
        self._connection = duckdb.connect()
        self._connection.execute("SET TimeZone = 'UTC'")
        self.header: list[str] = [name for name, *_ in self._asked("DESCRIBE SELECT * FROM read_parquet(?)").fetchall()]

    def records(self, order: Sequence[int]) -> Iterator[Record]:
        """The rows, with the cells of these columns as text, "" for none."""
        cells = ", ".join(f"coalesce(CAST({_quoted(self.header[index])} AS VARCHAR), '')" for index in order)
        result = self._asked(f"SELECT {cells} FROM read_parquet(?)")
        number = 0
        while batch := self._told(lambda: result.fetchmany(BATCH)):
            for row in batch:
                number += 1
                yield number, row

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def _asked(self, question: str) -> Any:
        return self._told(lambda: self._connection.execute(question, [_literal(self._path)]))

    def _told(self, ask: Callable[[], Any]) -> Any:
        try:
            return ask()
        except self._error as cause:
            why = str(cause).splitlines()[0]
            raise DemandError(f"cannot read {self._path}: {why}") from cause


def _literal(path: str) -> str:
    """The pattern that matches this path alone: duckdb takes stars and brackets for a pattern of names."""
    return re.sub(r"[*?\[]", r"[\g<0>]", path)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
