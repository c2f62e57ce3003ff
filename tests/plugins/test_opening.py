"""Where the pieces meet: from a backend's name to a backend with its options and wrappers."""

from __future__ import annotations

import attrs
import pytest

import posehub
from posehub import Capabilities, ServiceOptions, option
from posehub.backends.cache import Cache
from posehub.backends.options import Layer, NoOptions
from posehub.backends.serialize import Serialize
from posehub.cloud.pacing import Limit, Pacer
from posehub.cloud.retry import Retry
from posehub.errors import (
    AuthError,
    ConfigError,
    MissingCredentialError,
    MissingDependencyError,
    PluginError,
    TransientError,
    UnknownBackendError,
    UnknownOptionError,
)
from posehub.plugins.opening import open_with

SECRET = "s3cr3t-value-9a1b"


@attrs.frozen
class Options(ServiceOptions):
    size: str = option("small", help="A size.")
    api_key: str | None = option(None, help="A key.", secret=True, env="FAKE_API_KEY")
    secret_key: str | None = option(None, help="Its half.", secret=True, env="FAKE_SECRET_KEY")
    token: str | None = option(None, help="Another kind.", secret=True, env="FAKE_TOKEN")


CREDENTIALS = (("api_key", "secret_key"), ("token",))


@pytest.fixture(autouse=True)
def _no_project_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("FAKE_API_KEY", "FAKE_SECRET_KEY", "FAKE_TOKEN"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def add(install, make_info, make_backend):
    """Install a backend; returns the list of (options, backend) it was opened with."""

    def register(name="fake", answer=None, **fields):
        opened = []

        def factory(options):
            backend = make_backend(answer and (lambda images: answer(backend, images)))
            backend.info = info
            opened.append((options, backend))
            return backend

        info = make_info(name, **{"factory": factory, **fields})
        install(info)
        return opened

    return register


def _layers(backend):
    """The classes of a backend and the wrappers around it, from the outside in."""
    classes = [type(backend)]
    while hasattr(backend, "inner"):
        backend = backend.inner
        classes.append(type(backend))
    return [c.__name__ for c in classes]


# --- opening ---------------------------------------------------------------------------------


def test_a_backend_is_opened_by_name_with_its_options(add):
    opened = add(options=Options)
    with posehub.open_backend("fake", size="large", timeout=5) as backend:
        assert isinstance(backend, posehub.Backend)
    [(options, inner)] = opened
    assert options == Options(size="large", timeout=5.0)
    assert inner.closed == 1


def test_detect_opens_and_closes_around_one_picture(add, pictures):
    opened = add()
    result = posehub.detect(pictures.jpeg((48, 32)), backend="fake")
    assert result.image_size == (48, 32)
    [(_, inner)] = opened
    assert inner.closed == 1


def test_detect_closes_the_backend_after_an_error_too(add, pictures):
    def refuse(backend, images):
        raise AuthError("no")

    opened = add(answer=refuse)
    with pytest.raises(AuthError):
        posehub.detect(pictures.jpeg(), backend="fake")
    assert opened[0][1].closed == 1


def test_an_unknown_backend_is_refused_with_the_nearest(add):
    add("fake-cloud")
    with pytest.raises(UnknownBackendError, match="Did you mean 'fake-cloud'"):
        posehub.open_backend("fake-clod")


def test_an_unknown_option_is_refused_before_the_backend_is_made(add):
    opened = add(options=Options)
    with pytest.raises(UnknownOptionError, match=r"fake has no option 'sise' \(from argument\)"):
        posehub.open_backend("fake", sise="large")
    assert opened == []


def test_options_of_the_environment_and_files_count(add, tmp_path, monkeypatch):
    opened = add(options=Options)
    monkeypatch.setenv("POSEHUB_FAKE_SIZE", "large")
    (tmp_path / "posehub.toml").write_text("[backends.fake]\ntimeout = 7\nsize = 'file'")
    posehub.open_backend("fake").close()
    assert opened[0][0] == Options(size="large", timeout=7.0)


def test_options_may_come_as_a_layer_of_texts(add):
    opened = add(options=Options)
    open_with("fake", Layer("--option", {"timeout": "7", "qps": "none"}, text=True)).close()
    assert opened[0][0] == Options(timeout=7.0)


def test_max_pixels_is_held_by_the_outermost_backend(add, pictures):
    add()
    backend = posehub.open_backend("fake", max_pixels=100)
    with pytest.raises(posehub.errors.ImageError, match="is 48 x 32"):
        backend.detect(pictures.jpeg((48, 32)))


def test_a_factory_that_lacks_a_package_is_a_missing_dependency(add):
    def factory(options):
        import a_package_nobody_has  # noqa: F401

    add(factory=factory)
    with pytest.raises(MissingDependencyError, match=r"fake needs .*'a_package_nobody_has'"):
        posehub.open_backend("fake")


def test_a_factory_that_fails_is_the_plugins_fault(add):
    def factory(options):
        raise RuntimeError("boom")

    add(factory=factory)
    with pytest.raises(PluginError, match=r"fake failed to open with RuntimeError: boom.*plugin"):
        posehub.open_backend("fake")


def test_an_error_of_posehubs_own_passes_through_the_factory(add):
    error = ConfigError("plain http is for loopback only")

    def factory(options):
        raise error

    add(factory=factory)
    with pytest.raises(ConfigError) as caught:
        posehub.open_backend("fake")
    assert caught.value is error


def test_a_backend_whose_cache_cannot_be_opened_is_closed(add, tmp_path):
    opened = add()
    with pytest.raises(ConfigError, match="as a cache"):
        posehub.open_backend("fake", cache=tmp_path)
    assert opened[0][1].closed == 1


# --- the default backend ---------------------------------------------------------------------


def test_the_default_is_what_the_environment_says(add, tmp_path, monkeypatch):
    add("from-environment")
    (tmp_path / "posehub.toml").write_text('backend = "from-file"')
    monkeypatch.setenv("POSEHUB_BACKEND", "from-environment")
    assert posehub.open_backend().info.name == "from-environment"


@pytest.mark.parametrize("variable", [None, ""])
def test_without_the_environment_the_default_is_what_the_file_says(
    variable, add, tmp_path, monkeypatch
):
    add("from-file")
    (tmp_path / "posehub.toml").write_text('backend = "from-file"')
    if variable is not None:
        monkeypatch.setenv("POSEHUB_BACKEND", variable)
    assert posehub.open_backend().info.name == "from-file"


def test_a_file_without_a_default_leaves_it_to_the_next(add, tmp_path, monkeypatch):
    import platformdirs

    add("from-user")
    (tmp_path / "posehub.toml").write_text("[backends.other]\nx = 1")
    folder = platformdirs.user_config_path("posehub")
    folder.mkdir(parents=True)
    (folder / "posehub.toml").write_text('backend = "from-user"')
    assert posehub.open_backend().info.name == "from-user"


@pytest.fixture
def without_blazepose(monkeypatch):
    """A registry without the preferred backend, whether or not it is installed here."""
    from posehub.plugins import opening as client
    from posehub.plugins.registry import Registry

    registry = Registry()
    monkeypatch.setattr(client, "get_registry", lambda: registry)
    return registry


def test_without_any_setting_the_default_is_blazepose(without_blazepose, make_info, make_plugin):
    without_blazepose.register(make_plugin(make_info("blazepose"), make_info("other")), "p")
    assert posehub.open_backend().info.name == "blazepose"


def test_without_blazepose_there_is_no_default_and_the_error_says_what_to_do(without_blazepose):
    with pytest.raises(UnknownBackendError) as caught:
        posehub.open_backend()
    for part in ("there is no default", "POSEHUB_BACKEND", "pip install posehub-blazepose"):
        assert part in str(caught.value)


def test_a_default_that_is_not_installed_is_an_unknown_backend(monkeypatch):
    monkeypatch.setenv("POSEHUB_BACKEND", "nobody-has-it")
    with pytest.raises(UnknownBackendError, match="No backend 'nobody-has-it' is installed"):
        posehub.open_backend()


# --- wrappers --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options_class", "thread_safe", "options", "layers"),
    [
        (NoOptions, True, {}, []),
        (NoOptions, False, {}, ["Serialize"]),
        (NoOptions, True, {"cache": "results.db"}, ["Cache"]),
        (Options, True, {}, ["Retry"]),
        (Options, True, {"max_retries": 0}, []),
        (Options, True, {"qps": 2, "max_retries": 0}, ["Limit"]),
        (Options, True, {"qps": 2}, ["Retry", "Limit"]),
        (Options, True, {"qps": 2, "cache": "results.db"}, ["Cache", "Retry", "Limit"]),
        (
            Options,
            False,
            {"qps": 2, "cache": "results.db"},
            ["Cache", "Retry", "Limit", "Serialize"],
        ),
    ],
)
def test_the_wrappers_are_cache_retry_limit_from_the_outside_in(
    options_class, thread_safe, options, layers, add
):
    known = {c.__name__ for c in (Cache, Retry, Limit, Serialize)}
    add(options=options_class, capabilities=Capabilities(thread_safe=thread_safe))
    with posehub.open_backend("fake", **options) as backend:
        assert [name for name in _layers(backend) if name in known] == layers
        assert _layers(backend)[-1] == "FakeBackend"


