"""The request: a form with one field, the image."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, quote_from_bytes, urlsplit

from posehub.backends.transport import HttpRequest
from posehub.recording.forms import digest_form, form_digest

if TYPE_CHECKING:
    from posehub import Image

PATH = "/rest/2.0/image-classify/v1/body_analysis"
_FIELD = b"image="
_HEADERS = {"Content-Type": "application/x-www-form-urlencoded"}


def detection_request(endpoint: str, form: bytes, image: Image) -> HttpRequest:
    """Return the request for one image, without credentials."""
    return HttpRequest("POST", endpoint.rstrip("/") + PATH, _HEADERS, form, image)


def encode_form(data: bytes) -> bytes:
    """Return the form body for an image file.

    Only `+`, `/` and `=` of the base64 alphabet need escaping. Replacing these three is 15 times
    faster than urlencoding character by character, which would be most of the cost of a request.
    """
    # `=` occurs only at the end. The rest is one chain of expressions, which keeps at most two
    # copies of the image in memory.
    whole = len(data) // 3 * 3
    body = base64.b64encode(memoryview(data)[:whole]).replace(b"+", b"%2B").replace(b"/", b"%2F")
    end = quote_from_bytes(base64.b64encode(data[whole:]), safe="")
    return b"".join((_FIELD, body, end.encode()))


def encoded_length(form: bytes) -> int:
    """Return the length that the service limits: of the image after base64 and urlencoding."""
    return len(form) - len(_FIELD)


def recognises(url: str) -> bool:
    """Return whether a recorded URL is a request to body_analysis, at any host."""
    return urlsplit(url).path == PATH


def reduced_body(request: HttpRequest) -> bytes:
    """Return the form with the digest of the image in place of the image."""
    return digest_form(request)


def image_digest(body: bytes) -> str | None:
    """Return the digest of the image in a recorded body, which holds the image or its digest."""
    import hashlib  # only here: listing the backends does not need it

    digest = form_digest(body)
    if digest is not None:
        return digest
    form = parse_qs(body.decode("ascii", "replace"))
    try:
        file = base64.b64decode(form["image"][0], validate=True)
    except (KeyError, ValueError):
        return None
    return "sha256:" + hashlib.sha256(file).hexdigest()
