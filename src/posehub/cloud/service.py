"""Opening a service backend: its requests go through retry, pacing, authorisation, network."""

from __future__ import annotations

import math
from typing import Any

from posehub.backends.base import Backend
from posehub.backends.options import ServiceOptions
from posehub.backends.transport import Recording, Transport
from posehub.cloud.clock import CLOCK, Clock
from posehub.cloud.pacing import PacedTransport, Pacer
from posehub.cloud.retry import RetryingTransport, RetryPolicy
from posehub.cloud.secrets import CleanTransport, Secrets, secrets_of


def open_service(recording: Recording, options: Any, clock: Clock = CLOCK) -> Backend:
    """Return a service backend that sends its requests to the live service.

    Args:
        recording: the backend's factory, its live transport, and its temporary errors.
        options: the backend's options. If they are `ServiceOptions`, their limits apply.
        clock: the time.
    """
    live = live_transport(recording, options, clock)
    try:
        transport = RetryingTransport(live, recording.fault, policy_of(options), clock)
        return recording.factory(options, transport)
    except BaseException:
        live.close()
        raise


def live_transport(recording: Recording, options: Any, clock: Clock = CLOCK) -> Transport:
    """Return the transport to the live service, paced by the option `qps`.

    Its responses and errors have no secret of the options.
    """
    transport: Transport = CleanTransport(
        recording.transport(options), Secrets(secrets_of(options))
    )
    if isinstance(options, ServiceOptions) and options.qps is not None:
        return PacedTransport(transport, Pacer(options.qps, clock))
    return transport


def policy_of(options: Any) -> RetryPolicy:
    """Return how often `options` allow a request to be repeated: never without `ServiceOptions`."""
    if isinstance(options, ServiceOptions):
        return RetryPolicy(options.max_retries, options.deadline)
    return RetryPolicy(max_retries=0, deadline=math.inf)
