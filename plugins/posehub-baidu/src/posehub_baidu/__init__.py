"""Baidu's body_analysis service as a posehub backend."""

from __future__ import annotations

from typing import TYPE_CHECKING

from posehub import Backend, BackendInfo, Capabilities, ReplyFormat, hookimpl
from posehub.transport import Recording, Transport
from posehub_baidu.options import BaiduOptions
from posehub_baidu.request import image_digest, recognises, reduced_body

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from posehub import PoseResult


def _open(options: BaiduOptions) -> Backend:
    return _open_over(options, _open_transport(options))


def _open_over(options: BaiduOptions, transport: Transport) -> Backend:
    from posehub_baidu.backend import BaiduBackend

    return BaiduBackend(options, transport)


def _open_transport(options: BaiduOptions) -> Transport:
    # requests is imported only by who really calls the service
    from posehub_baidu.auth import open_transport

    return open_transport(options)


def _decode_reply(data: bytes) -> PoseResult:
    from posehub_baidu.saved import decode_reply

    return decode_reply(data)


def _encode_reply(result: PoseResult) -> Mapping[str, Any]:
    from posehub_baidu.saved import encode_reply

    return encode_reply(result)


INFO = BackendInfo(
    name="baidu",
    summary="Baidu body_analysis, 21 keypoints, several people (cloud)",
    skeleton="baidu21",
    factory=_open,
    options=BaiduOptions,
    capabilities=Capabilities(
        image_limits="JPEG, PNG or BMP, 50 to 4096 px a side, 4 MB encoded; made to fit",
        needs_network=True,
    ),
    credentials=(
        ("api_key", "secret_key"),
        ("access_token",),
        ("bearer_key",),
        ("iam_access_key", "iam_secret_key"),
    ),
    recording=Recording(
        factory=_open_over,
        transport=_open_transport,
        recognises=recognises,
        reduced_body=reduced_body,
        image_digest=image_digest,
    ),
    replies=ReplyFormat(
        keys=("person_num", "person_info"),
        decode=_decode_reply,
        encode=_encode_reply,
        lost="the picture's size, and of its name folder and suffix; 3-D keypoints",
    ),
)


@hookimpl
def posehub_register_backends() -> Iterable[BackendInfo]:
    """Register the backend `baidu`."""
    return [INFO]
