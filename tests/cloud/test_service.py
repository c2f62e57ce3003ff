"""A service backend: its requests go through retry, pacing, authorisation, network."""

from __future__ import annotations

import attrs
import numpy as np
import pytest

import posehub
from posehub import Backend, Capabilities, PoseResult, ServiceOptions, load_image
from posehub.backends.transport import HttpRequest, HttpResponse, Recording
from posehub.cloud.service import open_service, policy_of
from posehub.errors import BackendError, TransientError
from posehub.poses.skeletons import COCO17
from posehub.recording.forms import digest_form, form_digest


class Service:
    """A service in memory: notes each request and its time, and fails at the given ones.

    Attributes:
        requests: (time, digest of the image) of each request.
        failures: numbers of the requests that get a passing error, from 0.
        closed: how often its transport was closed.
    """

    def __init__(self, time, failures=()):
        self.time = time
        self.failures = failures
        self.requests = []
        self.closed = 0

    def send(self, request):
        self.requests.append((self.time.now, request.image.digest))
        failed = len(self.requests) - 1 in self.failures
        return HttpResponse(503 if failed else 200, {}, b"")

    def close(self):
        self.closed += 1

    @property
    def times(self):
        return [moment for moment, _ in self.requests]


class ServiceBackend(Backend):
    """Sends one request for each image of a batch."""

    def __init__(self, info, transport):
        self.info = info
        self.transport = transport

    def detect_batch(self, images):
        return [self._detect(image) for image in images]

    def _detect(self, image):
        response = self.transport.send(HttpRequest("POST", "https://service.example", image=image))
        if response.status != 200:
            raise _fault(response)
        return PoseResult.empty(COCO17, image_size=image.size, backend="fake")

    def close(self):
        self.transport.close()


def _fault(response):
    return None if response.status == 200 else TransientError("not now", code=response.status)


@attrs.frozen
class Options(ServiceOptions):
    """Options of the service backend."""


def _recording(service, info=None):
    return Recording(
        factory=lambda options, transport: ServiceBackend(info, transport),
        transport=lambda options: service,
        recognises=lambda url: True,
        reduced_body=digest_form,
        image_digest=form_digest,
        fault=_fault,
    )


@pytest.fixture
def info(make_info):
    return make_info(capabilities=Capabilities(max_batch=6))


def _images(count):
    return [np.full((8, 8, 3), shade, np.uint8) for shade in range(count)]


def _gaps(service):
    return np.diff(service.times)


def test_each_request_of_a_batch_takes_its_turn(time, info):
    service = Service(time)
    backend = open_service(_recording(service, info), Options(qps=2), time.clock)
    assert len(list(backend.detect_many(_images(6)))) == 6
    assert len(service.requests) == 6
    assert _gaps(service).min() > 0.5


def test_only_the_failed_request_of_a_batch_is_repeated(time, info):
    service = Service(time, failures=[3])
    backend = open_service(_recording(service, info), Options(max_retries=3), time.clock)
    results = list(backend.detect_many(_images(6)))
    assert len(results) == 6
    digests = [load_image(image).digest for image in _images(6)]
    assert [digest for _, digest in service.requests] == [*digests[:4], digests[3], *digests[4:]]


def test_each_attempt_takes_its_turn(time, info):
    service = Service(time, failures=[0, 1])
    backend = open_service(_recording(service, info), Options(qps=0.01, max_retries=3), time.clock)
    backend.detect(_images(1)[0])
    assert len(service.requests) == 3
    assert _gaps(service).min() > 100


def test_without_a_rate_limit_nothing_waits(time, info):
    service = Service(time)
    backend = open_service(_recording(service, info), Options(), time.clock)
    list(backend.detect_many(_images(6)))
    assert time.waits == []


def test_the_last_error_is_raised_when_the_repeats_are_used_up(time, info):
    service = Service(time, failures=range(100))
    backend = open_service(_recording(service, info), Options(max_retries=2), time.clock)
    with pytest.raises(TransientError) as caught:
        backend.detect(_images(1)[0])
    assert caught.value.code == 503
    assert len(service.requests) == 3


@pytest.mark.parametrize("options", [Options(max_retries=0), None])
def test_nothing_is_repeated_if_the_options_do_not_allow_it(options, time, info):
    service = Service(time, failures=range(100))
    backend = open_service(_recording(service, info), options, time.clock)
    with pytest.raises(TransientError):
        backend.detect(_images(1)[0])
    assert len(service.requests) == 1


def test_the_policy_comes_from_the_options():
    policy = policy_of(Options(max_retries=5, deadline=7))
    assert (policy.max_retries, policy.deadline) == (5, 7)
    assert policy_of(None).max_retries == 0


def test_closing_the_backend_closes_the_live_transport(time, info):
    service = Service(time)
    open_service(_recording(service, info), Options(qps=2), time.clock).close()
    assert service.closed == 1


def test_a_backend_that_fails_to_open_closes_the_live_transport(time):
    def fail(options, transport):
        raise BackendError("it does not open")

    service = Service(time)
    recording = attrs.evolve(_recording(service), factory=fail)
    with pytest.raises(BackendError, match="does not open"):
        open_service(recording, Options(qps=2), time.clock)
    assert service.closed == 1


def test_a_cached_result_sends_no_request(time, make_info, install, tmp_path):
    service = Service(time)
    info = make_info(
        factory=lambda options: open_service(_recording(service, info), options, time.clock),
        options=Options,
    )
    install(info)
    with posehub.open_backend("fake", qps=0.01, cache=tmp_path / "results.db") as backend:
        for _ in range(3):
            backend.detect(_images(1)[0])
    assert len(service.requests) == 1
    assert time.waits == []
