"""Text as a part of HTML, SVG or XML."""

from __future__ import annotations

import re
from html import escape

_NOT_XML = re.compile(r"[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF]")
"""Characters that no XML document may contain: "Extensible Markup Language 1.0", section 2.2. Among
them are single surrogates, which Python uses for bytes in file names that are not UTF-8."""


def as_text(value: str) -> str:
    """Return `value` escaped, for use between tags and in quoted attributes.

    A character that no document may contain becomes "?".
    """
    return escape(_NOT_XML.sub("?", value))
