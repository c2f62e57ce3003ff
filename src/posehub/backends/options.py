"""Declaring the options of a backend as an attrs class.

`posehub.backends.layers` fills it from Python, the command line, the environment and posehub.toml.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import attrs
from attrs import frozen

from posehub.images.limits import DEFAULT_MAX_PIXELS


def option(
    default: Any,
    *,
    help: str,
    secret: bool = False,
    affects_result: bool = True,
    env: str | None = None,
    personal: bool = False,
    validator: Any = None,
) -> Any:
    """Declare one option in a backend's attrs class of options.

    Annotate it with str, int, float, bool, Path, an enum, a Literal, a list or tuple of these, or a
    union of these and None.

    Args:
        default: the value if none is given; attrs.NOTHING for an option that must be given.
        help: one sentence for `posehub backends` and the docs.
        secret: never show the value: not in a repr, a message, or the key of a cache.
        affects_result: whether another value can change what the backend finds; the result
            cache distinguishes such results.
        env: environment variable that sets it, if not POSEHUB_<BACKEND>_<OPTION>.
        personal: whether a project's posehub.toml may not set it, because it decides where images
            and keys are sent; secret options never may.
        validator: further attrs validators, which raise ValueError.
    """
    metadata = {
        "help": help,
        "secret": secret,
        "affects_result": affects_result,
        "env": env,
        "personal": personal or secret,
    }
    return attrs.field(
        default=default, repr=not secret, validator=validator, metadata=metadata, kw_only=True
    )


@frozen
class CommonOptions:
    """Options of every backend, handled around it."""

    cache: Literal[False] | Path = option(
        False, help="SQLite file that stores results, or false.", affects_result=False
    )
    max_pixels: int = option(
        DEFAULT_MAX_PIXELS,
        help="Refuse images of more pixels than this before decoding.",
        affects_result=False,
        validator=attrs.validators.gt(0),
    )


@frozen
class NoOptions:
    """For a backend without options of its own."""


@frozen
class ServiceOptions:
    """Options of every backend that calls a service; base class for such a backend's own."""

    qps: float | None = option(
        None,
        help="Requests a second at most, over all threads; none for no limit.",
        affects_result=False,
        validator=attrs.validators.optional(attrs.validators.gt(0)),
    )
    timeout: float = option(
        30.0,
        help="Seconds one request may take in all.",
        affects_result=False,
        validator=attrs.validators.gt(0),
    )
    max_retries: int = option(
        3,
        help="Repeats of a request after a temporary error.",
        affects_result=False,
        validator=attrs.validators.ge(0),
    )
    deadline: float = option(
        120.0,
        help="Seconds a request and its repeats may take in all.",
        affects_result=False,
        validator=attrs.validators.gt(0),
    )
