"""Options: checked the same way from every source."""

from __future__ import annotations

import enum
import json
import re
import tomllib
import traceback
from pathlib import Path
from typing import Literal

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posehub import ServiceOptions, option
from posehub.backends.layers import Layer, build_options, fields_of, result_key
from posehub.backends.options import CommonOptions, NoOptions
from posehub.backends.values import describe_type
from posehub.errors import ConfigError, UnknownOptionError

SECRET = "s3cr3t-value-9a1b"


@attrs.frozen
class Options(ServiceOptions):
    text: str = option("t", help="A text.")
    count: int = option(1, help="A count.", validator=attrs.validators.ge(0))
    share: float = option(0.5, help="A share.")
    flag: bool = option(False, help="A flag.")
    folder: Path | None = option(None, help="A folder.", affects_result=False)
    size: Literal["small", "large"] = option("small", help="A size.")
    either: int | str | None = option(None, help="A number or a text.")
    api_key: str | None = option(None, help="A key.", secret=True)
    secret_key: str | None = option(None, help="Its other half.", secret=True)
    token: str | None = option(
        None,
        help="Another kind of key.",
        secret=True,
        validator=attrs.validators.optional(attrs.validators.matches_re("[a-z0-9-]+")),
    )


CREDENTIALS = (("api_key", "secret_key"), ("token",))


def _build(*layers):
    return build_options("fake", Options, layers, CREDENTIALS)


def _python(**values):
    return Layer("argument", values)


def _text(**values):
    return Layer("environment", values, text=True)


def _chosen(layer, name):
    own, common = _build(layer)
    return getattr(own, name) if hasattr(own, name) else getattr(common, name)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("text", "", ""),
        ("count", 3, 3),
        ("share", 1, 1.0),
        ("share", 0.25, 0.25),
        ("flag", True, True),
        ("folder", "models", Path("models")),
        ("folder", Path("models"), Path("models")),
        ("folder", None, None),
        ("size", "large", "large"),
        ("either", 5, 5),
        ("either", "5", "5"),
        ("either", None, None),
        ("qps", 2, 2.0),
        ("qps", None, None),
        ("cache", False, False),
        ("cache", "results.db", Path("results.db")),
        ("max_pixels", 10, 10),
    ],
)
def test_a_python_value_of_the_right_type_is_taken(name, value, expected):
    chosen = _chosen(_python(**{name: value}), name)
    assert (chosen, type(chosen)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("name", "value", "must"),
    [
        ("text", 5, "must be str, got 5"),
        ("text", None, "must be str, got None"),
        ("count", 1.0, r"must be int, got 1\.0"),
        ("count", True, "must be int, got True"),
        ("count", "1", "must be int, got '1'"),
        ("share", True, "must be float, got True"),
        ("share", "0.5", "must be float, got '0.5'"),
        ("flag", 1, "must be bool, got 1"),
        ("flag", "true", "must be bool, got 'true'"),
        ("folder", 5, "must be path or none, got 5"),
        ("size", "huge", "must be 'small' or 'large', got 'huge'"),
        ("either", 1.5, r"must be int or str or none, got 1\.5"),
        ("qps", "fast", "must be float or none, got 'fast'"),
        ("cache", True, "must be false or path, got True"),
        ("cache", 0, "must be false or path, got 0"),
        ("cache", None, "must be false or path, got None"),
        ("timeout", float("nan"), "must be float, got nan"),
        ("timeout", float("inf"), "must be float, got inf"),
    ],
)
def test_a_python_value_of_another_type_is_refused(name, value, must):
    with pytest.raises(ConfigError, match=rf"Option '{name}' of fake {must} \(from argument\)"):
        _build(_python(**{name: value}))


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("text", "none", "none"),
        ("api_key", "none", None),
        ("count", "3", 3),
        ("share", "1", 1.0),
        ("share", "2.5e-1", 0.25),
        *[("flag", text, True) for text in ("true", "TRUE", "1", "yes", "on", " On ")],
        *[("flag", text, False) for text in ("false", "False", "0", "no", "off")],
        ("folder", "models", Path("models")),
        ("folder", "none", None),
        ("size", "large", "large"),
        ("either", "5", 5),
        ("either", "five", "five"),
        ("either", "null", None),
        ("qps", "None", None),
        ("qps", "2", 2.0),
        ("cache", "results.db", Path("results.db")),
        *[("cache", text, False) for text in ("false", "False", "no", "0", "off")],
    ],
)
def test_a_text_is_parsed_as_the_options_type(name, text, expected):
    chosen = _chosen(_text(**{name: text}), name)
    assert (chosen, type(chosen)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("name", "text", "must"),
    [
        ("count", "1.5", "must be int, got '1.5'"),
        ("count", "none", "must be int, got 'none'"),
        ("share", "half", "must be float, got 'half'"),
        ("share", "", "must be float, got ''"),
        ("share", "nan", "must be float, got 'nan'"),
        ("timeout", "inf", "must be float, got 'inf'"),
        ("flag", "maybe", "must be bool, got 'maybe'"),
        ("size", "Large", "must be 'small' or 'large', got 'Large'"),
        ("qps", "fast", "must be float or none, got 'fast'"),
    ],
)
def test_a_text_that_does_not_parse_is_refused(name, text, must):
    with pytest.raises(ConfigError, match=rf"Option '{name}' of fake {must} \(from environment\)"):
        _build(_text(**{name: text}))


