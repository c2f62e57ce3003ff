"""A token that expires, shared by any number of threads."""

from __future__ import annotations

import gc
import json
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor

import pytest

from posehub.backends.transport import HttpRequest
from posehub.cloud.network import Network
from posehub.cloud.token import Token, TokenStore
from posehub.errors import AuthError, TransientError

PATIENCE = 60  # seconds after which a test that hangs fails


class Service:
    """Issues numbered tokens; raises `errors` first."""

    def __init__(self, lifetime=1000.0, errors=()):
        self.lifetime, self.errors, self.fetched = lifetime, list(errors), 0

    def fetch(self):
        self.fetched += 1
        if self.errors:
            raise self.errors.pop(0)
        return Token(f"token-{self.fetched}", self.lifetime)


def test_a_token_is_fetched_when_it_is_first_needed_and_then_kept():
    service = Service()
    store = TokenStore(service.fetch)
    assert service.fetched == 0
    assert [store.get() for _ in range(3)] == ["token-1"] * 3
    assert service.fetched == 1


@pytest.mark.parametrize(
    ("lifetime", "valid_for"),
    [(100, 90), (1000, 900), (3000, 2700), (2_592_000, 2_592_000 - 300), (0, 0)],
)
def test_a_token_is_renewed_before_it_expires(lifetime, valid_for, time):
    store = TokenStore(Service(lifetime).fetch, time.clock)
    assert store.get() == "token-1"
    if valid_for:
        time.pass_by(valid_for - 0.5)
        assert store.get() == "token-1"
        time.pass_by(0.5)
    assert store.get() == "token-2"


def test_sixteen_threads_fetch_one_token_over_http(serve, response):
    together = threading.Barrier(16)

    def respond(connection):
        connection.sendall(response(json.dumps({"access_token": "t", "expires_in": 1000}).encode()))

    server = serve(respond)
    network = Network(timeout=60)

    def fetch():
        body = json.loads(network.send(HttpRequest("POST", server.url)).body)
        return Token(body["access_token"], body["expires_in"])

    store = TokenStore(fetch)

    def get(_):
        together.wait(PATIENCE)
        return store.get()

    with ThreadPoolExecutor(16) as executor:
        tokens = list(executor.map(get, range(16)))
    network.close()
    assert tokens == ["t"] * 16
    assert len(server.requests) == 1


def test_a_stale_token_is_replaced_at_once():
    store = TokenStore(Service().fetch)
    assert store.replace(store.get()) == "token-2"
    assert store.get() == "token-2"


def test_threads_that_replace_the_same_stale_token_get_the_same_new_one():
    service = Service()
    store = TokenStore(service.fetch)
    stale = store.get()
    together = threading.Barrier(16)

    def replace(_):
        together.wait(PATIENCE)
        return store.replace(stale)

    with ThreadPoolExecutor(16) as executor:
        assert set(executor.map(replace, range(16))) == {"token-2"}
    assert service.fetched == 2


def test_a_refusal_of_the_keys_is_remembered_and_raised_as_a_new_error_each_time():
    service = Service(errors=[AuthError("wrong keys", code="invalid_client", request_id="7")])
    store = TokenStore(service.fetch)
    errors = []
    for _ in range(3):
        with pytest.raises(AuthError, match="wrong keys") as caught:
            store.get()
        assert (caught.value.code, caught.value.request_id) == ("invalid_client", "7")
        errors.append(caught.value)
    assert service.fetched == 1
    # the frames, and with them the images, of all calls would gather in one error object
    assert len(set(map(id, errors))) == 3


def test_a_refusal_at_the_renewal_is_remembered_too():
    service = Service()
    store = TokenStore(service.fetch)
    stale = store.get()
    service.errors = [AuthError("keys revoked")]
    for _ in range(3):
        with pytest.raises(AuthError, match="keys revoked"):
            store.replace(stale)
    assert service.fetched == 2


def test_a_remembered_refusal_keeps_no_image_of_the_failed_calls():
    class Image:
        pass

    store = TokenStore(Service(errors=[AuthError("wrong keys")]).fetch)
    images = []

    def call():
        image = Image()
        images.append(weakref.ref(image))
        store.get()

    for _ in range(3):
        with pytest.raises(AuthError):
            call()
    gc.collect()
    assert [reference() for reference in images] == [None] * 3


def test_a_passing_failure_is_not_remembered():
    service = Service(errors=[TransientError("not now")])
    store = TokenStore(service.fetch)
    with pytest.raises(TransientError):
        store.get()
    assert store.get() == "token-2"


def test_after_a_failed_renewal_the_old_token_can_still_be_replaced():
    service = Service()
    store = TokenStore(service.fetch)
    store.get()
    service.errors = [TransientError("not now")]
    with pytest.raises(TransientError):
        store.replace("token-1")
    assert store.replace("token-1") == "token-3"


def test_a_token_does_not_show_its_value():
    assert repr(Token("s3cr3t", 5.0)) == "Token(lifetime=5.0)"


class SlowService(Service):
    """Issues a token when it is told to."""

    def __init__(self, **options):
        super().__init__(**options)
        self.asked, self.go = threading.Event(), threading.Event()

    def fetch(self):
        self.asked.set()
        assert self.go.wait(PATIENCE)
        return super().fetch()


def _outcomes(store, service, threads):
    """Return the tokens or errors of threads that come while a token is fetched."""

    def get(_):
        try:
            return store.get()
        except (AuthError, TransientError, KeyboardInterrupt) as error:
            return error

    with ThreadPoolExecutor(threads) as executor:
        first = executor.submit(get, 0)
        assert service.asked.wait(PATIENCE)
        others = [executor.submit(get, number) for number in range(1, threads)]
        service.go.set()
        return [future.result() for future in (first, *others)]


def test_threads_that_wait_for_a_token_share_it():
    service = SlowService()
    assert _outcomes(TokenStore(service.fetch), service, 12) == ["token-1"] * 12
    assert service.fetched == 1


def test_threads_that_wait_for_a_token_share_its_failure():
    service = SlowService(errors=[TransientError("not now")] * 12)
    store = TokenStore(service.fetch)
    errors = _outcomes(store, service, 4)
    assert {str(error) for error in errors} == {"not now"}
    # a thread that comes late tries again, those that waited do not
    assert service.fetched <= 3
    assert len(set(map(id, errors))) == 4


def test_a_token_that_expires_at_once_is_shared_by_those_who_waited():
    service = SlowService(lifetime=0.0)
    tokens = _outcomes(TokenStore(service.fetch), service, 4)
    assert service.fetched <= 3
    assert all(token.startswith("token-") for token in tokens)


def test_an_interrupted_fetch_is_made_again_by_a_thread_that_waits():
    service = SlowService(errors=[KeyboardInterrupt()])
    interrupted, *others = _outcomes(TokenStore(service.fetch), service, 4)
    assert isinstance(interrupted, KeyboardInterrupt)
    assert others == ["token-2"] * 3
