"""Credentials that are added to requests, and renewed when the service refuses them."""

from __future__ import annotations

import pytest

from posehub.backends.transport import HttpRequest
from posehub.cloud.authorisation import AuthorisedTransport, FixedScheme
from posehub.cloud.clock import CLOCK
from posehub.cloud.network import Credentials, Network


class NumberedScheme:
    """A scheme that renews its credentials `renewals` times: key-0, key-1, ..."""

    def __init__(self, renewals):
        self.renewals = renewals
        self.number = 0

    def credentials(self, request):
        return Credentials(headers={"Authorization": f"key-{self.number}"})

    def renew(self, refused):
        self.number += 1
        return self.number <= self.renewals


@pytest.fixture
def transport(serve, response):
    """A factory of transports to a server that accepts one key; returns transport and server."""
    opened = []

    def make(scheme, accepted, clock=CLOCK):
        def respond(connection):
            good = f"Authorization: {accepted}".encode() in server.requests[-1][0]
            connection.sendall(response(b"good" if good else b"refused"))
            return True

        server = serve(respond)
        network = Network(timeout=60)
        opened.append(network)
        return AuthorisedTransport(network, scheme, lambda r: r.body == b"refused", clock), server

    yield make
    for network in opened:
        network.close()


def _send(transport, server):
    return transport.send(HttpRequest("POST", server.url)).body


def test_fixed_credentials_are_added_to_every_request(transport):
    fixed = FixedScheme(Credentials(headers={"Authorization": "key-7"}))
    sender, server = transport(fixed, "key-7")
    assert [_send(sender, server) for _ in range(2)] == [b"good"] * 2
    assert len(server.requests) == 2


def test_fixed_credentials_that_are_refused_are_not_sent_again(transport):
    fixed = FixedScheme(Credentials(headers={"Authorization": "key-7"}))
    sender, server = transport(fixed, "key-8")
    assert _send(sender, server) == b"refused"
    assert len(server.requests) == 1


def test_a_request_is_sent_again_with_renewed_credentials(transport):
    sender, server = transport(NumberedScheme(renewals=1), "key-1")
    assert _send(sender, server) == b"good"
    assert len(server.requests) == 2


def test_credentials_are_renewed_once_for_a_request(transport):
    sender, server = transport(NumberedScheme(renewals=9), "key-5")
    assert _send(sender, server) == b"refused"
    assert len(server.requests) == 2


def test_credentials_that_cannot_be_renewed_are_not_sent_again(transport):
    sender, server = transport(NumberedScheme(renewals=0), "key-1")
    assert _send(sender, server) == b"refused"
    assert len(server.requests) == 1


def test_new_credentials_that_are_refused_are_renewed_ever_more_rarely(transport, time):
    scheme = NumberedScheme(renewals=1000)
    sender, server = transport(scheme, "never", time.clock)
    renewals = []
    for _ in range(50):
        _send(sender, server)
        renewals.append(scheme.number)
        time.pass_by(10)
    # at 0 s, 60 s and 180 s, the next at 420 s
    assert renewals[0] == 1
    assert renewals[6] == 2
    assert renewals[18] == 3
    assert renewals[-1] == 4


def test_after_accepted_credentials_a_renewal_is_not_delayed_again(transport, time):
    scheme = NumberedScheme(renewals=1000)
    sender, server = transport(scheme, "key-2", time.clock)
    assert _send(sender, server) == b"refused"
    time.pass_by(61)
    assert _send(sender, server) == b"good"
    scheme.number = 0
    time.pass_by(61)
    assert _send(sender, server) == b"refused"
    time.pass_by(61)
    assert _send(sender, server) == b"good"
