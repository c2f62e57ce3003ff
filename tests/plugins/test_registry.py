"""Finding plugins: each is loaded by itself, so that a broken one does not stop the others."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor

import attrs
import click
import pytest

import posehub
from posehub import Capabilities, Format, Skeleton
from posehub.entry_points import EntryPoint, entry_points
from posehub.errors import (
    ConfigError,
    DuplicateBackendError,
    PluginLoadError,
    UnknownBackendError,
)
from posehub.plugins.registry import GROUP, Registry, get_registry
from posehub.poses.skeletons import BUILTIN

GOOD = """
from posehub import BackendInfo, hookimpl

def _open(options):
    import {name}_heavy
    return {name}_heavy.Heavy()

@hookimpl
def posehub_register_backends():
    return [BackendInfo(name="{name}", summary="s", skeleton="coco17", factory=_open)]
"""
HEAVY = "raise AssertionError('a listing imported the heavy part')"


@pytest.fixture
def distribute(tmp_path, monkeypatch):
    """Put distributions with an entry point on sys.path; gone afterwards, modules included."""
    site = tmp_path / "site"
    site.mkdir()
    monkeypatch.syspath_prepend(str(site))
    names = []

    def write(name, source=GOOD, version="4.5.6"):
        (site / f"{name}.py").write_text(textwrap.dedent(source).format(name=name))
        (site / f"{name}_heavy.py").write_text(HEAVY)
        metadata = site / f"{name}-{version}.dist-info"
        metadata.mkdir()
        (metadata / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        )
        (metadata / "entry_points.txt").write_text(f"[{GROUP}]\n{name} = {name}\n")
        names.append(name)
        return site

    yield write
    for name in names:
        sys.modules.pop(name, None)


def _load(*, blocked=()):
    registry = Registry()
    points = [p for p in entry_points(GROUP) if p.name.startswith("plug")]
    registry.load(points, blocked)
    return registry


def _problems(registry):
    return {problem.plugin: problem.error for problem in registry.problems}


def test_an_installed_plugins_backend_is_there_with_its_distributions_version(distribute):
    distribute("plug_a", version="7.8")
    registry = _load()
    assert list(registry.backends) == ["plug_a"]
    assert registry.find("plug_a").version == "7.8"
    assert registry.problems == []


def test_a_version_the_plugin_gives_itself_is_kept(distribute):
    distribute("plug_a", GOOD.replace('summary="s"', 'summary="s", version="1!x"'))
    assert _load().find("plug_a").version == "1!x"


def test_listing_imports_no_backend(distribute):
    distribute("plug_a")
    assert "plug_a" in _load().backends
    assert "plug_a_heavy" not in sys.modules


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (
            "import a_package_that_is_missing",
            "plug_b.*does not load: ModuleNotFoundError: .*that_is_missing",
        ),
        ("raise RuntimeError('boom')", "does not load: RuntimeError: boom.*POSEHUB_BLOCK=plug_b"),
        ("def (", "does not load: SyntaxError"),
        (
            """
            from posehub import hookimpl
            @hookimpl
            def posehub_register_backend(): return []
            """,
            "hook that posehub does not know: .*register_backend.*Known hooks: .*_backends, ",
        ),
        (
            """
            from posehub import hookimpl
            @hookimpl
            def posehub_register_backends(nonsense): return []
            """,
            "hook that posehub does not know: .*nonsense",
        ),
        (
            """
            from posehub import hookimpl
            @hookimpl
            def posehub_register_backends(): raise RuntimeError("boom")
            """,
            "'plug_b' fails in posehub_register_backends: RuntimeError: boom",
        ),
        (
            """
            from posehub import hookimpl
            @hookimpl
            def posehub_register_backends(): return 5
            """,
            "'plug_b' fails in posehub_register_backends: TypeError",
        ),
        (
            """
            from posehub import hookimpl
            @hookimpl
            def posehub_register_backends(): return ["plug_b"]
            """,
            "posehub_register_backends: .*must return BackendInfos, got a str",
        ),
        (
            """
            from posehub import hookimpl
            @hookimpl
            def posehub_register_skeletons(): return ["coco17"]
            """,
            "posehub_register_skeletons: .*must return Skeletons, got a str",
        ),
    ],
)
def test_a_broken_plugin_is_listed_with_its_error_and_the_others_work(source, message, distribute):
    distribute("plug_a")
    distribute("plug_b", source)
    distribute("plug_c")
    registry = _load()
    assert list(registry.backends) == ["plug_a", "plug_c"]
    assert list(_problems(registry)) == ["plug_b"]
    with pytest.raises(PluginLoadError, match=f"(?s){message}"):
        registry.find("plug_b")


def test_of_two_plugins_with_one_backend_the_first_is_used(distribute):
    distribute("plug_a")
    distribute("plug_b", GOOD.replace('name="{name}"', 'name="plug_a"'), version="9")
    registry = _load()
    assert registry.find("plug_a").version == "4.5.6"
    error = _problems(registry)["plug_b"]
    assert isinstance(error, DuplicateBackendError)
    assert "'plug_a', which plugin 'plug_a' registers too" in str(error)
    assert "POSEHUB_BLOCK=plug_b" in str(error)


def test_a_plugin_that_registers_one_name_twice_is_refused_whole(make_info, make_plugin):
    registry = Registry()
    with pytest.raises(DuplicateBackendError, match="registers backend 'a' twice"):
        registry.register(make_plugin(make_info("b"), make_info("a"), make_info("a")), "p")
    assert registry.backends == {}


def test_of_two_plugins_of_one_name_the_first_is_kept(make_info, make_plugin):
    registry = Registry()
    registry.register(make_plugin(make_info("a")), "p")
    with pytest.raises(PluginLoadError, match="'p' is registered twice"):
        registry.register(make_plugin(make_info("b")), "p")
    assert list(registry.backends) == ["a"]
    registry.unregister("p")
    assert registry.backends == {}


def test_a_plugin_object_under_a_second_name_is_refused(make_info, make_plugin):
    registry, plugin = Registry(), make_plugin(make_info("a"))
    registry.register(plugin, "p")
    with pytest.raises(PluginLoadError, match="'q' is registered twice"):
        registry.register(plugin, "q")
    assert list(registry.backends) == ["a"]


def test_a_refused_plugin_registers_nothing(make_info, make_plugin):
    registry = Registry()
    registry.register(make_plugin(make_info("a")), "first")
    half = make_plugin(make_info("b"), make_info("a"), skeletons=[Skeleton("s", ["x"])])
    with pytest.raises(DuplicateBackendError):
        registry.register(half, "second")
    assert list(registry.backends) == ["a"]
    assert dict(registry.skeletons) == BUILTIN
    registry.register(make_plugin(make_info("b")), "second")
    assert list(registry.backends) == ["a", "b"]


def test_a_blocked_plugin_is_not_imported(distribute):
    distribute("plug_a")
    distribute("plug_b", "raise SystemExit('imported')")
    registry = _load(blocked=["plug_b"])
    assert list(registry.backends) == ["plug_a"]
    assert (registry.blocked, registry.problems) == (["plug_b"], [])
    with pytest.raises(UnknownBackendError, match="'plug_b' is blocked by POSEHUB_BLOCK"):
        registry.find("plug_b")


@pytest.mark.parametrize(
    ("block", "listed"),
    [("", {"plug_a", "plug_b"}), ("plug_a", {"plug_b"}), (" plug_b , plug_a", set())],
)
def test_the_environment_blocks_plugins_by_name(block, listed, distribute):
    site = distribute("plug_a")
    distribute("plug_b")
    code = f"""