@given(st.integers())
def test_any_integer_is_parsed_from_its_text(number):
    assert _build(_text(either=str(number)))[0].either == number


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_any_finite_float_is_parsed_from_its_text(number):
    assert _build(_text(share=repr(number)))[0].share == number


@pytest.mark.parametrize(
    ("name", "value"),
    [("count", -1), ("qps", 0), ("timeout", -1.0), ("max_retries", -1), ("max_pixels", 0)],
)
def test_a_value_out_of_range_is_refused_with_the_range_and_the_options(name, value):
    with pytest.raises(ConfigError, match=rf"fake: '{name}' must be >=? .*: {value}") as caught:
        _build(_python(**{name: value}))
    assert "Options of fake: " in str(caught.value)


@pytest.mark.parametrize("layer", [_python(cuont=1), _text(cuont="1")])
def test_an_unknown_option_is_refused_with_the_nearest_and_all_others(layer):
    with pytest.raises(UnknownOptionError) as caught:
        _build(layer)
    message = str(caught.value)
    assert f"fake has no option 'cuont' (from {layer.source})." in message
    assert "Did you mean 'count'?" in message
    assert f"Options of fake: {', '.join(fields_of(Options))}." in message


def test_an_unknown_option_of_a_weak_layer_is_refused_too():
    with pytest.raises(UnknownOptionError, match=r"from posehub\.toml"):
        _build(_python(count=1), Layer("posehub.toml", {"cuont": 1}))


def test_an_invalid_value_that_a_stronger_layer_overrides_is_ignored():
    assert _build(_python(count=1), _text(count="many"))[0].count == 1


def test_an_option_without_a_default_must_be_given():
    @attrs.frozen
    class Required:
        cassette: Path = option(attrs.NOTHING, help="The file to play.")

    with pytest.raises(ConfigError, match=r"fake needs the option 'cassette': The file to play\."):
        build_options("fake", Required, [])
    own, _ = build_options("fake", Required, [_text(cassette="a.yaml")])
    assert own == Required(cassette=Path("a.yaml"))


def test_every_backend_has_the_common_options_behind_its_own():
    assert list(fields_of(NoOptions)) == ["cache", "max_pixels"]
    assert list(fields_of(Options))[-2:] == ["cache", "max_pixels"]
    assert build_options("fake", NoOptions, []) == (NoOptions(), CommonOptions())


def test_the_first_layer_that_names_an_option_wins():
    own, common = _build(_python(count=1), _text(count="2", text="b"), _python(text="c", flag=True))
    assert (own.count, own.text, own.flag) == (1, "b", True)
    assert common.cache is False


def test_none_of_a_strong_layer_hides_a_value_of_a_weaker_one():
    assert _build(_python(qps=None), _text(qps="2"))[0].qps is None


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        ([_text(api_key="a", secret_key="b")], ("a", "b", None)),
        ([_python(token="t"), _text(api_key="a", secret_key="b")], (None, None, "t")),
        ([_python(api_key="a"), _text(token="t", secret_key="b")], ("a", "b", None)),
        ([_text(api_key="a", token="t")], ("a", None, "t")),
        ([_python(count=1), _text(token="t")], (None, None, "t")),
        ([_text(token="t"), _python(token="weak", api_key="a")], (None, None, "t")),
    ],
)
def test_a_layer_with_one_kind_of_credentials_hides_the_other_kinds_of_weaker_layers(
    layers, expected
):
    own, _ = _build(*layers)
    assert (own.api_key, own.secret_key, own.token) == expected


def test_a_secret_is_not_in_the_repr():
    assert SECRET not in repr(_build(_python(api_key=SECRET, token=SECRET))[0])


@pytest.mark.parametrize(
    "layer",
    [
        _python(api_key=[SECRET]),
        _python(token=SECRET.encode()),
        _python(token=f"{SECRET}!"),
        _text(token=f"{SECRET}!"),
        _python(api_key=SECRET, count=-1),
        _python(api_key=SECRET, cuont=1),
    ],
)
def test_a_secret_is_in_no_message_and_no_traceback(layer):
    with pytest.raises(ConfigError) as caught:
        _build(layer)
    assert SECRET not in "".join(traceback.format_exception(caught.value))


def test_the_result_key_has_what_can_change_a_result_and_no_secret():
    own, _ = _build(_python(api_key=SECRET, folder="models", count=3, qps=2))
    assert result_key(own) == {
        "text": "t",
        "count": 3,
        "share": 0.5,
        "flag": False,
        "size": "small",
        "either": None,
    }


