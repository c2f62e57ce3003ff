"""Whether the caller of a backend is identified: by one set of credentials, and by one only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from posehub.backends.info import BackendInfo
from posehub.errors import ConfigError, MissingCredentialError


def check_credentials(info: BackendInfo, options: Any, variables: Mapping[str, str]) -> None:
    """Check that exactly one of the sets in `info.credentials` is among `options`.

    Args:
        info: the backend.
        options: an instance of its options.
        variables: option name -> environment variable that sets it, for the messages.

    Raises:
        MissingCredentialError: no set is complete; names the variables.
        ConfigError: several are.
    """
    if not info.credentials:
        return
    complete = [s for s in info.credentials if all(getattr(options, name) for name in s)]
    if len(complete) > 1:
        found = " and ".join("+".join(variables[name] for name in names) for names in complete)
        raise ConfigError(
            f"{info.name} was given several kinds of credentials ({found}); keep one of them."
        )
    if not complete:
        lacking = [variables[name] for name in _missing_half(info, options)]
        missing = f" {', '.join(lacking)} is missing." if lacking else ""
        ways = "; or ".join(" and ".join(variables[n] for n in names) for names in info.credentials)
        raise MissingCredentialError(
            f"{info.name} needs credentials.{missing} Set {ways}, "
            "or pass the options of the same meaning."
        )


def _missing_half(info: BackendInfo, options: Any) -> list[str]:
    """Return the names that are missing of the first set of which a part is given."""
    for names in info.credentials:
        if any(getattr(options, name) for name in names):
            return [name for name in names if not getattr(options, name)]
    return []