import sys; sys.path.insert(0, {str(site)!r})
import posehub
print(*(info.name for info in posehub.list_backends()))
assert not any(name.endswith("_heavy") for name in sys.modules)
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "POSEHUB_BLOCK": block},
        capture_output=True,
        text=True,
        check=True,
    )
    assert {name for name in done.stdout.split() if name.startswith("plug")} == listed


def test_backends_are_listed_by_name(install, make_info):
    install(make_info("zeta"), make_info("alpha"))
    names = [info.name for info in posehub.list_backends()]
    assert names == sorted(names)
    assert {"alpha", "zeta", "baidu"} <= set(names)


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("replay", ["No backend 'replay' is installed.", "pip install posehub-replay"]),
        ("badu", ["Did you mean 'baidu'? Install it: pip install posehub-baidu"]),
        ("plug_z", ["Did you mean 'plug_a'?"]),
        ("xyzzy", ["No backend 'xyzzy' is installed.\nInstalled: "]),
    ],
)
def test_an_unknown_backend_names_the_nearest_and_how_to_install_it(
    name, parts, make_info, make_plugin
):
    registry = Registry()
    registry.register(make_plugin(make_info("plug_a")), "p")
    with pytest.raises(UnknownBackendError) as caught:
        registry.find(name)
    for part in [*parts, "Installed: plug_a. See `posehub backends`."]:
        assert part in str(caught.value)


def test_an_installed_backend_is_suggested_without_how_to_install_it(make_info, make_plugin):
    registry = Registry()
    registry.register(make_plugin(make_info("baidu")), "p")
    with pytest.raises(UnknownBackendError) as caught:
        registry.find("badu")
    assert "Did you mean 'baidu'?" in str(caught.value)
    assert "pip install" not in str(caught.value)


def test_an_empty_registry_says_that_nothing_is_installed():
    with pytest.raises(UnknownBackendError, match="Installed: none"):
        Registry().find("baidu")


