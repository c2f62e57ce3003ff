"""The seam between a cloud backend and the wire: requests go down, responses come up.

A backend builds an `HttpRequest` without secrets and decodes an `HttpResponse`. What lies between
is a `Transport`: the network with its authentication, or a cassette.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from attrs import field, frozen

from posehub.image import Image

if TYPE_CHECKING:
    from posehub.backend import Backend


def _length(body: bytes) -> str:
    return f"<{len(body)} bytes>"


@frozen
class HttpRequest:
    """One HTTP request, as it may be shown to anybody: it carries no secret.

    Attributes:
        method: "POST", ...
        url: without credentials.
        headers: without credentials.
        body: the bytes to send.
        image: the picture the request is about, as the user gave it, or None.
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
        body: the bytes received, content encoding undone; not in the repr, as it may be a token.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=_length)


class Transport(Protocol):
    """Answers requests."""

    def send(self, request: HttpRequest) -> HttpResponse:
        """Return the response to `request`; safe to call from several threads.

        Raises:
            PosehubError: there is no response.
        """

    def close(self) -> None:
        """Let go of connections and files; may be called twice."""


@frozen
class Recording:
    """How the calls of an HTTP backend go onto a cassette and come from one.

    Requests are recorded as the backend makes them, before the live transport adds credentials.

    Attributes:
        factory: makes the backend from its options and the transport to speak through.
        transport: opens the live transport, with the credentials among the options.
        recognises: whether a recorded URL is a detection call of this backend.
        reduced_body: a request's body with the picture's digest in the place of its bytes.
        image_digest: the picture's digest ("sha256:<hex>") from a recorded request body, which
            holds either the picture itself or that digest in its place; None if it holds neither.
    """

    factory: Callable[[Any, Transport], Backend]
    transport: Callable[[Any], Transport]
    recognises: Callable[[str], bool]
    reduced_body: Callable[[HttpRequest], bytes]
    image_digest: Callable[[bytes], str | None]
