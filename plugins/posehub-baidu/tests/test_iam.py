from __future__ import annotations

import warnings
from datetime import UTC, datetime
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

import posehub
from posehub.backends.transport import HttpRequest
from posehub_baidu.auth import IamScheme
from posehub_baidu.iam import authorization, timestamp
from posehub_baidu.request import PATH
from posehub_baidu.testing import IAM_ACCESS_KEY, IAM_SECRET_KEY

with warnings.catch_warnings():
    # the sources of the vendor's package have invalid escapes
    warnings.simplefilter("ignore")
    from baidubce.auth import bce_v1_signer
    from baidubce.auth.bce_credentials import BceCredentials

KEYS = {"iam_access_key": IAM_ACCESS_KEY, "iam_secret_key": IAM_SECRET_KEY}
visible = st.characters(codec="ascii", exclude_categories=["Cc", "Zs"])
keys = st.text(visible, min_size=1)
segments = st.text(
    st.characters(exclude_characters="/?#", exclude_categories=["Cs", "Cc"]), max_size=12
)
methods = st.sampled_from(["GET", "POST", "PUT"])
hosts = st.from_regex(r"[a-zA-Z0-9][a-zA-Z0-9.-]{0,40}(:[0-9]{1,5})?", fullmatch=True)
# the vendor's signer reads 0 as the current time
times = st.integers(1, 2**32).map(lambda second: datetime.fromtimestamp(second, UTC))


def vendors_signature(access_key, secret_key, method, path, headers, now):
    """Sign with the vendor's own signer, which takes bytes and a quoted path."""
    return bce_v1_signer.sign(
        BceCredentials(access_key, secret_key),
        method.encode(),
        quote(path, safe="/").encode(),
        {name.encode(): value for name, value in headers.items()},
        {},
        timestamp=int(datetime.fromisoformat(now).timestamp()),
        headers_to_sign=[name.encode() for name in sorted(headers)],
    ).decode()


@given(
    keys,
    keys,
    st.sampled_from(["GET", "POST", "PUT"]),
    st.lists(segments, max_size=4),
    hosts,
    times,
)
def test_a_signature_equals_the_vendors(access_key, secret_key, method, parts, host, time):
    path = "/" + "/".join(parts)
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ")
    headers = {"host": host, "x-bce-date": now}
    ours = authorization(access_key, secret_key, method, path, headers, now)
    assert ours == vendors_signature(access_key, secret_key, method, path, headers, now)


def assert_signed_as_received(call):
    """Check the signature of a received request against the headers that it had."""
    headers = {name: call.headers[name] for name in ("host", "x-bce-date")}
    now = call.headers["x-bce-date"]
    expected = vendors_signature(IAM_ACCESS_KEY, IAM_SECRET_KEY, "POST", PATH, headers, now)
    assert call.headers["authorization"] == expected


def test_the_signature_is_valid_for_the_received_request(stub, open_baidu, image_file):
    open_baidu(stub, **KEYS).detect(image_file())
    assert_signed_as_received(stub.calls[0])


@pytest.mark.parametrize("host", ["LocalHost", "127.0.0.1"])
def test_the_signed_host_is_the_host_header_in_any_spelling(stub, image_file, host):
    endpoint = stub.url.replace("127.0.0.1", host)
    with posehub.open_backend("baidu", endpoint=endpoint, **KEYS) as backend:
        backend.detect(image_file())
    assert_signed_as_received(stub.calls[0])


def test_a_timestamp_is_the_current_time_in_utc_to_the_second():
    before = datetime.now(UTC).replace(microsecond=0)
    stamp = datetime.strptime(timestamp(), "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    assert before <= stamp <= datetime.now(UTC)


def test_every_request_is_signed_for_its_own_time():
    stamps = ["2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z"]
    remaining = iter(stamps)
    scheme = IamScheme(IAM_ACCESS_KEY, IAM_SECRET_KEY, now=lambda: next(remaining))
    request = HttpRequest("POST", "https://service.example" + PATH)
    first, second = (scheme.credentials(request).headers for _ in stamps)
    assert [first["x-bce-date"], second["x-bce-date"]] == stamps
    assert first["Authorization"] != second["Authorization"]
