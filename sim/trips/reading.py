"""One file of trips, read from its first row to its last: usable rows come out, and every other one is counted by its reason."""

from __future__ import annotations

import lzma
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from importlib.resources.abc import Traversable
from itertools import chain, islice
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast
from zoneinfo import ZoneInfo

from dispatch.config import SimulateSettings
from dispatch.config.trip_columns import columns_named
from dispatch.files import streamed
from dispatch.text import counted
from sim.city.demand import DemandError
from sim.trips.columns import Layout, found, layout
from sim.trips.files import PARQUET, text_of, unpacked
from sim.trips.parquet import ParquetFile
from sim.trips.rows import NO_PLACE, UNREADABLE, RowReader, TripRow, Unusable
from sim.trips.text import Record, Unreadable, table_in
from sim.trips.times import TripClock, day_comes_first, is_ambiguous

SAMPLE = 2_000
"""Rows in which the order of day and month is looked for first."""
TELL_EVERY = 1 << 16
DAMAGED = (OSError, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile)
"""What unpackers raise."""


class TripsWanted(NamedTuple):
    """How a file is to be read. `columns`: the file's own names by what they hold; `zone`: whose clock times with an offset are told
    by; `skip_most`: the share of rows, in per cent, that may be skipped for other reasons than a missing place; `timed`: how long each
    trip took is needed; `on_rows`: is told now and then how many rows were read."""

    columns: Mapping[str, str] = {}
    zone: str | None = None
    skip_most: float = 100.0
    timed: bool = False
    on_rows: Callable[[int], None] | None = None

    @classmethod
    def of(
        cls, settings: SimulateSettings, *, timed: bool = False, on_rows: Callable[[int], None] | None = None
    ) -> TripsWanted:
        """As these settings say."""
        named = columns_named(settings.columns)
        return cls(named, settings.trips_zone, settings.skip_most, timed, on_rows)


@dataclass
class Skipped:
    """What was not used of `rows` rows: how many for each reason, and `first`: why the first was not (`line 17: …`), "" if none was."""

    rows: int = 0
    by_reason: Counter[str] = field(default_factory=Counter)
    first: str = ""

    @property
    def count(self) -> int:
        """Of all reasons."""
        return self.by_reason.total()

    @property
    def reasons(self) -> dict[str, int]:
        """The counts, the most frequent reason first."""
        return dict(self.by_reason.most_common())

    @property
    def suspicious(self) -> int:
        """For other reasons than that the file has no places."""
        return self.count - self.by_reason[NO_PLACE]

    def add(self, where: str, why: Unusable) -> None:
        """One more."""
        self.by_reason[why.reason] += 1
        self.first = self.first or f"{where}: {why}"

    def __str__(self) -> str:
        """`3 of 60 rows skipped (2 no place, 1 bad time); the first: line 17: …`, or nothing when every row was used."""
        if not self.count:
            return ""
        reasons = ", ".join(f"{count:,} {reason}" for reason, count in self.reasons.items())
        return f"{self.count:,} of {counted(self.rows, 'row')} skipped ({reasons}); the first: {self.first}"


class BadTrips(DemandError):
    """Too many rows of a file cannot be used: it was not read as it was meant, or it is not fit to be simulated."""

    def __init__(self, message: str, skipped: Skipped) -> None:
        super().__init__(message)
        self.skipped = skipped


class Trips:
    """The usable rows of a file, in its order, to be iterated once; `skipped` grows meanwhile and is final at the end.

    Raises, when it is iterated:
        DemandError: there is no such file, it is broken or none of trips, or lacks a column.
        BadTrips: at the end, it had no usable row, or more were skipped than are wanted.
        ParquetNotInstalled: it is Parquet, and what reads that is not installed.
    """

    def __init__(self, source: Traversable, wanted: TripsWanted) -> None:
        self.name = str(source)
        self.skipped = Skipped()
        self._source = source
        self._wanted = wanted

    def __iter__(self) -> Iterator[TripRow]:
        skipped, usable = self.skipped, 0
        with self._open() as (records, layout, unit):
            head = list(islice(records, SAMPLE))
            reader = RowReader(layout, TripClock(*self._clock(head)), self._wanted.timed)
            for number, (line, cells) in enumerate(chain(head, records), 1):
                skipped.rows = number
                if self._wanted.on_rows is not None and not number % TELL_EVERY:
                    self._wanted.on_rows(number)
                try:
                    if isinstance(cells, Unreadable):
                        raise Unusable(UNREADABLE, cells.why)
                    row = reader.row(number, cells)
                except Unusable as why:
                    skipped.add(f"{unit} {line}", why)
                    continue
                usable += 1
                yield row
        self._judge(usable)

    def _judge(self, usable: int) -> None:
        skipped, most = self.skipped, self._wanted.skip_most
        if not usable:
            raise BadTrips(f"{self.name} has no usable trip" + (f": {skipped}" if skipped.count else ""), skipped)
        if skipped.suspicious * 100 > most * skipped.rows:
            raise BadTrips(
                f"{self.name}: {skipped}. Without `{NO_PLACE}` that is {skipped.suspicious / skipped.rows:.1%}, "
                f"more than --skip-most {most:g}%",
                skipped,
            )

    @contextmanager
    def _open(self) -> Iterator[tuple[Iterator[Record], Layout, str]]:
        """Its rows with the cells that are needed, what they hold, and what a row is called."""
        with ExitStack() as stack:
            try:
                source = streamed(self._source) if isinstance(self._source, Path) else self._source
                raw = stack.enter_context(cast(BinaryIO, source.open("rb")))
                buffered, was_packed = unpacked(raw, self.name, stack)
                if buffered.peek(1).startswith(PARQUET):
                    if was_packed:
                        raise DemandError(f"{self.name} is packed Parquet: unpack it first")
                    file = ParquetFile(self.name)
                    stack.callback(file.close)
                    wanted = self._layout(file.header)
                    yield file.records(wanted.order), wanted, "row"
                    return
                text = stack.enter_context(text_of(buffered, self.name))
                table = table_in(
                    text, lambda names: len(found(names)) + sum(name in names for name in self._wanted.columns.values())
                )
                wanted = self._layout(table.header)
                yield _picked(table.records, wanted.order), wanted, "line"
            except DAMAGED as cause:
                raise DemandError(f"cannot read {self.name}: {getattr(cause, 'strerror', None) or cause}") from cause

    def _layout(self, header: list[str]) -> Layout:
        return layout(header, self.name, self._wanted.columns, self._wanted.timed)

    def _clock(self, head: Iterable[Record]) -> tuple[ZoneInfo | None, bool | None]:
        """The zone of its clock, and whether its dates name the day first: where the first rows do not tell, all are looked through."""
        zone = ZoneInfo(self._wanted.zone) if self._wanted.zone else None
        times = list(_times(head))
        day_first = day_comes_first(times)
        if (
            day_first is None
            and any(map(is_ambiguous, times[:1]))
            and isinstance(self._source, Path)
            and self._source.is_file()
        ):
            with self._open() as (records, _, _):
                day_first = day_comes_first(_times(records))
        return zone, day_first


def _picked(records: Iterator[Record], order: tuple[int, ...]) -> Iterator[Record]:
    for line, cells in records:
        yield line, cells if isinstance(cells, Unreadable) else [cells[index].strip() for index in order]


def _times(records: Iterable[Record]) -> Iterator[str]:
    """The cells of the first column that is read: a trip's time."""
    return (cells[0] for _, cells in records if not isinstance(cells, Unreadable))
