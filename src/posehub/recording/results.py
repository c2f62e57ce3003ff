"""A backend without HTTP, recorded as if it were a service: its calls and results as requests.

The address is posehub://NAME/detect, the response a result's own JSON. It plays without the
backend's plugin.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from posehub.backends.base import Backend
from posehub.backends.info import BackendInfo
from posehub.backends.transport import HttpRequest, HttpResponse, Recording, Transport
from posehub.errors import CassetteError, PosehubError, error_class
from posehub.images.image import Image
from posehub.poses.result import PoseResult
from posehub.recording.forms import digest_form, form_digest

_SCHEME = "posehub"
_FAILED = 500


def recorded_name(url: str) -> str | None:
    """Return the name of the backend whose results a recorded URL is about, or None."""
    parts = urlsplit(url)
    return parts.netloc if parts.scheme == _SCHEME else None


def recording_of(info: BackendInfo) -> Recording:
    """Return how the calls of any backend go onto a cassette: its own way, or its results."""
    return info.recording or results_recording(info)


def results_recording(info: BackendInfo) -> Recording:
    """Return how the results of backend `info` go onto a cassette."""
    return Recording(
        factory=lambda options, transport: ResultsBackend(info, transport),
        transport=lambda options: BackendTransport(info.factory(options)),
        recognises=lambda url: recorded_name(url) == info.name,
        reduced_body=digest_form,
        image_digest=form_digest,
        fault=_fault,
    )


class ResultsBackend(Backend):
    """Asks a transport for results, one picture a request."""

    def __init__(self, info: BackendInfo, transport: Transport) -> None:
        self.info = info
        self._transport = transport

    def detect_batch(self, images: Sequence[Image]) -> list[PoseResult]:
        """Return the recorded or just made result of each picture."""
        return [self._result(self._transport.send(self._request(image))) for image in images]

    def close(self) -> None:
        """Close the transport."""
        self._transport.close()

    def _request(self, image: Image) -> HttpRequest:
        return HttpRequest("POST", f"{_SCHEME}://{self.info.name}/detect", image=image)

    def _result(self, response: HttpResponse) -> PoseResult:
        if (fault := _fault(response)) is not None:
            raise fault
        try:
            return PoseResult.from_json(response.body)
        except (ValueError, KeyError, TypeError) as error:
            raise CassetteError(
                f"A recorded result of {self.info.name} is invalid: {error}. Record it again."
            ) from error


class BackendTransport:
    """Answers requests by asking a backend."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    def send(self, request: HttpRequest) -> HttpResponse:
        """Return the backend's result, or its error, as JSON."""
        assert request.image is not None, "ResultsBackend asks about pictures"
        try:
            (result,) = self._backend.detect_batch([request.image])
        except PosehubError as error:
            return _response(_FAILED, {"error": type(error).__name__, "message": str(error)})
        return _response(200, result.to_dict())

    def close(self) -> None:
        """Close the backend."""
        self._backend.close()


def _fault(response: HttpResponse) -> PosehubError | None:
    """Return the recorded error, or None for a result."""
    if response.status != _FAILED:
        return None
    try:
        reply = json.loads(response.body)
        kind, message = reply["error"], str(reply["message"])
    except (ValueError, KeyError, TypeError) as error:
        return CassetteError(f"A recorded error is invalid: {error}. Record it again.")
    return error_class(kind)(message)


def _response(status: int, reply: dict[str, Any]) -> HttpResponse:
    text = json.dumps(reply, ensure_ascii=False, allow_nan=False)
    return HttpResponse(status, {"content-type": "application/json"}, text.encode())
