"""Kinds of options that are no settings: points and moments as people type them. Only the command line imports this."""

import click

from dispatch.config.kinds import MOMENT


class Point(click.ParamType[tuple[float, float]]):
    """Latitude and longitude, `-26.2041,28.0473`."""

    name = "LAT,LON"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[float, float]:
        try:
            lat, lon = (float(part) for part in str(value).split(","))
        except ValueError:
            lat = lon = float("nan")
        if not (-90 <= lat <= 90 and -180 <= lon <= 180):
            self.fail(f"must be a latitude and a longitude such as -26.2041,28.0473, got {value!r}", param, ctx)
        return lat, lon


class LocalMoment(click.ParamType[str]):
    """A local date and time, or a time of day."""

    name = "TIME"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        try:
            return str(MOMENT.read(value))
        except ValueError:
            self.fail(f"must be {MOMENT.wanted}, got {value!r}", param, ctx)