def test_an_unregistered_plugin_is_removed_with_all_it_registered(make_info, make_plugin):
    registry = Registry()
    registry.register(make_plugin(make_info("a"), skeletons=[Skeleton("s", ["x"])]), "first")
    registry.register(make_plugin(make_info("b")), "second")
    registry.unregister("first")
    assert list(registry.backends) == ["b"]
    assert dict(registry.skeletons) == BUILTIN


def test_unregistering_an_unknown_plugin_does_nothing():
    Registry().unregister("unknown")


def test_a_plugins_skeleton_is_found_by_name(install):
    mine = Skeleton("mine", ["a"])
    install(skeletons=[mine])
    assert posehub.get_skeleton("mine") is mine


def test_a_plugin_cannot_replace_a_built_in_skeleton(make_plugin):
    registry = Registry()
    registry.register(make_plugin(skeletons=[Skeleton("coco17", ["a"])]), "p")
    assert registry.skeletons["coco17"] is BUILTIN["coco17"]


@pytest.mark.parametrize("name", BUILTIN)
def test_built_in_skeletons_are_known(name):
    assert posehub.get_skeleton(name) is BUILTIN[name]


def test_an_unknown_skeleton_names_the_nearest_and_all_others():
    with pytest.raises(ConfigError, match=r"'coco18'. Did you mean 'coco17'.* Known: aic14, "):
        posehub.get_skeleton("coco18")


def test_plugins_add_commands_and_a_failing_one_is_listed():
    class Good:
        @posehub.hookimpl
        def posehub_register_commands(self, group):
            group.add_command(click.Command("extra"))

    class Bad:
        @posehub.hookimpl
        def posehub_register_commands(self, group):
            raise RuntimeError("boom")

    registry, group = Registry(), click.Group()
    registry.register(Bad(), "bad")
    registry.register(Good(), "good")
    registry.add_commands(group)
    assert list(group.commands) == ["extra"]
    assert "boom" in str(_problems(registry)["bad"])


def test_there_is_one_registry_for_all_threads():
    with ThreadPoolExecutor(8) as executor:
        registries = list(executor.map(lambda _: get_registry(), range(16)))
    assert len({id(registry) for registry in registries}) == 1


# --- plugins that raise or describe anything ---------------------------------------------------

DANGEROUS = {
    "exits": "raise SystemExit(3)",
    "interrupts": "raise KeyboardInterrupt",
    "error whose text fails": """
        class Broken(Exception):
            def __str__(self):
                raise RuntimeError('no text')
        raise Broken
    """,
    "exits in a hook": """
        from posehub import hookimpl
        @hookimpl
        def posehub_register_backends(): raise SystemExit(3)
    """,
    "error in a hook whose text fails": """
        from posehub import hookimpl
        class Broken(Exception):
            def __str__(self):
                raise RuntimeError('no text')
        @hookimpl
        def posehub_register_backends(): raise Broken
    """,
    "an array instead of a list": """
        import numpy
        from posehub import hookimpl
        @hookimpl
        def posehub_register_backends(): return numpy.zeros(3)
    """,
}


WITHOUT_ATTRIBUTES = """
class Plugin:
    def __dir__(self):
        raise SystemExit(3)

plugin = Plugin()
"""


@pytest.mark.parametrize("source", DANGEROUS.values(), ids=DANGEROUS)
def test_no_plugin_stops_the_others_whatever_it_raises_or_returns(source, distribute):
    distribute("plug_a")
    distribute("plug_b", source.replace("{", "{{").replace("}", "}}"))
    distribute("plug_c")
    registry = _load()
    assert list(registry.backends) == ["plug_a", "plug_c"]
    assert isinstance(_problems(registry)["plug_b"], PluginLoadError)
    assert "plug_b" in str(_problems(registry)["plug_b"])


@pytest.mark.parametrize(
    "source",
    [
        "plugin = {'a': 1}",
        "plugin = []",
        "import numpy\nplugin = numpy.zeros(3)",
        WITHOUT_ATTRIBUTES,
    ],
)
def test_an_entry_point_may_name_any_object(source, tmp_path, monkeypatch):
    (tmp_path / "plug_object.py").write_text(source)
    monkeypatch.syspath_prepend(str(tmp_path))
    registry = Registry()
    registry.load([EntryPoint("odd", "plug_object:plugin"), EntryPoint("replay", "posehub_replay")])
    sys.modules.pop("plug_object")
    assert list(registry.backends) == ["replay"]
    assert "'odd'" in str(_problems(registry)["odd"])


@attrs.frozen
class _Keys:
    api_key: str | None = posehub.option(None, help="A key.", secret=True)


@attrs.frozen
class _Unresolvable:
    size: Missing = posehub.option(5, help="A size.")  # noqa: F821  # the name is missing on purpose


