"""Opening: from a backend's name to a backend with its options and what surrounds it."""

from __future__ import annotations

import pickle
from pathlib import Path

import attrs
import pytest

import posehub
from posehub import Capabilities, ServiceOptions, option
from posehub.backends.layers import Layer
from posehub.errors import (
    AuthError,
    ConfigError,
    MissingCredentialError,
    MissingDependencyError,
    PluginError,
    UnknownBackendError,
    UnknownOptionError,
)
from posehub.plugins.opening import default_backend, open_with
from posehub.plugins.registry import Registry

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
    """The classes of a backend and what surrounds it, from the outside in."""
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


def test_detect_opens_and_closes_around_one_image(add, pictures):
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


def test_the_option_max_pixels_bounds_images(add, pictures):
    add()
    backend = posehub.open_backend("fake", max_pixels=100)
    with pytest.raises(posehub.errors.ImageError, match="is 48 x 32"):
        backend.detect(pictures.jpeg((48, 32)))


def test_a_factory_that_lacks_a_package_is_a_missing_dependency(add):
    def factory(options):
        import missing_package  # noqa: F401

    add(factory=factory)
    with pytest.raises(MissingDependencyError, match=r"fake needs .*'missing_package'"):
        posehub.open_backend("fake")


@pytest.mark.parametrize("error", [RuntimeError("boom"), SystemExit("boom")])
def test_a_factory_that_fails_is_the_plugins_fault(error, add):
    def factory(options):
        raise error

    add(factory=factory)
    with pytest.raises(PluginError, match=r"fake failed to open with \w+: boom.*plugin"):
        posehub.open_backend("fake")


def test_a_factory_that_returns_something_else_is_the_plugins_fault(add):
    add(factory=lambda options: 5)
    with pytest.raises(PluginError, match=r"returned a int instead of a Backend.*plugin"):
        posehub.open_backend("fake")


def test_a_posehub_error_of_the_factory_passes_unchanged(add):
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


def test_the_default_comes_from_the_environment(add, tmp_path, monkeypatch):
    add("from-environment")
    (tmp_path / "posehub.toml").write_text('backend = "from-file"')
    monkeypatch.setenv("POSEHUB_BACKEND", "from-environment")
    assert posehub.open_backend().info.name == "from-environment"


@pytest.mark.parametrize("variable", [None, ""])
def test_without_the_environment_the_default_comes_from_the_file(
    variable, add, tmp_path, monkeypatch
):
    add("from-file")
    (tmp_path / "posehub.toml").write_text('backend = "from-file"')
    if variable is not None:
        monkeypatch.setenv("POSEHUB_BACKEND", variable)
    assert posehub.open_backend().info.name == "from-file"


def test_a_file_without_a_default_is_skipped_for_the_next(add, tmp_path, monkeypatch):
    import platformdirs

    add("from-user")
    (tmp_path / "posehub.toml").write_text("[backends.other]\nx = 1")
    folder = platformdirs.user_config_path("posehub")
    folder.mkdir(parents=True)
    (folder / "posehub.toml").write_text('backend = "from-user"')
    assert posehub.open_backend().info.name == "from-user"


@pytest.mark.parametrize(
    ("installed", "expected"),
    [
        (["movenet", "blazepose", "other"], "movenet"),
        (["blazepose", "other"], "blazepose"),
        (["movenet"], "movenet"),
    ],
)
def test_without_any_setting_the_default_is_the_first_local_backend_installed(
    installed, expected, make_info, make_plugin
):
    registry = Registry()
    registry.register(make_plugin(*map(make_info, installed)), "p")
    assert default_backend([], registry) == expected


def test_without_a_local_backend_there_is_no_default_and_the_error_says_what_to_do():
    with pytest.raises(UnknownBackendError) as caught:
        default_backend([], Registry())
    for part in ("there is no default", "POSEHUB_BACKEND", "pip install posehub-movenet"):
        assert part in str(caught.value)


def test_a_default_that_is_not_installed_is_an_unknown_backend(monkeypatch):
    monkeypatch.setenv("POSEHUB_BACKEND", "not-installed")
    with pytest.raises(UnknownBackendError, match="No backend 'not-installed' is installed"):
        posehub.open_backend()


# --- what surrounds a backend ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("thread_safe", "options", "layers"),
    [
        (True, {}, ["FakeBackend"]),
        (False, {}, ["Serialize", "FakeBackend"]),
        (True, {"cache": "results.db"}, ["Cache", "FakeBackend"]),
        (False, {"cache": "results.db"}, ["Cache", "Serialize", "FakeBackend"]),
    ],
)
def test_the_cache_surrounds_the_lock_surrounds_the_backend(thread_safe, options, layers, add):
    add(capabilities=Capabilities(thread_safe=thread_safe))
    with posehub.open_backend("fake", **options) as backend:
        assert _layers(backend) == layers


def test_closing_closes_the_backend_inside(add):
    opened = add(capabilities=Capabilities(thread_safe=False))
    posehub.open_backend("fake", cache="results.db").close()
    assert opened[0][1].closed == 1


