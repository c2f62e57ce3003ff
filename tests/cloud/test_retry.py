"""Repeats of a request whose error may pass."""

from __future__ import annotations

import contextlib
import gc
import threading
import weakref

import pytest

from posehub.backends.executor import ordered_map
from posehub.backends.transport import HttpRequest, HttpResponse
from posehub.cloud.clock import NO_WAITING
from posehub.cloud.retry import RetryingTransport, RetryPolicy, next_delay
from posehub.errors import (
    AuthError,
    BackendError,
    BackendTimeoutError,
    ConfigError,
    ImageError,
    QuotaExceededError,
    RateLimitedError,
    TransientError,
)

PATIENCE = 60  # seconds after which a test that hangs fails

POLICY = RetryPolicy(max_retries=3, deadline=100, base_delay=1, max_delay=10)
ENDLESS = RetryPolicy(max_retries=10**6, deadline=1e9, base_delay=1.0, max_delay=10)
DEFAULT = RetryPolicy(max_retries=3, deadline=100)
GOOD = HttpResponse(200, {}, b"good")
REQUEST = HttpRequest("POST", "https://service.example/pose", body=b"an image")


def _error(**fields):
    return TransientError("not now", **fields)


@pytest.mark.parametrize(
    ("policy", "error", "attempt", "elapsed", "jitter", "delay"),
    [
        # each wait is twice as long as the last; the jitter shortens it by up to a half
        (POLICY, _error(), 1, 0, 1, 1),
        (POLICY, _error(), 1, 0, 0, 0.5),
        (POLICY, _error(), 1, 0, 0.5, 0.75),
        (POLICY, _error(), 2, 0, 1, 2),
        (POLICY, _error(), 3, 0, 1, 4),
        (POLICY, _error(), 3, 0, 0, 2),
        # as many repeats as the policy allows
        (POLICY, _error(), 4, 0, 1, None),
        (RetryPolicy(0, 100), _error(), 1, 0, 0, None),
        # and no more than the error allows
        (POLICY, _error(max_retries=1), 1, 0, 1, 1),
        (POLICY, _error(max_retries=1), 2, 0, 1, None),
        (POLICY, _error(max_retries=0), 1, 0, 1, None),
        (POLICY, _error(max_retries=9), 4, 0, 1, None),
        # a wait has an upper limit
        (ENDLESS, _error(), 5, 0, 1, 10),
        (ENDLESS, _error(), 100, 0, 1, 10),
        (ENDLESS, _error(), 5000, 0, 1, 10),
        # the wait that the service asks for is added to the backoff, above the limit too
        (POLICY, _error(retry_after=5), 1, 0, 0, 5.5),
        (POLICY, _error(retry_after=5), 1, 0, 1, 6),
        (POLICY, _error(retry_after=60), 1, 0, 1, 61),
        (POLICY, _error(retry_after=0), 1, 0, 1, 1),
        # no attempt starts after the deadline
        (POLICY, _error(), 1, 98.9, 1, 1),
        (POLICY, _error(), 1, 99, 1, None),
        (POLICY, _error(), 1, 500, 0, None),
        (POLICY, _error(retry_after=100), 1, 0, 0, None),
    ],
)
def test_the_next_delay(policy, error, attempt, elapsed, jitter, delay):
    assert next_delay(policy, error, attempt, elapsed, jitter) == delay


class Failing:
    """A transport that fails with each of `errors` in turn, then returns a good response.

    An error is raised, or stands in a response (`responds=True`).
    """

    def __init__(self, errors, *, responds=False, takes=None):
        self.errors = iter(errors)
        self.responds = responds
        self.takes = takes or (lambda: None)
        self.requests = []
        self.closed = 0
        self._in_responses = {}

    def send(self, request):
        self.requests.append(request)
        self.takes()
        error = next(self.errors, None)
        if error is None:
            return GOOD
        if not self.responds:
            raise error
        response = HttpResponse(200, {}, b"error %d" % len(self.requests))
        self._in_responses[response.body] = error
        return response

    def fault(self, response):
        return self._in_responses.get(response.body)

    def close(self):
        self.closed += 1


@pytest.fixture(params=[False, True], ids=["raised", "in a response"])
def failing(request):
    """A factory of failing transports; errors are raised or stand in responses."""
    return lambda errors, **options: Failing(errors, responds=request.param, **options)


def _send(inner, time, policy=DEFAULT, request=REQUEST):
    """Send a request; return or raise what a backend would return or raise."""
    response = RetryingTransport(inner, inner.fault, policy, time.clock).send(request)
    error = inner.fault(response)
    if error is not None:
        raise error
    return response


def test_a_request_that_succeeds_is_sent_once(failing, time):
    inner = failing([])
    assert _send(inner, time) is GOOD
    assert (len(inner.requests), time.waits) == (1, [])