@attrs.frozen
class _Undescribed:
    size: int = 5


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"name": "With Spaces"}, "name must be up to 64 lower-case letters.*'With Spaces'"),
        ({"name": "UPPER"}, "name must be up to 64 lower-case"),
        ({"name": "x" * 65}, "name must be up to 64 lower-case"),
        ({"name": "two--dashes"}, "name must be up to 64 lower-case"),
        ({"name": ""}, "name must be up to 64 lower-case"),
        ({"name": 5}, "name must be str, got a int"),
        ({"summary": None}, "summary must be str, got None"),
        ({"skeleton": 17}, "skeleton must be str or None, got a int"),
        ({"factory": "open"}, "factory must be a function, got a str"),
        ({"models": ["a.onnx"]}, "models must be a function, got a list"),
        ({"options": {"size": 5}}, "options must be type, got a dict"),
        ({"options": int}, "options must be an attrs class, got int"),
        ({"options": _Undescribed}, "options.size must be made with posehub.option"),
        ({"options": _Unresolvable}, "options has a type that cannot be evaluated: NameError"),
        ({"capabilities": {"max_batch": 2}}, "capabilities must be Capabilities, got a dict"),
        (
            {"capabilities": Capabilities(max_batch=0)},
            "capabilities.max_batch .* at least 1, got 0",
        ),
        ({"capabilities": Capabilities(max_batch=True)}, "capabilities.max_batch .* got True"),
        ({"capabilities": Capabilities(workers=0)}, "capabilities.workers .* at least 1, got 0"),
        ({"capabilities": Capabilities(thread_safe=1)}, "capabilities.thread_safe must be true"),
        ({"credentials": "api_key"}, "credentials must be tuple or list, got a str"),
        ({"credentials": ("api_key",)}, "credentials must hold tuples of option names, got a str"),
        (
            {"credentials": (("api_key", "secret"),), "options": _Keys},
            "credentials name 'secret', which is not an option",
        ),
        ({"recording": 5}, "recording must be Recording or None, got a int"),
        ({"price": 0.01}, "price must be Price or None, got a float"),
        ({"api_version": 99}, "api_version is 99, and this posehub has 1"),
        ({"api_version": "1"}, "api_version must be int, got a str"),
    ],
)
def test_an_invalid_description_is_refused_with_plugin_and_field(
    fields, fault, make_info, make_plugin
):
    registry = Registry()
    with pytest.raises(PluginLoadError, match=f"Plugin 'p' describes backend .* wrongly: {fault}"):
        registry.register(make_plugin(make_info(**fields)), "p")
    assert registry.backends == {}


def test_a_plugin_may_register_several_backends_of_other_names(make_info, make_plugin):
    registry = Registry()
    registry.register(make_plugin(make_info("one"), make_info("two_b-c9")), "p")
    assert sorted(registry.backends) == ["one", "two_b-c9"]


def test_the_skeleton_of_a_backend_may_depend_on_its_options(make_info, make_plugin):
    registry = Registry()
    registry.register(make_plugin(make_info("one", skeleton=None)), "p")
    assert registry.find("one").skeleton is None


# --- formats -----------------------------------------------------------------------------------


def _format(name):
    return Format(
        name, "a format", lambda path, skeleton: iter(()), lambda records, path: None, "-"
    )


def test_a_plugin_registers_formats(make_plugin):
    registry = Registry()
    registry.register(make_plugin(formats=[_format("mine")]), "p")
    assert list(registry.formats) == ["mine"]
    registry.unregister("p")
    assert registry.formats == {}


def test_of_two_plugins_with_one_format_the_first_is_used(make_plugin):
    registry = Registry()
    registry.register(make_plugin(formats=[_format("mine")]), "p")
    with pytest.raises(DuplicateBackendError, match="registers format 'mine', which plugin 'p'"):
        registry.register(make_plugin(formats=[_format("mine")]), "q")


@pytest.mark.parametrize("name", [5, None])
def test_an_invalid_format_is_refused(name, make_plugin):
    with pytest.raises(PluginLoadError, match=r"Plugin 'p' describes format .* wrongly"):
        Registry().register(make_plugin(formats=[_format(name)]), "p")


def test_a_plugin_may_ask_for_a_skeleton_while_it_is_loaded():
    code = """
import posehub
from posehub.plugins.registry import Registry, get_registry
import posehub.plugins.registry as module

class Point:
    name, value, version = "p", "p", ""
    def load(self):
        try:
            posehub.get_skeleton("not-there")
        except posehub.PosehubError as error:
            print(type(error).__name__)
        class Plugin: pass
        return Plugin

module.entry_points = lambda group: [Point()]
posehub.list_backends()
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == "ConfigError\n"
