"""Baidu's body_analysis service as a posehub backend."""

from __future__ import annotations

from typing import TYPE_CHECKING

from posehub import BackendInfo, Capabilities, Format, hookimpl
from posehub.backends.transport import HttpResponse, Recording, Transport
from posehub_baidu.options import BaiduOptions
from posehub_baidu.request import image_digest, recognises, reduced_body

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from posehub import Backend, PosehubError, Record, Skeleton


def _open(options: BaiduOptions) -> Backend:
    from posehub.cloud.service import open_service

    return open_service(RECORDING, options)


def _open_over(options: BaiduOptions, transport: Transport) -> Backend:
    from posehub_baidu.backend import BaiduBackend

    return BaiduBackend(options, transport)


def _open_transport(options: BaiduOptions) -> Transport:
    # requests is imported only by who really calls the service
    from posehub_baidu.auth import open_transport

    return open_transport(options)


def _fault(response: HttpResponse) -> PosehubError | None:
    from posehub_baidu.decode import fault_in

    return fault_in(response)


RECORDING = Recording(
    factory=_open_over,
    transport=_open_transport,
    recognises=recognises,
    reduced_body=reduced_body,
    image_digest=image_digest,
    fault=_fault,
    secrets={
        "a Baidu API key": r"bce-v3/(?P<secret>ALTAK-[\w/]+)",
        "a Baidu signature": r"bce-auth-v1/(?P<secret>[\w/:;\-]+)",
    },
)


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
    recording=RECORDING,
)


def _read(path: Path, skeleton: Skeleton | None) -> Iterator[Record]:
    from posehub_baidu.saved import read

    return read(path)


def _write(records: Iterable[Record], path: Path) -> None:
    from posehub_baidu.saved import write

    write(records, path)


FORMAT = Format(
    name="baidu",
    summary="responses of body_analysis, one file for each image",
    reader=_read,
    writer=_write,
    lost="failed images; the image's size, folder and suffix; 3-D keypoints and ids",
    keys=("person_num", "person_info"),
)


@hookimpl
def posehub_register_backends() -> Iterable[BackendInfo]:
    """Register the backend `baidu`."""
    return [INFO]


@hookimpl
def posehub_register_formats() -> Iterable[Format]:
    """Register the format `baidu`."""
    return [FORMAT]
