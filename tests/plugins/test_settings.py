"""Settings from outside the program."""

from __future__ import annotations

import attrs
import platformdirs
import pytest

from posehub import ServiceOptions, option
from posehub.backends.layers import Layer, build_options
from posehub.errors import ConfigError
from posehub.plugins.settings import environment_name, option_layers, read_settings


@attrs.frozen
class Options(ServiceOptions):
    count: int = option(1, help="A count.")
    key: str | None = option(None, help="A key.", secret=True, env="FAKE_KEY")


@pytest.fixture
def info(make_info):
    return make_info("fake-cloud", options=Options)


@pytest.fixture(autouse=True)
def project(tmp_path, monkeypatch):
    """The working directory, without a posehub.toml."""
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def write_user_file():
    def write(text):
        folder = platformdirs.user_config_path("posehub")
        folder.mkdir(parents=True)
        (folder / "posehub.toml").write_text(text, encoding="utf-8")

    return write


def _options(info, **arguments):
    layers = option_layers(info, Layer("argument", arguments), read_settings())
    return build_options(info.name, info.options, layers)[0]


def test_no_files_are_no_settings():
    assert read_settings() == []


def test_a_file_has_a_default_backend_and_options_by_backend(project):
    (project / "posehub.toml").write_text(
        'backend = "fake-cloud"\n[backends.fake-cloud]\ncount = 3\n', encoding="utf-8"
    )
    [settings] = read_settings()
    assert settings.path == project / "posehub.toml"
    assert settings.is_project
    assert settings.backend == "fake-cloud"
    assert settings.backends == {"fake-cloud": {"count": 3}}


def test_the_projects_file_is_found_from_a_folder_inside(project, monkeypatch):
    (project / "posehub.toml").write_text('backend = "outer"', encoding="utf-8")
    (project / "a" / "b").mkdir(parents=True)
    monkeypatch.chdir(project / "a" / "b")
    assert [settings.backend for settings in read_settings()] == ["outer"]


def test_the_nearest_of_several_project_files_counts_alone(project, monkeypatch):
    (project / "posehub.toml").write_text('backend = "outer"', encoding="utf-8")
    (project / "a").mkdir()
    (project / "a" / "posehub.toml").write_text('backend = "inner"', encoding="utf-8")
    monkeypatch.chdir(project / "a")
    assert [settings.backend for settings in read_settings()] == ["inner"]


def test_the_projects_settings_come_before_the_users(project, write_user_file):
    (project / "posehub.toml").write_text('backend = "project"', encoding="utf-8")
    write_user_file('backend = "user"')
    assert [settings.backend for settings in read_settings()] == ["project", "user"]


def test_the_users_file_is_read_once_from_its_own_folder(write_user_file, monkeypatch):
    write_user_file('backend = "user"')
    monkeypatch.chdir(platformdirs.user_config_path("posehub"))
    assert [settings.backend for settings in read_settings()] == ["user"]


@pytest.mark.parametrize(
    ("sources", "count"),
    [
        ((), 1),
        (("user",), 2),
        (("user", "project"), 3),
        (("user", "project", "environment"), 4),
        (("user", "project", "environment", "argument"), 5),
        (("user", "environment"), 4),
        (("project", "argument"), 5),
    ],
)
def test_an_argument_beats_the_environment_beats_the_project_beats_the_user(
    sources, count, info, project, write_user_file, monkeypatch
):
    if "user" in sources:
        write_user_file("[backends.fake-cloud]\ncount = 2")
    if "project" in sources:
        (project / "posehub.toml").write_text("[backends.fake-cloud]\ncount = 3", encoding="utf-8")
    if "environment" in sources:
        monkeypatch.setenv("POSEHUB_FAKE_CLOUD_COUNT", "4")
    assert _options(info, **({"count": 5} if "argument" in sources else {})).count == count


def test_settings_of_other_backends_are_ignored(info, project):
    (project / "posehub.toml").write_text("[backends.other]\nnothing = 1", encoding="utf-8")
    assert _options(info).count == 1


def test_an_option_names_its_variable_or_has_one_after_backend_and_option(info):
    assert environment_name(info, "key") == "FAKE_KEY"
    assert environment_name(info, "count") == "POSEHUB_FAKE_CLOUD_COUNT"
    assert environment_name(info, "cache") == "POSEHUB_FAKE_CLOUD_CACHE"


def test_a_variable_with_a_name_of_its_own_is_read(info, monkeypatch):
    monkeypatch.setenv("FAKE_KEY", "k")
    assert _options(info).key == "k"


def test_an_empty_variable_counts_as_unset(info, project, monkeypatch):
    (project / "posehub.toml").write_text("[backends.fake-cloud]\ncount = 3", encoding="utf-8")
    monkeypatch.setenv("POSEHUB_FAKE_CLOUD_COUNT", "")
    assert _options(info).count == 3


def test_only_the_documented_variable_of_an_option_is_read(info, monkeypatch):
    monkeypatch.setenv("POSEHUB_FAKE_CLOUD_KEY", "k")  # the documented one is FAKE_KEY
    monkeypatch.setenv("POSEHUB_FAKE_CLOUD_CUONT", "1")
    assert _options(info) == info.options()


def test_variables_of_a_backend_whose_name_begins_alike_are_not_options(info, monkeypatch):
    longer = attrs.evolve(info, name="fake-cloud-multi")
    monkeypatch.setenv(environment_name(longer, "count"), "7")
    assert _options(info).count == 1
    assert _options(longer).count == 7


def test_variables_of_posehub_itself_and_of_other_backends_are_ignored(info, monkeypatch):
    for name in ("POSEHUB_BACKEND", "POSEHUB_BLOCK", "POSEHUB_OTHER_CUONT", "POSEHUB_FAKE"):
        monkeypatch.setenv(name, "x")
    assert _options(info).count == 1


def test_an_ill_typed_value_names_the_file_it_is_from(info, project):
    (project / "posehub.toml").write_text('[backends.fake-cloud]\ncount = "3"', encoding="utf-8")
    with pytest.raises(ConfigError, match=r"must be int, got '3' \(from .*posehub\.toml\)"):
        _options(info)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("backend = ", r"Cannot read .*posehub\.toml: "),
        ("backend = 5", "backend must be a name, got 5"),
        ("backends = 5", r"backends must hold tables, such as \[backends\.NAME\]"),
        ("[backends]\nbaidu = 5", "backends must hold tables"),
        ('bakend = "x"', "unknown key 'bakend'. Did you mean 'backend'"),
        ("[baidu]\nqps = 2", r"unknown key 'baidu'.*options go into \[backends\.NAME\]"),
    ],
)
def test_a_malformed_file_is_refused_by_name(text, message, project):
    (project / "posehub.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=message) as caught:
        read_settings()
    assert str(project / "posehub.toml") in str(caught.value)


def test_a_file_that_is_not_utf8_is_refused(project):
    (project / "posehub.toml").write_bytes(b'backend = "\xff"')
    with pytest.raises(ConfigError, match="Cannot read"):
        read_settings()


def test_a_folder_of_the_files_name_is_ignored(project):
    (project / "posehub.toml").mkdir()
    assert read_settings() == []


@pytest.mark.parametrize("value", ["many", "-1"])
def test_an_invalid_variable_is_named(value, info, monkeypatch):
    monkeypatch.setenv("POSEHUB_FAKE_CLOUD_MAX_RETRIES", value)
    with pytest.raises(ConfigError, match=r"\(from POSEHUB_FAKE_CLOUD_MAX_RETRIES\)"):
        _options(info)
