"""Removing known secrets from what a service sends back, because it may echo the request."""

from __future__ import annotations

import base64
import html
import json
import threading
from collections import OrderedDict
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote, quote_plus

import attrs

from posehub.backends.transport import HttpRequest, HttpResponse, Transport
from posehub.errors import PosehubError

_SHORTEST = 8
"""Characters that a secret has at least. Removing shorter ones would garble responses."""
_REMEMBERED = 32
"""Secrets that are remembered, of those sent last. Some schemes sign each request anew."""
_MARK = b"..."
_SAFE = ("", "/", "/:", "/:@=&+$,;")
"""Characters that writers of percent-encoding leave as they are."""


class Secrets:
    """The secrets that a transport knows; removes them from responses and errors.

    A secret is found as it is, percent-encoded, escaped for JSON or HTML, and in base64, alone or
    within other data. Safe to share between threads.
    """

    def __init__(self, values: Iterable[str] = ()) -> None:
        self._lock = threading.Lock()
        self._forms: OrderedDict[str, tuple[bytes, ...]] = OrderedDict()
        # every form, the longest first: a secret may be a part of another
        self._sorted: list[bytes] = []
        self.add(values)

    def add(self, values: Iterable[str]) -> None:
        """Remember secrets, and the words of those that have spaces, such as "Bearer KEY"."""
        words = {word for value in values for word in (value, *value.split())}
        words = {word for word in words if len(word) >= _SHORTEST}
        with self._lock:
            known = words <= self._forms.keys()
            for word in words:
                if word not in self._forms:
                    self._forms[word] = _forms(word)
                self._forms.move_to_end(word)
            while len(self._forms) > _REMEMBERED:
                self._forms.popitem(last=False)
            if not known:
                distinct = {form for forms in self._forms.values() for form in forms}
                self._sorted = sorted(distinct, key=len, reverse=True)

    def clean(self, response: HttpResponse) -> HttpResponse:
        """Return a response without secrets."""
        forms = self._sorted
        headers = {
            _removed_text(name, forms): _removed_text(value, forms)
            for name, value in response.headers.items()
        }
        return HttpResponse(response.status, headers, _removed(response.body, forms))

    def clean_error(self, error: BaseException) -> None:
        """Remove secrets from an error, from its attributes, and from the errors behind it."""
        forms = self._sorted
        waiting: list[BaseException | None] = [error]
        seen: set[int] = set()
        while waiting:
            one = waiting.pop()
            if one is None or id(one) in seen:
                continue
            seen.add(id(one))
            one.args = tuple(_removed_value(value, forms) for value in one.args)
            for name, value in list(vars(one).items()):
                if isinstance(value, str):
                    setattr(one, name, _removed_text(value, forms))
            waiting += [one.__cause__, one.__context__]


class CleanTransport:
    """A transport whose responses and errors have no secret of the backend's options.

    Args:
        inner: the transport to send through.
        secrets: the secrets.
    """

    def __init__(self, inner: Transport, secrets: Secrets) -> None:
        self._inner = inner
        self._secrets = secrets

    def send(self, request: HttpRequest) -> HttpResponse:
        """Return the response without secrets."""
        try:
            response = self._inner.send(request)
        except PosehubError as error:
            self._secrets.clean_error(error)
            raise
        return self._secrets.clean(response)

    def close(self) -> None:
        """Close the inner transport."""
        self._inner.close()


def secrets_of(options: Any) -> list[str]:
    """Return the values of the options that are declared as secret."""
    if not attrs.has(type(options)):
        return []
    values = [
        getattr(options, field.name)
        for field in attrs.fields(type(options))
        if field.metadata.get("secret", False)
    ]
    return [value for value in values if isinstance(value, str)]


def _removed(data: bytes, forms: Iterable[bytes]) -> bytes:
    for form in forms:
        data = data.replace(form, _MARK)
    return data


def _removed_text(text: str, forms: Iterable[bytes]) -> str:
    data = text.encode("utf-8", "surrogatepass")
    return _removed(data, forms).decode("utf-8", "surrogatepass")


def _removed_value(value: Any, forms: Iterable[bytes]) -> Any:
    return _removed_text(value, forms) if isinstance(value, str) else value


def _forms(secret: str) -> tuple[bytes, ...]:
    """Return the ways in which a secret may be written."""
    percent = {quote(secret, safe, errors="replace") for safe in _SAFE}
    percent.add(quote_plus(secret, errors="replace"))
    packed = {
        part
        for text in {secret, *percent}
        for core in _base64_parts(text.encode("utf-8", "replace"))
        for part in (core, core.replace("+", "-").replace("/", "_"), quote(core, ""))
    }
    written = {secret, *percent, *packed}
    written |= {_lower_escapes(text) for text in percent | packed}
    written |= {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
    written |= {html.escape(secret), html.escape(secret, quote=False)}
    written |= {text.replace("/", "\\/") for text in written}
    return tuple(text.encode("utf-8", "replace") for text in written)


def _base64_parts(data: bytes) -> list[str]:
    """Return the characters of base64 that hold only `data`, for each place it may start at."""
    parts = []
    for before in range(3):
        text = base64.b64encode(bytes(before) + data).decode()
        parts.append(text[-(-before * 8 // 6) : (before + len(data)) * 8 // 6])
    return parts


def _lower_escapes(text: str) -> str:
    """Return percent-encoded text with lower-case hexadecimal digits in its escapes."""
    pieces = text.split("%")
    return "%".join([pieces[0], *(piece[:2].lower() + piece[2:] for piece in pieces[1:])])
