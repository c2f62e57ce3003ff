"""Downloading one file by https: streamed, and continued where it was cut."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urljoin

import requests
import urllib3
from attrs import frozen

from posehub.errors import MissingDependencyError
from posehub.local.folders import downloads_folder, unwritable
from posehub.local.https import Patience, is_safe, shown
from posehub.local.parts import claimed_part
from posehub.local.progress import Report, progress_bar

_CHUNK = 256 * 1024
_MAX_REDIRECTS = 10
_MAX_SIZE = 8 << 30
"""Bytes of any download, several times the largest pose models."""

_PASSING = {408, 425, 429, 500, 502, 503, 504}
"""HTTP statuses that may be gone at the next attempt."""


class _Cut(Exception):
    """An attempt failed; the next one may continue it."""


@frozen
class Offer:
    """What a server says about a file.

    Attributes:
        size: bytes in all, or None if it does not say.
        validator: changes when the content does; "" if a download cannot be continued.
    """

    size: int | None
    validator: str


def download(url: str, target: Path, *, size: int | None, patience: Patience) -> None:
    """Download a file, with a progress bar on stderr.

    Args:
        url: its address; redirects are followed to https and to this machine only.
        target: where to put it, on the disk of the model files; appears when it is complete.
        size: bytes expected at most, or None.
        patience: how long to wait.

    Raises:
        MissingDependencyError: it cannot be downloaded; the message is the reason.
        ConfigError: the folder of model files cannot be written.
    """
    title = shown(url).rpartition("/")[2]
    with requests.Session() as session, progress_bar(title) as report:
        one = _Download(url, session, _MAX_SIZE if size is None else size, patience, report)
        failures = 0
        while True:
            before = one.received
            try:
                one.attempt(target)
            except _Cut as cut:
                failures = 1 if one.received > before else failures + 1
                if failures >= patience.attempts:
                    raise MissingDependencyError(f"{cut}.") from None
                patience.pause(min(2.0 ** (failures - 2), 10))
            except OSError as error:
                raise unwritable(downloads_folder(), error) from error
            else:
                return


class _Download:
    """One download over several attempts.

    Attributes:
        received: bytes that came in all attempts.
    """

    def __init__(
        self, url: str, session: requests.Session, limit: int, patience: Patience, report: Report
    ) -> None:
        self.received = 0
        self._url = url
        self._session = session
        self._limit = limit
        self._patience = patience
        self._report = report
        self._reached = False

    def attempt(self, target: Path) -> None:
        """Download the file, or what is missing of it.

        Raises:
            _Cut: it is not complete.
            MissingDependencyError: another attempt would fail too.
            OSError: a file cannot be written.
        """
        with closing(self._get({})) as response:
            offer = offered(response.headers)
            self._refuse_beyond_limit(offer.size or 0)
            with claimed_part(self._url, offer.validator) as part:
                start = part.stat().st_size
                if start == 0:
                    self._receive(response, part, 0, offer)
                elif start != offer.size:
                    response.close()
                    self._continue(part, start, offer)
                part.replace(target)

    def _continue(self, part: Path, start: int, offer: Offer) -> None:
        headers = {"Range": f"bytes={start}-", "If-Range": offer.validator}
        with closing(self._get(headers)) as response:
            begins = re.match(r"bytes (\d+)-", response.headers.get("Content-Range", ""))
            if response.status_code != 206:
                start = 0  # the content has changed, or the server sends files whole only
            elif begins is None or int(begins[1]) != start:
                raise self._failure("sent another part of the file than was asked for")
            self._receive(response, part, start, offer)

    def _receive(self, response: requests.Response, part: Path, start: int, offer: Offer) -> None:
        done = start
        with part.open("ab" if start else "wb") as file:
            for chunk in self._chunks(response):
                done += len(chunk)
                self._refuse_beyond_limit(done)
                file.write(chunk)
                self.received += len(chunk)
                self._report(done, offer.size)
        if offer.size is not None and done != offer.size:
            raise _Cut(f"the connection ended after {done} of {offer.size} bytes")

    def _chunks(self, response: requests.Response) -> Iterator[bytes]:
        try:
            while chunk := response.raw.read1(_CHUNK, decode_content=True):
                yield chunk
        except urllib3.exceptions.TimeoutError:
            raise _Cut(f"no bytes came for {self._patience.timeout:g} s") from None
        except urllib3.exceptions.HTTPError as error:
            raise _Cut(f"the connection was cut ({type(error).__name__})") from None

    def _get(self, headers: dict[str, str]) -> requests.Response:
        """Return the response to a request, redirects followed."""
        url = self._url
        for _ in range(_MAX_REDIRECTS):
            if not is_safe(url):
                raise self._failure(f"redirects to {shown(url)}, which is not https")
            with self._translated():
                response = self._session.get(
                    url,
                    # compressed content could not be continued
                    headers={"Accept-Encoding": "identity", **headers},
                    timeout=(min(10.0, self._patience.timeout), self._patience.timeout),
                    allow_redirects=False,
                    stream=True,
                )
            self._reached = True
            if not response.is_redirect:
                return self._checked(response)
            response.close()
            url = urljoin(url, response.headers["Location"])
        raise self._failure(f"redirects more than {_MAX_REDIRECTS} times")

    def _checked(self, response: requests.Response) -> requests.Response:
        status = response.status_code
        if status in (200, 206):
            return response
        response.close()
        if status in _PASSING:
            raise _Cut(f"the server responded with HTTP {status}")
        raise self._failure(f"responded with HTTP {status}")

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Translate the errors of requests, whose messages hold the whole address."""
        try:
            yield
        except requests.exceptions.SSLError:
            raise self._failure(
                "has a TLS certificate that does not verify; if a proxy inspects the traffic, name "
                "its certificate file in REQUESTS_CA_BUNDLE"
            ) from None
        except (requests.ConnectionError, requests.Timeout) as error:
            message = f"the connection failed ({type(error).__name__})"
            # a server that was never reached is most often out of reach
            raise (
                _Cut(message) if self._reached else MissingDependencyError(f"{message}.")
            ) from None
        except (requests.RequestException, urllib3.exceptions.HTTPError, ValueError) as error:
            raise self._failure(f"cannot be requested ({type(error).__name__})") from None

    def _refuse_beyond_limit(self, size: int) -> None:
        if size > self._limit:
            raise self._failure(f"sends more than the {self._limit} bytes that are expected")

    def _failure(self, what: str) -> MissingDependencyError:
        return MissingDependencyError(f"the server {what}.")


def offered(headers: requests.structures.CaseInsensitiveDict[str]) -> Offer:
    """Return what the headers of a whole response say about the file."""
    if headers.get("Content-Encoding", "identity") != "identity":
        return Offer(None, "")
    length = headers.get("Content-Length", "")
    validator = headers.get("ETag", "")
    if not validator or validator.startswith("W/"):
        validator = headers.get("Last-Modified", "")
    if headers.get("Accept-Ranges") == "none":
        validator = ""
    return Offer(int(length) if length.isdecimal() else None, validator)
