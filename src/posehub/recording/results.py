"""Recording a backend without HTTP: one request for each image, one response for each result.

The URL is posehub://NAME/detect, the response is the JSON of the result. Such a cassette can be
played without the backend's plugin.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from urllib.parse import urlsplit

import attrs

from posehub.backends.base import Backend
from posehub.backends.info import BackendInfo
from posehub.backends.serialize import Serialize
from posehub.backends.transport import HttpRequest, HttpResponse, Recording, Transport
from posehub.errors import CassetteError, PosehubError, error_class
from posehub.images.image import Image
from posehub.plugins.opening import opened
from posehub.poses.result import PoseResult
from posehub.recording.forms import digest_form, form_digest

_log = logging.getLogger("posehub.cassettes")

_SCHEME = "posehub"
_FAILED = 500


def recorded_name(url: str) -> str | None:
    """Return the name of the backend whose results have this URL, or None for another URL."""
    parts = urlsplit(url)
    return parts.netloc if parts.scheme == _SCHEME else None


def recording_of(info: BackendInfo) -> Recording:
    """Return how a backend is recorded: as its plugin describes, or else by its results."""
    return info.recording or results_recording(info)


def results_recording(info: BackendInfo) -> Recording:
    """Return how the results of the backend `info` are recorded."""
    return Recording(
        factory=lambda options, transport: ResultsBackend(info, transport),
        transport=lambda options: BackendTransport(opened(info, info.factory, options)),
        recognises=lambda url: recorded_name(url) == info.name,
        reduced_body=digest_form,
        image_digest=form_digest,
        fault=_fault,
    )


class ResultsBackend(Backend):
    """A backend whose results come from a transport, one request for each image."""

    def __init__(self, info: BackendInfo, transport: Transport) -> None:
        self.info = info
        self._transport = transport

    def detect_batch(self, images: Sequence[Image]) -> list[PoseResult]:
        """Return the result for each image, recorded or live."""
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
    """A transport whose responses are the results of a backend.

    Args:
        backend: detects people in the requests' images.
    """

    def __init__(self, backend: Backend) -> None:
        self._backend = backend if backend.capabilities.thread_safe else Serialize(backend)

    def send(self, request: HttpRequest) -> HttpResponse:
        """Return the result or the error of the backend as JSON."""
        assert request.image is not None, "ResultsBackend sends an image with each request"
        try:
            (result,) = self._backend.detect_batch([request.image])
        except PosehubError as error:
            failure = {"error": type(error).__name__, "message": str(error)}
            return _response(_FAILED, json.dumps(failure, ensure_ascii=False))
        return _response(200, _as_json(result))

    def close(self) -> None:
        """Close the backend."""
        self._backend.close()


def _fault(response: HttpResponse) -> PosehubError | None:
    """Return the recorded error, or None if the response is a result."""
    if response.status != _FAILED:
        return None
    try:
        failure = json.loads(response.body)
        kind, message = failure["error"], str(failure["message"])
    except (ValueError, KeyError, TypeError) as error:
        return CassetteError(f"A recorded error is invalid: {error}. Record it again.")
    return error_class(kind)(message)


def _response(status: int, text: str) -> HttpResponse:
    return HttpResponse(status, {"content-type": "application/json"}, text.encode())


def _as_json(result: PoseResult) -> str:
    """Return a result as JSON; without `raw` if JSON cannot hold that: the result is paid for."""
    try:
        return result.to_json()
    except ValueError as error:
        _log.warning("recorded without raw: %s", error)
        return attrs.evolve(result, raw=None).to_json()
