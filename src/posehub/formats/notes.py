"""What a reader leaves out or fills in: counted, or refused."""

from __future__ import annotations

from posehub.errors import FormatError


class Notes:
    """Odd entries of files, counted by kind.

    Args:
        strict: refuse the first odd entry instead of counting it.
    """

    def __init__(self, *, strict: bool = False) -> None:
        self._strict = strict
        self._counts: dict[str, int] = {}
        self._firsts: dict[str, str] = {}

    def add(self, kind: str, where: object, why: object) -> None:
        """Count an odd entry.

        Args:
            kind: what was done, as a plural: "annotations skipped".
            where: file and entry.
            why: the field and what is wrong with it.

        Raises:
            FormatError: odd entries are refused.
        """
        if self._strict:
            raise FormatError(f"{where}: {why} (without strict reading: {kind})")
        self._firsts.setdefault(kind, f"{where}: {why}")
        self._counts[kind] = self._counts.get(kind, 0) + 1

    @property
    def lines(self) -> list[str]:
        """A line for each kind, with the count and the first entry."""
        return [
            f"{kind}: {count}; the first: {self._firsts[kind]}"
            for kind, count in self._counts.items()
        ]
