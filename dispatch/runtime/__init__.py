"""Who runs a mailbox, what time it is, where dice come from. The only importer of pykka; knows nothing of rides."""

from dispatch.runtime.actor import Actor, receives
from dispatch.runtime.core import Runtime, Sink
from dispatch.runtime.permuted import PermutedRuntime
from dispatch.runtime.supervision import DeadLetter, Supervisor
from dispatch.runtime.thread import ThreadActor
from dispatch.runtime.trace import Trace
from dispatch.runtime.virtual import VirtualRuntime

__all__ = [
    "Actor",
    "DeadLetter",
    "PermutedRuntime",
    "Runtime",
    "Sink",
    "Supervisor",
    "ThreadActor",
    "Trace",
    "VirtualRuntime",
    "receives",
]
