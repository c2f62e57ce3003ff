"""A service backend put together: its requests go through retry, pacing, authorisation, network."""

from __future__ import annotations

from typing import Any

from posehub.backends.base import Backend
from posehub.backends.options import ServiceOptions
from posehub.backends.transport import Recording, Transport
from posehub.cloud.pacing import PacedTransport
from posehub.cloud.retry import RetryingTransport, RetryPolicy


def open_service(recording: Recording, options: Any) -> Backend:
    """Return a service backend that sends its requests to the live service.

    Args:
        recording: how its requests are sent.
        options: the backend's options; the limits act if they are `ServiceOptions`.
    """
    transport = retried(live_transport(recording, options), recording, options)
    try:
        return recording.factory(options, transport)
    except BaseException:
        transport.close()
        raise


def live_transport(recording: Recording, options: Any) -> Transport:
    """Return the transport to the service, at the pace of the option `qps`."""
    transport = recording.transport(options)
    if isinstance(options, ServiceOptions) and options.qps is not None:
        return PacedTransport(transport, options.qps)
    return transport


def retried(
    transport: Transport, recording: Recording, options: Any, *, waits: bool = True
) -> Transport:
    """Return `transport` with the repeats that `options` allow.

    Args:
        transport: to send through.
        recording: tells which responses are errors that may pass.
        options: the backend's options; without `max_retries` nothing is repeated.
        waits: whether to wait between attempts; a cassette needs no time to recover.
    """
    max_retries = getattr(options, "max_retries", 0)
    if not max_retries:
        return transport
    policy = RetryPolicy(max_retries, getattr(options, "deadline", float("inf")))
    return RetryingTransport(transport, recording.fault, policy, waits=waits)
