"""One recorded request and its response."""

from __future__ import annotations

from attrs import field, frozen

from posehub.backends.transport import HttpResponse


@frozen
class Interaction:
    """One recorded request and its response.

    Attributes:
        method: method of the request.
        url: URL of the request.
        body: body of the request.
        response: the response, decompressed.
    """

    method: str
    url: str
    body: bytes = field(repr=False)
    response: HttpResponse
