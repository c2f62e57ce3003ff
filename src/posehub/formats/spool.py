"""Sorting more than fits into memory, in a temporary file that SQLite keeps."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from types import TracebackType
from typing import Self


class _Temporary:
    def __init__(self, schema: str) -> None:
        # an empty name means a file of SQLite's own, which goes when the connection closes;
        # a generator may be consumed in another thread than it was made in
        self._database = sqlite3.connect("", check_same_thread=False)
        self._database.executescript(schema)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._database.close()


class Pictures(_Temporary):
    """People that come in any order, given back picture by picture."""

    def __init__(self) -> None:
        super().__init__(
            "CREATE TABLE pictures (place INTEGER PRIMARY KEY, id INTEGER UNIQUE, about TEXT);"
            "CREATE TABLE people (place INTEGER PRIMARY KEY, picture INTEGER, row BLOB);"
        )

    def add_picture(self, identity: int, about: str = "") -> bool:
        """Add a picture; return False, changing nothing, if it is there already."""
        return _inserted(
            self._database.execute(
                "INSERT OR IGNORE INTO pictures (id, about) VALUES (?, ?)", (identity, about)
            )
        )

    def add_person(self, place: int, picture: int, row: bytes) -> None:
        """Add the person that came at `place` to the picture of this identity."""
        self._database.execute("INSERT INTO people VALUES (?, ?, ?)", (place, picture, row))

    def stray(self) -> tuple[int, int] | None:
        """Return the place of a person whose picture was not added, and that picture's identity."""
        found: tuple[int, int] | None = self._database.execute(
            "SELECT place, picture FROM people WHERE picture NOT IN (SELECT id FROM pictures) "
            "ORDER BY place LIMIT 1"
        ).fetchone()
        return found

    def __iter__(self) -> Iterator[tuple[int, str, list[bytes]]]:
        """Yield identity, what it is about and the people of each picture, as they came."""
        self._database.execute("CREATE INDEX IF NOT EXISTS by_picture ON people (picture, place)")
        rows = self._database.execute(
            "SELECT id, about, row FROM pictures LEFT JOIN people ON people.picture = pictures.id "
            "ORDER BY pictures.place, people.place"
        )
        for (identity, about), group in groupby(rows, key=itemgetter(0, 1)):
            yield identity, about, [row for _, _, row in group if row is not None]


class Seen(_Temporary):
    """Remembers values, to find the one that comes twice."""

    def __init__(self) -> None:
        super().__init__("CREATE TABLE seen (value PRIMARY KEY) WITHOUT ROWID")

    def add(self, value: int | str) -> bool:
        """Remember a value; return False if it was there already."""
        return _inserted(self._database.execute("INSERT OR IGNORE INTO seen VALUES (?)", (value,)))


def _inserted(cursor: sqlite3.Cursor) -> bool:
    return cursor.rowcount == 1
