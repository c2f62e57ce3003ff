"""pandas DataFrames; columns as in `columns`."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from posehub.errors import FormatError
from posehub.extras import needed
from posehub.formats.columns import FACTS
from posehub.formats.from_columns import Piece, records_of
from posehub.formats.streams import Results, as_records
from posehub.formats.to_columns import blocks
from posehub.poses.record import Record
from posehub.poses.skeleton import Skeleton

if TYPE_CHECKING:
    import pandas as pd

_WHERE = "DataFrame"
_DTYPES = {"string": "string", "int32": "Int32", "int64": "Int64", "float64": "float64"}
"""Type in `FACTS` -> the type of pandas that has missing values."""


def to_dataframe(results: Results) -> pd.DataFrame:
    """Return results as a pandas DataFrame of one person a row.

    Columns have the names and types of Parquet files, see the page "Formats", in pandas' types
    with missing values (`string`, `Int64`, `Int32`); `time` is float64 and the numbers of boxes and
    keypoints are float32, with NaN. Coordinates are pixels of the upright image, 3-D ones metres.
    An image without people, or that failed, has one row, whose `person` is missing.

    Args:
        results: records or results of one skeleton.

    Raises:
        FormatError: the results differ in skeleton, or in having 3-D keypoints.
        MissingDependencyError: pandas is not installed.
    """
    pd = needed("pandas", extra="pandas")
    frames = [
        pd.DataFrame({name: _column(name, values) for name, values in columns.items()})
        for _, columns in blocks(as_records(results, _WHERE), _WHERE)
    ]
    return pd.concat(frames, ignore_index=True)


def _column(name: str, values: Any) -> Any:
    import pandas as pd

    return pd.array(values, dtype=_DTYPES[FACTS[name]]) if name in FACTS else values


def from_dataframe(frame: pd.DataFrame, *, skeleton: Skeleton | None = None) -> Iterator[Record]:
    """Yield the records of a DataFrame with the columns that `to_dataframe` writes.

    The rows of an image must come together. Rows may be missing or added. Of the columns that
    describe the image only `image` and `skeleton` are needed; unknown columns are ignored.

    Args:
        frame: the table.
        skeleton: the one that the column `skeleton` names, if no known skeleton has the name.

    Raises:
        FormatError: a column is missing, a value is not of its column's type, or the skeleton is
            unknown; rows are counted from 0.
    """
    if not frame.empty:
        names = [str(name) for name in frame.columns]
        piece = Piece(len(frame), names, partial(_values, frame))
        yield from records_of([piece], skeleton, _WHERE)


def _values(frame: pd.DataFrame, name: str) -> Any:
    """Return a column as a list with None, or as an array with NaN."""
    import pandas as pd

    try:
        if name not in FACTS:
            return frame[name].to_numpy(np.float32, na_value=np.nan)
        values = frame[name].astype(_DTYPES[FACTS[name]]).tolist()
    except (TypeError, ValueError) as error:
        raise FormatError(f"{_WHERE}: column {name!r}: {error}") from error
    # NaN is the value that differs from itself
    return [None if value is pd.NA or value != value else value for value in values]
