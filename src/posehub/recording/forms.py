"""Form bodies in a cassette: they have the image's digest in place of its bytes."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode

from posehub.backends.transport import HttpRequest

DIGEST_PREFIX = "sha256:"


def digest_form(request: HttpRequest, field: str = "image") -> bytes:
    """Return a form body with the image's digest in `field`."""
    assert request.image is not None, "a detection request has an image"
    return urlencode({field: request.image.digest}, safe=":").encode()


def form_digest(body: bytes, field: str = "image") -> str | None:
    """Return the digest in `field` of a form body, or None if there is none."""
    value = dict(parse_qsl(body.decode("ascii", "replace"))).get(field, "")
    return value if value.startswith(DIGEST_PREFIX) else None
