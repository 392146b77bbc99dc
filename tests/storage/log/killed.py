"""Run as a program: a journal under load that says on standard output what it answered, until somebody kills it.

Arguments: the file, and a number that sets this run's streams apart.
"""

import os
import sys
import threading

from dispatch import addresses
from dispatch.ids import DriverId
from dispatch.messages.events import DriverOnline
from dispatch.messages.journal import Append, Appended
from dispatch.storage.log.journal import JournalPort
from dispatch.storage.log.on_file import Writer

STREAMS = 7
MOST_UNANSWERED = 100


def main(path: str, run: str) -> None:
    unanswered = threading.Semaphore(MOST_UNANSWERED)

    def post_many(letters):
        lines = [f"{address} {answer.through}\n" for address, answer in letters if isinstance(answer, Appended)]
        os.write(1, "".join(lines).encode())
        unanswered.release(len(lines))

    port = JournalPort(lambda: Writer(path, "full"), post_many, print)
    through = 0
    while True:
        through += 1
        for n in range(STREAMS):
            driver_id = DriverId(f"{run}x{n}")
            unanswered.acquire()
            port.deliver(Append(addresses.driver(driver_id), 1, through, 0.0, (DriverOnline(driver_id),)))


if __name__ == "__main__":
    main(*sys.argv[1:])
