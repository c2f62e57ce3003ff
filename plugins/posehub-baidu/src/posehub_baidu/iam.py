"""The signature `bce-auth-v1` of Baidu's cloud accounts.

Source: the vendor's page "Generate an authentication string" (cloud.baidu.com/doc/Reference).
Tested against the vendor's own signer, `baidubce.auth.bce_v1_signer` of bce-python-sdk.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import quote

_EXPIRY = 1800  # seconds that a signature is valid; the vendor's default


def timestamp() -> str:
    """Return the current time in the form of the signature: UTC, to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def authorization(
    access_key: str,
    secret_key: str,
    method: str,
    path: str,
    headers: Mapping[str, str],
    now: str,
) -> str:
    """Return the Authorization header of a request without a query.

    Args:
        access_key: key of the cloud account.
        secret_key: key of the cloud account.
        method: HTTP method.
        path: path of the URL, not yet quoted.
        headers: the headers to sign, names in lower case.
        now: time of the signature, in the form of `timestamp`.
    """
    prefix = f"bce-auth-v1/{access_key}/{now}/{_EXPIRY}"
    lines = sorted(f"{quote(n, safe='')}:{quote(v.strip(), safe='')}" for n, v in headers.items())
    canonical = "\n".join([method, quote(path, safe="/"), "", *lines])
    signature = _hex_hmac(_hex_hmac(secret_key, prefix), canonical)
    return f"{prefix}/{';'.join(sorted(headers))}/{signature}"


def _hex_hmac(key: str, text: str) -> str:
    return hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()
