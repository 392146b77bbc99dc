"""Which policy decides whom to ask, by the settings: rounds, the one that comes with the extra `policies`, or a plug-in."""

from importlib import import_module
from importlib.metadata import entry_points
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from dispatch.config import Settings
from dispatch.config.policies import PLUG_INS, POLICIES
from dispatch.domain.matching.policy import PolicyFactory
from dispatch.errors import SettingError

BATCHED: Final = "batched"


def policy_factory(settings: Settings) -> PolicyFactory | None:
    """What makes the policy of a zone; None: rounds, which the settings shape.

    Raises SettingError where the policy cannot be loaded, or makes none.
    """
    name = settings.policy
    if name == BATCHED:
        try:
            from dispatch.domain.matching.batched import Batched
        except ImportError:
            text = "policy batched needs the extra policies: pip install 'dispatch-ridehail[policies]'"
            raise SettingError("policy", text) from None
        return Batched
    if name in POLICIES:
        return None
    try:
        factory = _loaded(name)
    except Exception as error:  # whatever somebody else's module raises
        raise SettingError("policy", f"policy {name} cannot be loaded: {type(error).__name__}: {error}") from error
    if not callable(factory):
        raise SettingError("policy", f"policy {name} must be a class or function that makes a policy from SearchRules")
    return factory  # type: ignore[no-any-return]


def _loaded(name: str) -> Any:
    """By the name of an entry point, else as `FILE.py:NAME` or `MODULE:NAME`."""
    offered = entry_points(group=PLUG_INS)
    if name in offered.names:
        return offered[name].load()
    where, _, attribute = name.rpartition(":")
    return getattr(_module_of_file(Path(where)) if where.endswith(".py") else import_module(where), attribute)


def _module_of_file(path: Path) -> ModuleType:
    spec = spec_from_file_location(f"dispatch_policy_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is no Python file")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
