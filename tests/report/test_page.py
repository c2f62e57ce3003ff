"""The parts of a page: numbers, tables, templates."""

from __future__ import annotations

import re

import pytest

from posehub.report.page import Cell, fill, number, page, table


@pytest.mark.parametrize(
    ("value", "digits", "text", "sorted_by"),
    [
        (0.12345, 3, "0.123", 0.12345),
        (1234.5, 1, "1,234.5", 1234.5),
        (7, 0, "7", 7),
        (None, 3, "–", float("-inf")),
    ],
)
def test_numbers_are_shown_rounded_and_sorted_exactly(value, digits, text, sorted_by):
    assert number(value, digits) == Cell(text, sorted_by)


def test_tables_escape_what_they_show():
    html = table(["<b>"], [["<i>&"]])
    assert "<b>" not in html
    assert "&lt;i&gt;&amp;" in html


def test_the_number_to_sort_by_is_in_the_page():
    assert 'data-value="0.5"' in table(["a", "b"], [["x", number(0.5)]])


def test_a_table_may_be_empty():
    assert "<tbody></tbody>" in table(["a"], [])


def test_a_dollar_sign_in_a_value_is_kept():
    assert "$name" in fill("fact.html", value="$name", name="x")


def test_a_page_loads_no_other_file():
    html = page("title", "<p>body</p>")
    assert "default-src 'none'" in html
    assert not re.search(r"(src|href)=", html)
    assert "://" not in html
