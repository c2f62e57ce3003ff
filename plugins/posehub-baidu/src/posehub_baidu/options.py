"""The options of the backend `baidu`."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from attrs import frozen

from posehub import ServiceOptions, option
from posehub.cloud.blocking import is_loopback

DEFAULT_ENDPOINT = "https://aip.baidubce.com"


def _check_endpoint(_options: object, _attribute: Any, value: str) -> None:
    if "@" in value:
        raise ValueError("'endpoint' must not hold a user name or password")
    try:
        parts = urlsplit(value)
        host = parts.hostname if parts.port != 0 else None
    except ValueError:  # brackets without an address, or a port that is not a number
        host = None
    # The whole text is compared: an empty query or a tab is missing from the parts, but it would
    # be in the URL that is made by appending a path.
    if not host or value.rstrip("/").lower() != f"{parts.scheme}://{parts.netloc}".lower():
        raise ValueError(f"'endpoint' must be like {DEFAULT_ENDPOINT}, got {value!r}")
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(host)):
        raise ValueError(
            "'endpoint' must be https; plain http is only for loopback addresses of this machine, "
            f"got {value!r}"
        )


@frozen
class BaiduOptions(ServiceOptions):
    """Credentials (one of four sets), the endpoint, and a filter of people."""

    api_key: str | None = option(
        None, help="API Key of the application.", secret=True, env="BAIDU_API_KEY"
    )
    secret_key: str | None = option(
        None, help="Secret Key of the application.", secret=True, env="BAIDU_SECRET_KEY"
    )
    access_token: str | None = option(
        None, help="A token that was fetched elsewhere.", secret=True, env="BAIDU_ACCESS_TOKEN"
    )
    bearer_key: str | None = option(
        None, help="Key of the API-key scheme (bce-v3/...).", secret=True, env="BAIDU_BEARER_KEY"
    )
    iam_access_key: str | None = option(
        None, help="Access key of the cloud account.", secret=True, env="BAIDU_IAM_ACCESS_KEY"
    )
    iam_secret_key: str | None = option(
        None, help="Secret key of the cloud account.", secret=True, env="BAIDU_IAM_SECRET_KEY"
    )
    endpoint: str = option(
        DEFAULT_ENDPOINT,
        help="Scheme and host of the service.",
        env="BAIDU_ENDPOINT",
        personal=True,
        validator=_check_endpoint,
    )
    valid_persons: bool = option(
        False, help="Skip people who do not pass the filter that Baidu recommends."
    )
