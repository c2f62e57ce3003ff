"""Reading and writing YAML in time and memory that are bounded by the size of the file."""

from __future__ import annotations

from typing import Any

from posehub.errors import MissingDependencyError

try:
    import yaml
except ImportError as error:
    raise MissingDependencyError(
        "Cassettes need PyYAML, which is not installed: pip install 'posehub[cassettes]'"
    ) from error

# The ones in C are ten times as fast, but some builds of PyYAML lack them.
_FastLoader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_Dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
_ONE_LINE = 2**31 - 1  # columns: text that is wrapped differently would show as a change in git
_DEEPEST = 100
"""Levels of nesting. A cassette has about 7; 20,000 crash the reader in C."""
_LONGEST_NUMBER = 100
"""Characters of a number. Longer ones stay text: base 60, which YAML has, takes time that grows
with the square of their length."""
_UNREADABLE = (
    yaml.YAMLError,
    ValueError,
    # the constructors of PyYAML raise these for values that are not of the type of their tag
    LookupError,
    TypeError,
    AttributeError,
    OverflowError,
    RecursionError,
)


class _Loader(_FastLoader):  # type: ignore[misc, valid-type]  # one of two classes without types
    """The safe loader, without merge keys: a few lines of them expand to any size."""

    def flatten_mapping(self, node: Any) -> None:
        """Leave "<<" in place; it has no value, which is an error."""

    def construct_number(self, node: Any) -> Any:
        """Return a number, or a text if it is too long."""
        if len(node.value) > _LONGEST_NUMBER:
            return node.value
        if node.tag.endswith("int"):
            return self.construct_yaml_int(node)
        return self.construct_yaml_float(node)


for _tag in ("int", "float"):
    _Loader.add_constructor(f"tag:yaml.org,2002:{_tag}", _Loader.construct_number)


def parsed(text: bytes) -> Any:
    """Return the data in a YAML document.

    Raises:
        ValueError: the text is not valid YAML, is nested too deeply, or has merge keys.
    """
    try:
        _check_depth(text)
        return yaml.load(text, Loader=_Loader)  # noqa: S506  # derived from the safe loader
    except _UNREADABLE as error:
        raise ValueError(f"{error}"[:300] or type(error).__name__) from error


def _check_depth(text: bytes) -> None:
    """Check the nesting on the stream of events, which is read without recursion."""
    loader, depth = _FastLoader(text), 0
    try:
        while loader.check_event():
            event = loader.get_event()
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
                if depth > _DEEPEST:
                    raise ValueError(f"it is nested more than {_DEEPEST} levels deep")
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
    finally:
        loader.dispose()


def written(data: Any) -> bytes:
    """Return data as YAML; the same data gives the same bytes."""
    text: str = yaml.dump(
        data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=_ONE_LINE
    )
    return text.encode()
