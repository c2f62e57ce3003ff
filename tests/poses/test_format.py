"""The description of a format, checked when its plugin registers."""

from __future__ import annotations

import attrs
import pytest

from posehub import Format
from posehub.formats.table import FORMATS
from posehub.poses.format import format_faults

OWN = Format("own", "made up", iter, print, "nothing", (".own",), ("key",), ("option",))


def test_valid_descriptions_have_no_fault():
    for format in (OWN, *FORMATS.values()):
        assert list(format_faults(format)) == []


@pytest.mark.parametrize(
    ("field", "value", "fault"),
    [
        ("name", 5, "name must be a string, got 5"),
        ("summary", None, "summary must be a string"),
        ("lost", [], "lost must be a string"),
        ("reader", None, "reader must be a function"),
        ("writer", "print", "writer must be a function"),
        ("suffixes", ".own", "suffixes must be a tuple of strings, got '.own'"),
        ("suffixes", ("own",), "suffixes must begin with a dot"),
        ("suffixes", (".OWN",), "suffixes must begin with a dot and be in lower case"),
        ("keys", "key", "keys must be a tuple of strings"),
        ("options", (5,), "options must be a tuple of strings"),
        ("holds_errors", 1, "holds_errors must be True or False, got 1"),
    ],
)
def test_a_fault_names_field_and_value(field, value, fault):
    (found,) = format_faults(attrs.evolve(OWN, **{field: value}))
    assert found.startswith(fault)
