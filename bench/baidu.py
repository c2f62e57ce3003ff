"""Measures the backend `baidu`: `python bench/baidu.py --out DIR`.

The stub of the service runs in another process, so that only the client is measured. CPU time is
that of the client process. Two ways that are compared take turns; figures are medians.
"""

from __future__ import annotations

import argparse
import base64
import gc
import io
import json
import multiprocessing
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import aip
import numpy as np
import psutil
import requests
from _service import Service
from _table import Row, at_least, at_most, report
from PIL import Image as PILImage

import posehub
from posehub.backends.transport import HttpResponse
from posehub_baidu.auth import TOKEN_PATH
from posehub_baidu.decode import decode
from posehub_baidu.request import PATH, encode_form
from posehub_baidu.testing import API_KEY, SECRET_KEY, BaiduStub

RESPONSE = Path(__file__).parent.parent / "cassettes" / "baidu" / "two_people.json"
MB = 1_000_000


@contextmanager
def service(**options: Any) -> Iterator[str]:
    running = Service(inspect=False, **options)
    try:
        yield running.url
    finally:
        running.stop()


def vendors_client(url: str) -> Any:
    """Return the vendor's SDK with the stub as its service."""
    client = aip.AipBodyAnalysis("app", API_KEY, SECRET_KEY)
    client._AipBase__accessTokenUrl = url + TOKEN_PATH
    client._AipBodyAnalysis__bodyAnalysisUrl = url + PATH
    return client


def jpeg_of(length: int) -> bytes:
    """Return a photo-like JPEG of about `length` bytes."""
    side = 256
    while True:
        noise = np.random.default_rng(0).integers(0, 256, (side, side, 3), np.uint8)
        buffer = io.BytesIO()
        PILImage.fromarray(noise).save(buffer, "JPEG", quality=90)
        if buffer.tell() >= length:
            return buffer.getvalue()
        side = int(side * max(1.02, (length / buffer.tell()) ** 0.5))


