"""Playing recorded responses: finding the response to a request."""

from __future__ import annotations

import threading
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

from posehub.backends.executor import wait_for_earlier_items
from posehub.backends.transport import HttpRequest, HttpResponse
from posehub.errors import CassetteMissError
from posehub.recording.interaction import Interaction

_LISTED = 5  # digests named in the message of a miss


class Player:
    """A transport that returns recorded responses; it can be shared between threads.

    With `match="digest"`, several responses to one image are played in order, and the last one is
    repeated: a service returns the same response to a repeated request.

    Args:
        path: path of the cassette, for messages.
        interactions: the recorded interactions, in order.
        digest_of: returns the digest of the image in a request body, or None.
        match: "digest" finds the response by the image; "sequence" plays responses in order, for
            several images at the same time in the order of the images.
        advice: what to do about an image that is not in the cassette.
    """

    def __init__(
        self,
        path: Path,
        interactions: Sequence[Interaction],
        digest_of: Callable[[bytes], str | None],
        match: Literal["digest", "sequence"] = "digest",
        advice: str = "Record this image, or play the responses in order: match='sequence'.",
    ) -> None:
        self._path = path
        self._digest_of = digest_of
        self._advice = advice
        self._in_sequence = match == "sequence"
        self._lock = threading.Lock()
        self._total = len(interactions)
        self._in_order = deque(interaction.response for interaction in interactions)
        self._by_digest: dict[str, deque[HttpResponse]] = defaultdict(deque)
        self._find = self._next if match == "sequence" else self._of_image
        if match == "digest":
            for interaction in interactions:
                digest = digest_of(interaction.body)
                if digest is not None:
                    self._by_digest[digest].append(interaction.response)

    def send(self, request: HttpRequest) -> HttpResponse:
        """Return the recorded response to `request`.

        Raises:
            CassetteMissError: there is none; the message lists what the cassette holds.
        """
        if self._in_sequence:
            wait_for_earlier_items()
        with self._lock:
            return self._find(request)

    def close(self) -> None:
        """Do nothing: the file was read completely when it was opened."""

    def _next(self, request: HttpRequest) -> HttpResponse:
        if not self._in_order:
            raise CassetteMissError(
                f"{self._path} has no further response: all {self._total} have been played."
            )
        return self._in_order.popleft()

    def _of_image(self, request: HttpRequest) -> HttpResponse:
        responses = self._responses(request)
        if not responses:
            raise CassetteMissError(self._miss(request))
        return responses.popleft() if len(responses) > 1 else responses[0]

    def _responses(self, request: HttpRequest) -> deque[HttpResponse] | None:
        # posehub records the digest of the image as it was given, vcrpy the image as it was sent
        if request.image is not None and request.image.digest in self._by_digest:
            return self._by_digest[request.image.digest]
        sent = self._digest_of(request.body)
        return self._by_digest.get(sent) if sent is not None else None

    def _miss(self, request: HttpRequest) -> str:
        wanted = "this request"
        if request.image is not None:
            wanted = f"{request.image.name} ({_short(request.image.digest)})"
        held = [_short(digest) for digest in self._by_digest]
        more = f" and {len(held) - _LISTED} more" if len(held) > _LISTED else ""
        unknown = self._total - sum(map(len, self._by_digest.values()))
        without = f", and {unknown} responses without the image's digest" if unknown else ""
        return (
            f"{self._path} has no response to {wanted}. "
            f"It has responses to {len(held)} images: {', '.join(held[:_LISTED]) or 'none'}{more}"
            f"{without}. {self._advice}"
        )


def _short(digest: str) -> str:
    return digest[: len("sha256:") + 12]
