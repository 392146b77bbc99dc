"""Run as a program: it removes a person, and kills itself just before the statement that begins with a text, for the n-th time.

Arguments: the file, who, the text, and n.
"""

import os
import signal
import sys

from dispatch.storage.log.on_file import Writer
from dispatch.storage.tools.orders import perform
from dispatch.storage.tools.privacy_orders import RemovePerson


def main(path: str, who: str, text: str, times: str) -> None:
    left = int(times)

    def on_statement(statement: str) -> None:
        nonlocal left
        left -= statement.strip().upper().startswith(text)
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)

    writer = Writer(path, "full")
    writer.db.conn.set_trace_callback(on_statement)
    perform(writer, RemovePerson(who=who), 12_000.0)


if __name__ == "__main__":
    main(*sys.argv[1:])
