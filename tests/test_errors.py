"""The tree of errors."""

from __future__ import annotations

import inspect
import pickle

import pytest

from posehub import errors
from posehub.errors import nearest, nearest_name

TREE = {
    "PosehubError": "Exception",
    "ConfigError": "PosehubError",
    "MissingCredentialError": "ConfigError",
    "UnknownOptionError": "ConfigError",
    "PluginError": "PosehubError",
    "UnknownBackendError": "PluginError",
    "DuplicateBackendError": "PluginError",
    "PluginLoadError": "PluginError",
    "MissingDependencyError": "PluginError",
    "ImageError": "PosehubError",
    "CassetteError": "PosehubError",
    "CassetteMissError": "CassetteError",
    "FormatError": "PosehubError",
    "BackendError": "PosehubError",
    "AuthError": "BackendError",
    "QuotaExceededError": "BackendError",
    "InvalidResponseError": "BackendError",
    "TransientError": "BackendError",
    "RateLimitedError": "TransientError",
    "BackendTimeoutError": "TransientError",
}


def test_the_tree_of_errors_is_the_documented_one():
    members = inspect.getmembers(errors, inspect.isclass)
    classes = [member for _, member in members if issubclass(member, Exception)]
    assert {c.__name__: c.__base__.__name__ for c in classes} == TREE


@pytest.mark.parametrize("name", [n for n, base in TREE.items() if base.endswith("Error")])
def test_every_error_survives_pickling_with_its_attributes(name):
    kind = getattr(errors, name)
    fields = {}
    if issubclass(kind, errors.BackendError):
        fields = {"code": 18, "request_id": "9007199254740993"}
    if issubclass(kind, errors.TransientError):
        fields |= {"retry_after": 1.5, "max_retries": 1}
    copy = pickle.loads(pickle.dumps(kind("what went wrong", **fields)))
    assert type(copy) is kind
    assert str(copy) == "what went wrong"
    assert {field: getattr(copy, field) for field in fields} == fields


def test_a_backend_error_has_no_code_and_request_id_unless_given():
    error = errors.BackendError("no")
    assert (error.code, error.request_id) == (None, None)


def test_a_transient_error_has_no_wait_and_no_limit_of_repeats_unless_given():
    error = errors.TransientError("no")
    assert (error.retry_after, error.max_retries) == (None, None)


@pytest.mark.parametrize(
    ("name", "known", "match"),
    [
        ("badu", ["baidu", "replay"], "baidu"),
        ("baidu", ["baidu", "replay"], "baidu"),
        ("xyzzy", ["baidu", "replay"], None),
        ("baidu", [], None),
        ("", ["baidu"], None),
    ],
)
def test_the_nearest_name_is_a_close_one_or_none(name, known, match):
    assert nearest_name(name, known) == match


def test_the_nearest_name_is_offered_as_a_sentence_to_append():
    assert nearest("badu", ["baidu"]) == " Did you mean 'baidu'?"
    assert nearest("xyzzy", ["baidu"]) == ""