@pytest.mark.parametrize("kind", [TransientError, RateLimitedError, BackendTimeoutError])
def test_a_request_is_repeated_until_its_error_has_passed(kind, failing, time):
    inner = failing([kind("a"), kind("b")])
    assert _send(inner, time) is GOOD
    assert inner.requests == [REQUEST] * 3
    first, second = time.waits
    assert 0.25 <= first <= 0.5
    assert 0.5 <= second <= 1.0


@pytest.mark.parametrize(
    "error",
    [
        BackendError("no"),
        AuthError("no"),
        QuotaExceededError("no"),
        ImageError("no"),
        ConfigError("no"),
        RuntimeError("no"),
    ],
)
def test_any_other_error_is_not_repeated(error, failing, time):
    inner = failing([error])
    with pytest.raises(type(error)) as caught:
        _send(inner, time)
    assert caught.value is error
    assert (len(inner.requests), time.waits) == (1, [])


def test_the_error_of_the_last_attempt_is_raised_after_the_last_repeat(failing, time):
    errors = [_error(code=number) for number in range(10)]
    inner = failing(errors)
    with pytest.raises(TransientError) as caught:
        _send(inner, time)
    assert caught.value is errors[3]
    assert (len(inner.requests), len(time.waits)) == (4, 3)


def test_an_error_that_allows_one_repeat_gets_one(failing, time):
    inner = failing([_error(max_retries=1)] * 10)
    with pytest.raises(TransientError):
        _send(inner, time)
    assert len(inner.requests) == 2


def test_the_wait_that_the_service_asks_for_is_kept(failing, time):
    _send(failing([_error(retry_after=20)]), time)
    [wait] = time.waits
    assert 20 < wait <= 20.5


def test_the_time_of_the_requests_counts_for_the_deadline(failing, time):
    inner = failing([_error()] * 100, takes=lambda: time.pass_by(40))
    with pytest.raises(TransientError):
        _send(inner, time, RetryPolicy(max_retries=100, deadline=100))
    assert len(inner.requests) == 3


def test_each_request_has_its_own_deadline_and_repeats(failing, time):
    inner = failing([_error()] * 6)
    transport = RetryingTransport(inner, inner.fault, DEFAULT, time.clock)
    with contextlib.suppress(TransientError):
        transport.send(REQUEST)
    assert len(inner.requests) == 4
    time.pass_by(1000)
    assert transport.send(REQUEST) is GOOD
    assert len(inner.requests) == 4 + 3


def test_a_wait_is_logged_with_host_attempt_and_reason(failing, time, caplog):
    caplog.set_level("INFO", logger="posehub.retry")
    _send(failing([_error()]), time)
    [message] = caplog.messages
    assert message.startswith("service.example: attempt 1 failed (not now); next in 0.")


def test_a_repeat_without_waiting_comes_at_once(failing):
    inner = failing([_error(retry_after=10 * PATIENCE)] * 2)
    policy = RetryPolicy(max_retries=3, deadline=1e9)
    assert RetryingTransport(inner, inner.fault, policy, NO_WAITING).send(REQUEST) is GOOD
    assert len(inner.requests) == 3


def test_a_wait_ends_at_once_when_the_consumer_stops(failing):
    before = set(threading.enumerate())
    failed = threading.Event()
    inner = failing([None, *[_error(retry_after=10 * PATIENCE)] * 100])
    policy = RetryPolicy(max_retries=3, deadline=1e6)
    transport = RetryingTransport(inner, inner.fault, policy)

    def send(number):
        if number > 0:
            failed.set()
        return transport.send(REQUEST)

    responses = ordered_map(send, range(100), workers=2)
    next(responses)
    assert failed.wait(PATIENCE)
    responses.close()
    assert set(threading.enumerate()) <= before
    assert len(inner.requests) <= 5


def test_a_repeated_request_is_released_when_it_has_succeeded(time):
    class Image:
        digest = "sha256:0"

    class FailingOnce:
        failed = False

        def send(self, request):
            if self.failed:
                return GOOD
            self.failed = True
            raise TransientError("not now")

    def send():
        image = Image()
        transport = RetryingTransport(FailingOnce(), lambda response: None, DEFAULT, time.clock)
        transport.send(HttpRequest("POST", REQUEST.url, image=image))
        return weakref.ref(image)

    gc.disable()  # a cycle of an error and its frames would keep the image
    try:
        assert send()() is None
    finally:
        gc.enable()


def test_closing_closes_the_inner_transport(failing):
    inner = failing([])
    RetryingTransport(inner, inner.fault, DEFAULT).close()
    assert inner.closed == 1


@pytest.mark.parametrize("failures", [1, 3])
def test_an_error_without_response_has_the_number_of_attempts(failures, time):
    class Broken:
        def send(self, request):
            raise TransientError("not now.")

    policy = RetryPolicy(max_retries=failures - 1, deadline=1e9)
    with pytest.raises(TransientError, match=rf"^not now\. Attempts made: {failures}\.$"):
        RetryingTransport(Broken(), lambda response: None, policy, time.clock).send(REQUEST)