def test_a_path_that_can_change_a_result_is_in_the_key_as_text():
    @attrs.frozen
    class WithPath:
        model: Path = option(Path("a/b"), help="A model.")

    assert result_key(WithPath()) == {"model": str(Path("a/b"))}


@pytest.mark.parametrize(
    ("annotation", "text"),
    [
        (int, "int"),
        (Path, "path"),
        (float | None, "float or none"),
        (Literal["a", "b"], "'a' or 'b'"),
        (Literal[False] | Path, "false or path"),
    ],
)
def test_a_type_is_described_in_words(annotation, text):
    assert describe_type(annotation) == text


# --- types with parts --------------------------------------------------------------------------


class Mode(enum.Enum):
    FAST = "fast"
    BEST = "best"


@attrs.frozen
class Composed:
    names: list[str] = option(attrs.Factory(list), help="Texts.")
    size: tuple[int, int] = option((1, 1), help="Width and height.")
    sizes: tuple[float, ...] = option((), help="Numbers.")
    mode: Mode = option(Mode.FAST, help="An enum.")
    files: list[Path] | None = option(None, help="Paths.")
    boxes: list[tuple[float, float]] | Literal["all"] | None = option(None, help="Pairs.")
    nested: int | (Literal["auto"] | None) = option(None, help="A nested union.")
    choices: list[Literal["a", "b"]] = option(attrs.Factory(list), help="Choices.")


COMPOSED = [
    ("names", ["x", "y"], "x, y", ["x", "y"]),
    ("names", [], "", []),
    ("names", ["x,y"], '["x,y"]', ["x,y"]),
    ("size", [640, 480], "640,480", (640, 480)),
    ("size", (640, 480), "[640, 480]", (640, 480)),
    ("sizes", [1, 0.5], "1, 0.5", (1.0, 0.5)),
    ("mode", "best", "best", Mode.BEST),
    ("mode", Mode.BEST, "BEST", Mode.BEST),
    ("files", ["a", "b/c"], "a,b/c", [Path("a"), Path("b/c")]),
    ("files", None, "none", None),
    ("boxes", [[1, 2], [3, 4.5]], "[[1, 2], [3, 4.5]]", [(1.0, 2.0), (3.0, 4.5)]),
    ("boxes", "all", "all", "all"),
    ("nested", 3, "3", 3),
    ("nested", "auto", "auto", "auto"),
    ("nested", None, "none", None),
    ("choices", ["a", "b"], "a,b", ["a", "b"]),
]


@pytest.mark.parametrize(("name", "value", "text", "expected"), COMPOSED)
def test_a_composed_type_is_read_from_every_source(name, value, text, expected, tmp_path):
    toml = tomllib.loads(f"{name} = {json.dumps(value)}") if _is_toml(value) else {name: value}
    for layer in (_python(**{name: value}), Layer("file", toml), _text(**{name: text})):
        own, _ = build_options("fake", Composed, [layer])
        assert getattr(own, name) == expected, layer.source


def _is_toml(value):
    return value is not None and not isinstance(value, Mode)


@pytest.mark.parametrize(
    ("name", "value", "text", "must"),
    [
        ("names", "x", None, "list of str"),
        ("names", ["x", 5], None, "list of str"),
        ("names", None, '["x", 5]', "list of str"),
        ("names", None, "[1,", "list of str"),
        ("size", [640], "640", "(int, int)"),
        ("size", [1, 2, 3], "1,2,3", "(int, int)"),
        ("size", [1.5, 2], "1.5,2", "(int, int)"),
        ("sizes", [True], "x", "list of float"),
        ("mode", "BEST", "worst", "'fast' or 'best'"),
        ("mode", 5, "", "'fast' or 'best'"),
        ("boxes", [[1]], "[[1]]", "list of (float, float) or 'all' or none"),
        ("nested", "other", "other", "int or 'auto' or none"),
        ("choices", ["c"], "a,c", "list of 'a' or 'b'"),
    ],
)
def test_an_invalid_value_of_a_composed_type_is_refused(name, value, text, must):
    layers = [] if value is None else [_python(**{name: value})]
    layers += [] if text is None else [_text(**{name: text})]
    for layer in layers:
        message = re.escape(f"Option '{name}' of fake must be {must}, got ")
        with pytest.raises(ConfigError, match=message):
            build_options("fake", Composed, [layer])


def test_composed_values_are_plain_in_the_result_key():
    own = Composed(size=(2, 3), mode=Mode.BEST, files=[Path("a")])
    assert json.loads(json.dumps(result_key(own)))["size"] == [2, 3]
    assert result_key(own)["mode"] == "best"
    assert result_key(own)["files"] == ["a"]


@given(st.lists(st.text(), max_size=5))
def test_any_list_of_texts_is_read_from_json(texts):
    own, _ = build_options("fake", Composed, [_text(names=json.dumps(texts))])
    assert own.names == texts


def test_a_list_nested_too_deeply_is_refused():
    with pytest.raises(ConfigError, match="must be list of str"):
        build_options("fake", Composed, [_text(names="[" * 100_000)])
