"""Finding the recorded answer to a request."""

from __future__ import annotations

import threading
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

from posehub.backends.transport import HttpRequest, HttpResponse
from posehub.errors import CassetteMissError
from posehub.recording.cassette import Interaction

_LISTED = 5  # digests named in the message of a miss


class Player:
    """A transport that answers from recorded interactions; safe to share between threads.

    By digest, several answers to one picture are played in order, and the last one again and
    again: a service asked twice about one picture says the same twice.

    Args:
        path: of the cassette, for messages.
        interactions: the recorded calls, in order.
        digest_of: the digest of the picture in a request body, or None.
        match: "digest" or "sequence".
    """

    def __init__(
        self,
        path: Path,
        interactions: Sequence[Interaction],
        digest_of: Callable[[bytes], str | None],
        match: Literal["digest", "sequence"] = "digest",
    ) -> None:
        self._path = path
        self._digest_of = digest_of
        self._lock = threading.Lock()
        self._total = len(interactions)
        self._in_order = deque(interaction.response for interaction in interactions)
        self._by_digest: dict[str, deque[HttpResponse]] = defaultdict(deque)
        self._find = self._next if match == "sequence" else self._of_picture
        if match == "digest":
            for interaction in interactions:
                digest = digest_of(interaction.body)
                if digest is not None:
                    self._by_digest[digest].append(interaction.response)

    def send(self, request: HttpRequest) -> HttpResponse:
        """Return the recorded response to `request`.

        Raises:
            CassetteMissError: there is none; names what the cassette holds.
        """
        with self._lock:
            return self._find(request)

    def close(self) -> None:
        """Do nothing: the file is read as a whole when it is opened."""

    def _next(self, request: HttpRequest) -> HttpResponse:
        if not self._in_order:
            raise CassetteMissError(
                f"{self._path} has no more answers: all {self._total} are played."
            )
        return self._in_order.popleft()

    def _of_picture(self, request: HttpRequest) -> HttpResponse:
        answers = self._answers(request)
        if not answers:
            raise CassetteMissError(self._miss(request))
        return answers.popleft() if len(answers) > 1 else answers[0]

    def _answers(self, request: HttpRequest) -> deque[HttpResponse] | None:
        # posehub records the digest of the picture as given, vcrpy the picture as it was sent
        if request.image is not None and request.image.digest in self._by_digest:
            return self._by_digest[request.image.digest]
        sent = self._digest_of(request.body)
        return self._by_digest.get(sent) if sent is not None else None

    def _miss(self, request: HttpRequest) -> str:
        asked = (
            "this call"
            if request.image is None
            else (f"{request.image.name} ({_short(request.image.digest)})")
        )
        held = [_short(digest) for digest in self._by_digest]
        more = f" and {len(held) - _LISTED} more" if len(held) > _LISTED else ""
        unknown = self._total - sum(map(len, self._by_digest.values()))
        without = f", {unknown} recorded without the picture" if unknown else ""
        return (
            f"{self._path} holds no answer to {asked}. "
            f"It holds answers to {len(held)} pictures: {', '.join(held[:_LISTED]) or 'none'}{more}"
            f"{without}. Record this picture, or play the answers in order: match='sequence'."
        )


def _short(digest: str) -> str:
    return digest[: len("sha256:") + 12]
