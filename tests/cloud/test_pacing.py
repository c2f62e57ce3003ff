"""A limit on the requests per second, shared by all threads."""

from __future__ import annotations

import threading
from itertools import pairwise

import pytest

from posehub.backends.executor import ordered_map
from posehub.backends.transport import HttpRequest, HttpResponse
from posehub.cloud.pacing import PacedTransport, Pacer

REQUEST = HttpRequest("POST", "https://service.example/pose")


class Service:
    """A transport that notes the time of each request; each one takes `seconds`."""

    def __init__(self, time, seconds=0.0):
        self.time = time
        self.seconds = seconds
        self.times = []
        self.closed = 0

    def send(self, request):
        self.times.append(self.time.now)
        self.time.pass_by(self.seconds)
        return HttpResponse(200, {}, b"")

    def close(self):
        self.closed += 1

    @property
    def gaps(self):
        return [later - earlier for earlier, later in pairwise(self.times)]


def _send(service, qps, count):
    paced = PacedTransport(service, Pacer(qps, service.time.clock))
    for _ in range(count):
        paced.send(REQUEST)
    return paced


def test_the_first_request_does_not_wait(time):
    service = Service(time)
    start = time.now
    _send(service, 0.001, 1)
    assert service.times == [start]


@pytest.mark.parametrize("qps", [0.5, 2, 10, 300])
def test_requests_are_spaced_evenly_and_a_little_wider_than_the_rate(qps, time):
    service = Service(time)
    _send(service, qps, 20)
    gaps = service.gaps
    assert gaps == pytest.approx([gaps[0]] * 19, rel=1e-6)
    # at least 97 % of the allowed rate is used
    assert 1 / qps < gaps[0] <= 1 / qps / 0.97


def test_no_second_has_more_requests_than_allowed(time):
    service = Service(time)
    _send(service, 5, 40)
    for start in service.times:
        assert sum(start <= moment < start + 1 for moment in service.times) <= 5


def test_no_wait_follows_a_request_that_takes_longer_than_the_spacing(time):
    service = Service(time, seconds=0.5)
    _send(service, 10, 5)
    assert service.gaps == pytest.approx([0.5] * 4)


def test_unused_time_is_not_saved_for_a_burst(time):
    service = Service(time)
    paced = _send(service, 2, 1)
    time.pass_by(100)
    for _ in range(3):
        paced.send(REQUEST)
    assert min(service.gaps[1:]) > 0.5


def test_all_threads_share_one_limit(time):
    service = Service(time)
    paced = PacedTransport(service, Pacer(4, time.clock))
    start = time.now
    list(ordered_map(lambda _: paced.send(REQUEST), range(40), workers=8))
    # each request had its own turn; it may be sent after the next turn
    span = time.now - start
    assert len(service.times) == 40
    assert 39 / 4 < span <= 39 / 4 / 0.97


def test_a_wait_ends_at_once_when_the_consumer_stops(time):
    before = set(threading.enumerate())
    service = Service(time)
    paced = PacedTransport(service, Pacer(0.001))
    responses = ordered_map(lambda _: paced.send(REQUEST), range(100), workers=3)
    next(responses)
    responses.close()
    assert set(threading.enumerate()) <= before
    assert len(service.times) == 1


def test_closing_closes_the_inner_transport(time):
    service = Service(time)
    _send(service, 1, 0).close()
    assert service.closed == 1