@pytest.mark.parametrize(
    ("first", "second", "calls"),
    [
        ({}, {}, 1),
        ({}, {"size": "large"}, 2),
        ({}, {"timeout": 5}, 1),
        ({"token": "a"}, {"token": "b"}, 1),
    ],
)
def test_the_cache_distinguishes_results_by_options(first, second, calls, add, pictures):
    opened = add(options=Options)
    for options in (first, second):
        with posehub.open_backend("fake", cache="results.db", **options) as backend:
            backend.detect(pictures.jpeg())
    assert sum(len(inner.batches) for _, inner in opened) == calls


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


# --- a backend sent to another process ---------------------------------------------------------


def test_a_spec_opens_a_backend_with_its_options(add):
    opened = add(options=Options)
    posehub.BackendSpec("fake", {"size": "large"}).open().close()
    assert opened[0][0] == Options(size="large")


def test_the_spec_of_an_opened_backend_has_every_resolved_option(add, tmp_path, monkeypatch):
    opened = add(options=Options)
    monkeypatch.setenv("POSEHUB_FAKE_SIZE", "large")
    (tmp_path / "posehub.toml").write_text("[backends.fake]\ntimeout = 7")
    spec = posehub.open_backend("fake", qps=2, max_pixels=99).spec
    assert (spec.name, spec.version) == ("fake", "1.2.3")
    monkeypatch.delenv("POSEHUB_FAKE_SIZE")
    (tmp_path / "posehub.toml").unlink()
    again = pickle.loads(pickle.dumps(spec)).open()
    assert opened[1][0] == opened[0][0] == Options(size="large", timeout=7.0, qps=2.0)
    assert again.max_pixels == 99
    assert again.spec == spec


def test_a_spec_has_no_key_of_the_environment_and_takes_it_where_it_is_opened(add, monkeypatch):
    opened = add(options=Options, credentials=CREDENTIALS)
    monkeypatch.setenv("FAKE_TOKEN", SECRET)
    spec = posehub.open_backend("fake").spec
    assert SECRET.encode() not in pickle.dumps(spec)
    monkeypatch.setenv("FAKE_TOKEN", "the other machine's")
    spec.open()
    assert opened[1][0].token == "the other machine's"


def test_a_spec_keeps_a_key_given_as_an_argument_and_does_not_show_it(add):
    opened = add(options=Options, credentials=CREDENTIALS)
    spec = posehub.open_backend("fake", token=SECRET).spec
    pickle.loads(pickle.dumps(spec)).open()
    assert opened[1][0].token == SECRET
    assert SECRET not in repr(spec)


def test_a_spec_made_with_another_version_of_the_plugin_is_refused(add):
    add()
    spec = attrs.evolve(posehub.open_backend("fake").spec, version="0.9")
    with pytest.raises(ConfigError, match=r"fake 0\.9, and here it is 1\.2\.3"):
        spec.open()


# --- what a project's file may not set ---------------------------------------------------------


@attrs.frozen
class _Cloud(ServiceOptions):
    endpoint: str = option("https://example.com", help="Where to call.", personal=True)
    token: str | None = option(None, help="A key.", secret=True, env="FAKE_TOKEN")


@pytest.mark.parametrize("line", ["endpoint = 'https://evil.example'", "token = 't'"])
def test_a_projects_file_may_not_set_keys_or_where_requests_go(line, add, tmp_path):
    opened = add(options=_Cloud)
    (tmp_path / "posehub.toml").write_text(f"[backends.fake]\n{line}")
    with pytest.raises(ConfigError, match="may not set the option") as caught:
        posehub.open_backend("fake")
    assert str(tmp_path / "posehub.toml") in str(caught.value)
    assert opened == []


def test_the_users_file_may_set_where_requests_go(add):
    import platformdirs

    opened = add(options=_Cloud)
    folder = platformdirs.user_config_path("posehub")
    folder.mkdir(parents=True)
    (folder / "posehub.toml").write_text("[backends.fake]\nendpoint = 'https://mine.example'")
    posehub.open_backend("fake").close()
    assert opened[0][0].endpoint == "https://mine.example"


def test_a_relative_path_in_a_file_is_relative_to_that_file(add, tmp_path, monkeypatch):
    @attrs.frozen
    class WithPaths:
        model: Path = option(Path("default"), help="A file.")
        more: list[Path] = option(attrs.Factory(list), help="More files.")

    opened = add(options=WithPaths)
    (tmp_path / "posehub.toml").write_text(
        "[backends.fake]\nmodel = 'a.onnx'\nmore = ['b.onnx', '/c.onnx']"
    )
    (tmp_path / "deep").mkdir()
    monkeypatch.chdir(tmp_path / "deep")
    posehub.open_backend("fake").close()
    [(options, _)] = opened
    assert options.model == tmp_path / "a.onnx"
    assert options.more == [tmp_path / "b.onnx", Path("/c.onnx")]
