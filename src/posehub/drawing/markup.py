"""Any text as a part of HTML, SVG or XML."""

from __future__ import annotations

import re
from html import escape

_NOT_XML = re.compile(r"[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF]")
"""Characters no XML document may hold: "Extensible Markup Language 1.0", section 2.2. Half a
surrogate pair is among them, as Python has it for file names that are not UTF-8."""


def as_text(value: str) -> str:
    """Return `value` escaped, for between tags and for within quoted attributes.

    A character that no document may hold becomes "?".
    """
    return escape(_NOT_XML.sub("?", value))