def cpu_of_calls(ways: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Return the median CPU time of this process for one call of each way, in seconds."""
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for call in ways.values():
        call()
    for _ in range(rounds):
        for name, call in ways.items():
            gc.collect()
            start = time.process_time()
            call()
            taken[name].append(time.process_time() - start)
    return {name: statistics.median(times) for name, times in taken.items()}


def cost_of_a_call(rounds: int = 41) -> Iterator[Row]:
    file = jpeg_of(2 * MB)
    form = encode_form(file)
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    with (
        service() as url,
        posehub.open_backend("baidu", endpoint=url, **BaiduStub.keys) as backend,
        requests.Session() as session,
    ):
        keys = {"client_id": API_KEY, "client_secret": SECRET_KEY}
        token = session.post(url + TOKEN_PATH, data=keys).json()["access_token"]
        address = f"{url}{PATH}?access_token={token}"

        def building_the_form() -> object:
            text = base64.b64encode(file).replace(b"+", b"%2B").replace(b"/", b"%2F")
            body = b"image=" + text.replace(b"=", b"%3D")
            return session.post(address, data=body, headers=headers).json()

        vendor = vendors_client(url)
        cpu = cpu_of_calls(
            {
                "posehub": lambda: backend.detect(file),
                "sdk": lambda: vendor.bodyAnalysis(file),
                "building": building_the_form,
                "ready": lambda: session.post(address, data=form, headers=headers).json(),
            },
            rounds,
        )
    ours = cpu["posehub"]
    print({name: f"{seconds * 1000:.1f} ms of CPU" for name, seconds in cpu.items()})
    call = "client CPU of a request with a 2 MB JPEG"
    yield at_most(f"{call}, against baidu-aip", ours / cpu["sdk"], 0.1)
    yield at_most(f"{call}, against requests building the form", ours / cpu["building"], 1.25)
    yield at_most(f"{call}, against requests with a ready form", ours / cpu["ready"], 1.25)


def throughput() -> Iterator[Row]:
    base = jpeg_of(100_000)
    files = [base + number.to_bytes(4, "big") for number in range(200)]
    with service(latency=0.1) as url:
        with posehub.open_backend("baidu", endpoint=url, **BaiduStub.keys) as backend:
            start = time.perf_counter()
            found = sum(len(result) for result in backend.detect_many(files, workers=16))
            ours = time.perf_counter() - start
        vendor = vendors_client(url)
        start = time.perf_counter()
        theirs_found = sum(vendor.bodyAnalysis(file)["person_num"] for file in files)
        theirs = time.perf_counter() - start
    assert found == theirs_found == len(files)
    what = "throughput, 200 images, latency 100 ms, 16 workers, against the SDK one by one"
    yield at_least(what, theirs / ours, 13)


def pacing() -> Iterator[Row]:
    count, qps = 100, 10
    file = jpeg_of(20_000)
    stub = Service(inspect=False, qps=qps)
    options = {"endpoint": stub.url, "qps": qps, "max_retries": 0, **BaiduStub.keys}
    with posehub.open_backend("baidu", **options) as backend:
        files = (file + number.to_bytes(4, "big") for number in range(count))
        start = time.perf_counter()
        for _ in backend.detect_many(files, workers=16, on_error="return"):
            pass
        seconds = time.perf_counter() - start
    succeeded = stub.stop()
    what = f"qps={qps}, 16 workers, {count} images"
    # n requests at an even rate span n - 1 intervals
    yield at_least(f"{what}: share of the allowed rate", (count - 1) / qps / seconds * 100, 97, "%")
    yield at_most(f"{what}: rate-limit errors", succeeded.count(False), 0, "errors")


def decoding(rounds: int = 200, calls: int = 50) -> Iterator[Row]:
    body = RESPONSE.read_bytes()
    response = HttpResponse(200, {}, body)
    ways: dict[str, Callable[[], object]] = {
        "decode": lambda: [decode(response, (1000, 900), (1000, 900)) for _ in range(calls)],
        "json": lambda: [json.loads(body) for _ in range(calls)],
    }
    cpu = cpu_of_calls(ways, rounds)
    what = "decoding the response with two people, against json.loads"
    yield at_most(what, cpu["decode"] / cpu["json"], 2.5)


def memory(count: int = 10_000) -> Iterator[Row]:
    """Measure the memory of this process while it sends images that exist one at a time."""
    file = jpeg_of(1 * MB)
    process = psutil.Process()
    samples: list[tuple[int, float]] = []
    done = 0
    with (
        service() as url,
        posehub.open_backend("baidu", endpoint=url, **BaiduStub.keys) as backend,
    ):
        files = (file + number.to_bytes(4, "big") for number in range(count))
        finished = threading.Event()

        def watch() -> None:
            while not finished.wait(0.02):
                samples.append((done, process.memory_info().rss / MB))

        watcher = threading.Thread(target=watch)
        watcher.start()
        for result in backend.detect_many(files, workers=16):
            assert len(result) == 1
            done += 1
        finished.set()
        watcher.join()
    # the first tenth is skipped: connections and threads are created there
    steady = [(x, y) for x, y in samples if x > count // 10]
    slope = float(np.polyfit(*zip(*steady, strict=True), 1)[0])
    what = f"memory of detect_many over {count} images of 1 MB"
    yield at_most(f"{what}: maximum", max(rss for _, rss in samples), 200, "MB")
    yield at_most(f"{what}: growth per 1,000 images", slope * 1000, 1, "MB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder for baidu.json")
    out = parser.parse_args().out
    # each in its own process, so that only its own memory is measured
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context, max_tasks_per_child=1) as pool:
        parts = (cost_of_a_call, throughput, pacing, decoding, memory)
        rows = [row for part in parts for row in pool.submit(_rows, part).result()]
    report("Baidu", rows, out / "baidu.json")


def _rows(part: Callable[[], Iterator[Row]]) -> list[Row]:
    return list(part())


if __name__ == "__main__":
    main()
