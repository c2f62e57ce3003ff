"""pandas DataFrames; columns as in `rows`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from posehub.errors import FormatError
from posehub.formats.needs import needed
from posehub.formats.rows import (
    FACTS,
    TEXTS,
    WHOLE_NUMBERS,
    blocks,
    layout_of,
    records_of,
    skeleton_called,
)
from posehub.formats.streams import Results, as_records
from posehub.poses.record import Record
from posehub.poses.skeleton import Skeleton

if TYPE_CHECKING:
    import pandas as pd

_WHERE = "DataFrame"


def to_dataframe(results: Results) -> pd.DataFrame:
    """Return results as a pandas DataFrame of one person a row.

    Columns are named and typed as in Parquet files, see the page "Formats": texts as strings,
    image_id as Int64, image_width, image_height and person as Int32, the rest as float32.
    Coordinates are pixels of the upright picture, 3-D ones metres. A picture with nobody has one
    row, whose `person` is missing.

    Args:
        results: records or results of one skeleton.

    Raises:
        FormatError: the results differ in skeleton, or in having 3-D keypoints.
        MissingDependencyError: pandas is not installed.
    """
    with needed("pandas", extra="pandas"):
        import pandas as pd
    frames = [_frame(columns) for _, columns in blocks(as_records(results, _WHERE), _WHERE)]
    if not frames:
        return _frame({name: [] for name in (*FACTS, "person")})
    return pd.concat(frames, ignore_index=True)


def _frame(columns: dict[str, Any]) -> pd.DataFrame:
    import pandas as pd

    series = {}
    for name, values in columns.items():
        if name in WHOLE_NUMBERS:
            series[name] = pd.array(values, dtype=f"Int{WHOLE_NUMBERS[name]}")
        elif name in TEXTS:
            series[name] = pd.array(values, dtype="string")
        else:
            series[name] = values
    return pd.DataFrame(series)


def from_dataframe(frame: pd.DataFrame, *, skeleton: Skeleton | None = None) -> Iterator[Record]:
    """Yield the records of a DataFrame with the columns `to_dataframe` writes; others are ignored.

    Rows of a picture must come together; leaving out or adding people is fine.

    Args:
        frame: the table.
        skeleton: the one the column `skeleton` names, if neither posehub nor a plugin has it.

    Raises:
        FormatError: a column is missing, a value not of its type, or the skeleton not known; rows
            are counted from 0.
    """
    if frame.empty:
        return
    try:
        if "skeleton" not in frame.columns:
            raise ValueError("has no column 'skeleton'")
        name = str(frame["skeleton"].iloc[0])
        layout = layout_of(map(str, frame.columns), skeleton_called(name, skeleton))
    except ValueError as error:
        raise FormatError(f"{_WHERE}: {error}") from error
    columns = {name: _values(frame[name], name) for name in (*FACTS, "person", *layout.numbers)}
    yield from records_of([columns], layout, _WHERE)


def _values(series: pd.Series[Any], name: str) -> Any:
    """Return a column as `rows` wants it: lists with None, or an array with NaN."""
    import pandas as pd

    dtype: Any = np.float32
    if name in WHOLE_NUMBERS:
        dtype = f"Int{WHOLE_NUMBERS[name]}"
    elif name in TEXTS:
        dtype = "string"
    try:
        if dtype is np.float32:
            return series.to_numpy(dtype, na_value=np.nan)
        values = series.astype(dtype).tolist()
    except (TypeError, ValueError) as error:
        raise FormatError(f"{_WHERE}: column {name!r}: {error}") from error
    return [None if value is pd.NA else value for value in values]
