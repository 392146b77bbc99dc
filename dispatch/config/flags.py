"""What every command needs: settings as options, errors as one line, letters that fit the terminal. Only `cli.py` and
`commands/` import this.
"""

import codecs
import functools
import os
import sys
from collections.abc import Callable
from typing import Any, cast
from unicodedata import combining, normalize

import click
from click.exceptions import NoArgsIsHelpError

from dispatch.config.kinds import MOMENT
from dispatch.config.settings import rows_named
from dispatch.config.sources import DEFAULT_FILE, FILE_VARIABLE, GROUPS, load
from dispatch.config.table import Setting
from dispatch.errors import DispatchError, SettingError
from dispatch.text import say

USAGE_ERROR, FAILURE, INTERRUPTED = 2, 1, 130
LONGEST_SENTENCE = 800
"""Characters of an error. What is wrong stands at its beginning, and where it came from at its end."""
HOW_TO_SET = (
    "Every option is also an environment variable (--offer-timeout is DISPATCH_OFFER_TIMEOUT; simulate's and "
    'demo\'s --db is DISPATCH_SIMULATE_DB) and a key of the TOML file (offer_timeout = "30s").'
)

Function = Callable[..., int | None]


def with_settings(*wanted: str, **defaults: str) -> Callable[[Function], Function]:
    """Give a command an option for each setting of these groups or names, and `--config`.

    The function gets the resolved settings as its first argument. `defaults`: what the help says of settings, by name, for which the
    command has a default of its own.
    """
    rows = rows_named(*wanted)

    def decorate(function: Function) -> Function:
        @functools.wraps(function)
        def run(*, config_path: str | None, **given: Any) -> int | None:
            flags = {row.name: given.pop(row.name) for row in rows}
            return function(load(flags, os.environ, config_path), **given)

        options = [_option(row, defaults.get(row.name)) for row in reversed(rows)]
        run.__click_params__ = [*getattr(run, "__click_params__", ()), *options, _CONFIG_OPTION]  # type: ignore[attr-defined]
        return run

    return decorate


class SettingOption(click.Option):
    """An option that stands for a row of the settings table; its text is read by `load`, not by click."""

    def __init__(self, *args: Any, group: str, **attrs: Any) -> None:
        super().__init__(*args, **attrs)
        self.group = group


@functools.cache
def _option(row: Setting, default: str | None) -> SettingOption:
    """The same for every command: there are some seven hundred places for a hundred options."""
    if row.kind.held is bool:
        flag = f"{row.flag}/{row.negative_flag}"
        return SettingOption((flag, row.name), group=row.group, default=None, type=bool, help=row.help)
    written = row.written(row.default) if default is None else default
    notes = "; ".join(filter(None, (written, "" if row.choices else row.range)))
    return SettingOption(
        (row.flag, row.name),
        group=row.group,
        metavar="|".join(row.choices) or row.kind.metavar,
        help=row.help + (f"  [{notes}]" if notes else ""),
    )


_CONFIG_OPTION = click.Option(
    ("--config", "config_path"),
    metavar="FILE",
    help=f"read settings from this TOML file  [${FILE_VARIABLE}, or {DEFAULT_FILE} if it is there]",
)


class SettingsCommand(click.Command):
    """A command whose help shows the options of each group of settings under a heading of its own."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Options of the command itself first, then the groups in the table's order."""
        sections: dict[str, list[tuple[str, str]]] = {group: [] for group in ("", *GROUPS)}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None:
                sections[getattr(parameter, "group", "")].append(record)
        for group, records in sections.items():
            if records:
                with formatter.section(f"{group} options".strip().capitalize()):
                    formatter.write_dl(records, col_max=34)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """How else the settings can be given, where there are any."""
        if any(isinstance(parameter, SettingOption) for parameter in self.params):
            formatter.write_paragraph()
            formatter.write_text(HOW_TO_SET)


class OneLineErrors(click.Group):
    """A group whose commands return an exit status, and end every expected error with one line on stderr.

    2: the command or a setting was written wrongly; 1: it could not be done; 130: interrupted. A bug keeps
    its traceback.
    """

    command_class = SettingsCommand

    def main(self, *args: Any, standalone_mode: bool = True, **extra: Any) -> Any:
        """Run and exit, unless the caller asked for the bare result."""
        run = functools.partial(super().main, *args, standalone_mode=False, **extra)
        if not standalone_mode:
            return run()
        use_plain_letters()
        try:
            status = cast("int | None", run())
        except NoArgsIsHelpError as error:
            error.show()
            status = USAGE_ERROR
        except (click.ClickException, DispatchError, OSError) as error:
            say(_one_line(error), error=True)
            status = USAGE_ERROR if isinstance(error, click.UsageError | SettingError) else FAILURE
        except click.Abort:
            say("dispatch: interrupted", error=True)
            status = INTERRUPTED
        sys.exit(status)


def _one_line(error: Exception) -> str:
    text = error.format_message() if isinstance(error, click.ClickException) else str(error)
    sentence = _within(" ".join(text.split()))
    if isinstance(error, click.UsageError) and error.ctx is not None:
        return f"{error.ctx.command_path}: {sentence} (see {error.ctx.command_path} --help)"
    return f"dispatch: {sentence}"


def _within(sentence: str) -> str:
    """The sentence; of one that quotes something very long, its two ends."""
    if len(sentence) <= LONGEST_SENTENCE:
        return sentence
    return f"{sentence[: LONGEST_SENTENCE // 2]} … {sentence[-LONGEST_SENTENCE // 4 :]}"


# -- options that are no settings


class PointFlag(click.ParamType[tuple[float, float]]):
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


# -- letters that a terminal does not know are shown by plain ones, and never end a command

PLAIN = {"·": "/", "–": "-", "—": "-", "…": "...", "×": "x", "→": "->", "•": "*", "°": " deg"}
UNKNOWN = "?"


def use_plain_letters() -> None:
    """From now on what is printed fits the encodings of standard output and standard error, whatever is printed."""
    codecs.register_error("plain", _plain)
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)  # a stand-in of a test has none
        if reconfigure is not None:
            reconfigure(errors="plain")


def _plain(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    letters = error.object[error.start : error.end]
    return "".join(PLAIN.get(letter) or _base(letter) for letter in letters), error.end


def _base(letter: str) -> str:
    """`e` for `é`; a question mark where nothing is like it."""
    base = "".join(part for part in normalize("NFKD", letter) if not combining(part))
    return base if base.isascii() else UNKNOWN
