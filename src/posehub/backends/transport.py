"""The interface between a service backend and its service: requests, responses, transports.

A backend builds an `HttpRequest` without secrets and decodes an `HttpResponse`. Between them is a
`Transport`: the network with retry, pacing and authorisation (`posehub.cloud`), or a cassette
(`posehub.recording`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from attrs import field, frozen

from posehub.errors import PosehubError

if TYPE_CHECKING:
    from posehub.backends.base import Backend
    from posehub.images.image import Image

MAX_BODY = 16 * 1024 * 1024
"""Longest response body, in bytes. A pose response has some kilobytes; an endless one must not fill
the memory."""


def _length(body: bytes) -> str:
    return f"<{len(body)} bytes>"


@frozen
class HttpRequest:
    """One HTTP request without secrets, so that it can be logged and recorded.

    Attributes:
        method: "POST", ...
        url: without credentials.
        headers: without credentials.
        body: the bytes to send.
        image: the image of the request, or None.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(factory=dict)
    body: bytes = field(default=b"", repr=_length)
    image: Image | None = None


@frozen
class HttpResponse:
    """One HTTP response.

    Attributes:
        status: HTTP status code.
        headers: names in lower case.
        body: the bytes received, decompressed. The repr has only their number, because they may
            hold a token.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=_length)


class Transport(Protocol):
    """Sends requests."""

    def send(self, request: HttpRequest) -> HttpResponse:
        """Return the response to `request`; may be called from several threads.

        Raises:
            PosehubError: there is no response.
        """

    def close(self) -> None:
        """Release connections and files; may be called twice."""


def no_fault(response: HttpResponse) -> PosehubError | None:
    """Return None: the response is taken as it is."""
    return None


@frozen
class Recording:
    """How the requests of a service backend are sent, recorded and replayed.

    Requests are recorded as the backend makes them, before the live transport adds credentials.

    Attributes:
        factory: makes the backend from its options and a transport.
        transport: opens the live transport; the options have the credentials. It does not repeat
            or pace requests: `posehub.cloud.service` adds that.
        recognises: returns whether a recorded URL is a request of this backend.
        reduced_body: returns a request's body with the image's digest in place of its bytes.
        image_digest: returns the image's digest ("sha256:<hex>") of a recorded request body. The
            body holds either the image or its digest; None if it holds neither.
        fault: returns the error that a response stands for, or None. A request is sent again if
            the error is a `TransientError`.
        secrets: the form of the service's keys, for `posehub cassette check`: what a key is
            called ("an API key") -> regular expression with a group named `secret`.
    """

    factory: Callable[[Any, Transport], Backend]
    transport: Callable[[Any], Transport]
    recognises: Callable[[str], bool]
    reduced_body: Callable[[HttpRequest], bytes]
    image_digest: Callable[[bytes], str | None]
    fault: Callable[[HttpResponse], PosehubError | None] = no_fault
    secrets: Mapping[str, str] = field(factory=dict)