def test_closing_closes_through_all_wrappers(add):
    opened = add(options=Options, capabilities=Capabilities(thread_safe=False))
    posehub.open_backend("fake", qps=2, cache="results.db").close()
    assert opened[0][1].closed == 1


def test_a_cached_answer_takes_no_turn_and_every_attempt_takes_one(add, pictures, monkeypatch):
    turns = []
    monkeypatch.setattr(Pacer, "wait_for_turn", lambda pacer: turns.append(pacer))
    monkeypatch.setattr("posehub.cloud.retry.pause", lambda seconds: None)
    errors = iter([TransientError("not now"), TransientError("not now")])

    def answer(backend, images):
        for error in errors:
            raise error
        return backend.nobody(images)

    add(options=Options, answer=answer)
    with posehub.open_backend("fake", qps=1000, cache="results.db") as backend:
        backend.detect(pictures.jpeg())
        assert len(turns) == 3
        backend.detect(pictures.jpeg())
    assert len(turns) == 3


@pytest.mark.parametrize(
    ("first", "second", "asked"),
    [
        ({}, {}, 1),
        ({}, {"size": "large"}, 2),
        ({}, {"timeout": 5}, 1),
        ({"token": "a"}, {"token": "b"}, 1),
    ],
)
def test_the_cache_keeps_answers_apart_by_what_can_change_them(first, second, asked, add, pictures):
    opened = add(options=Options)
    for options in (first, second):
        with posehub.open_backend("fake", cache="results.db", **options) as backend:
            backend.detect(pictures.jpeg())
    assert sum(len(inner.batches) for _, inner in opened) == asked


# --- credentials -----------------------------------------------------------------------------


@pytest.mark.parametrize("given", [{"token": "t"}, {"api_key": "a", "secret_key": "b"}])
def test_one_complete_set_of_credentials_is_enough(given, add):
    opened = add(options=Options, credentials=CREDENTIALS)
    posehub.open_backend("fake", **given).close()
    assert opened[0][0] == Options(**given)


def test_credentials_may_come_from_the_environment(add, monkeypatch):
    opened = add(options=Options, credentials=CREDENTIALS)
    monkeypatch.setenv("FAKE_API_KEY", "a")
    monkeypatch.setenv("FAKE_SECRET_KEY", "b")
    posehub.open_backend("fake").close()
    assert opened[0][0] == Options(api_key="a", secret_key="b")


def test_credentials_given_as_an_argument_hide_another_kind_from_the_environment(add, monkeypatch):
    opened = add(options=Options, credentials=CREDENTIALS)
    monkeypatch.setenv("FAKE_API_KEY", "a")
    monkeypatch.setenv("FAKE_SECRET_KEY", "b")
    posehub.open_backend("fake", token="t").close()
    assert opened[0][0] == Options(token="t")


def test_missing_credentials_name_every_way_to_give_them(add):
    opened = add(options=Options, credentials=CREDENTIALS)
    with pytest.raises(MissingCredentialError) as caught:
        posehub.open_backend("fake")
    assert "Set FAKE_API_KEY and FAKE_SECRET_KEY; or FAKE_TOKEN" in str(caught.value)
    assert opened == []


def test_half_a_pair_of_credentials_names_the_missing_half_and_shows_no_secret(add):
    add(options=Options, credentials=CREDENTIALS)
    with pytest.raises(MissingCredentialError, match="FAKE_SECRET_KEY is missing") as caught:
        posehub.open_backend("fake", api_key=SECRET)
    assert SECRET not in str(caught.value)


def test_several_kinds_of_credentials_at_once_are_refused_without_showing_them(add):
    add(options=Options, credentials=CREDENTIALS)
    given = {"api_key": SECRET, "secret_key": SECRET, "token": SECRET}
    with pytest.raises(ConfigError, match=r"\(FAKE_API_KEY\+FAKE_SECRET_KEY and FAKE_TOKEN\)") as e:
        posehub.open_backend("fake", **given)
    assert SECRET not in str(e.value)


def test_a_backend_without_credentials_needs_none(add):
    add(options=Options)
    posehub.open_backend("fake").close()
