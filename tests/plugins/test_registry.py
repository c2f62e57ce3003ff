"""Finding plugins: each loaded by itself, so that a broken one takes nothing down with it."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import entry_points

import click
import pytest

import posehub
from posehub import Skeleton
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
    points = [p for p in entry_points(group=GROUP) if p.name.startswith("plug")]
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
        ("import a_package_nobody_has", "plug_b.*does not load: ModuleNotFoundError: .*nobody_has"),
        ("raise RuntimeError('boom')", "does not load: RuntimeError: boom.*POSEHUB_BLOCK=plug_b"),
        ("def (", "does not load: SyntaxError"),
        (
            """
            from posehub import hookimpl
            @hookimpl
            def posehub_register_backend(): return []
            """,
            "hook posehub does not know: .*posehub_register_backend.*Known hooks: .*_backends, ",
        ),
        (
            """
            from posehub import hookimpl
            @hookimpl
            def posehub_register_backends(nonsense): return []
            """,
            "hook posehub does not know: .*nonsense",
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
            "posehub_register_backends: .*must give BackendInfo, got 'plug_b'",
        ),
        (
            """
            from posehub import hookimpl
            @hookimpl
            def posehub_register_skeletons(): return ["coco17"]
            """,
            "posehub_register_skeletons: .*must give Skeleton, got 'coco17'",
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


def test_of_two_plugins_with_one_backend_the_first_keeps_it(distribute):
    distribute("plug_a")
    distribute("plug_b", GOOD.replace('name="{name}"', 'name="plug_a"'), version="9")
    registry = _load()
    assert registry.find("plug_a").version == "4.5.6"
    error = _problems(registry)["plug_b"]
    assert isinstance(error, DuplicateBackendError)
    assert "'plug_a', which plugin 'plug_a' already has" in str(error)
    assert "POSEHUB_BLOCK=plug_b" in str(error)


def test_a_plugin_that_registers_one_name_twice_is_refused_whole(make_info, make_plugin):
    registry = Registry()
    with pytest.raises(DuplicateBackendError, match="registers backend 'a' twice"):
        registry.register(make_plugin(make_info("b"), make_info("a"), make_info("a")), "p")
    assert registry.backends == {}


def test_of_two_plugins_of_one_name_the_first_stays(make_info, make_plugin):
    registry = Registry()
    registry.register(make_plugin(make_info("a")), "p")
    with pytest.raises(PluginLoadError, match="'p' is there already"):
        registry.register(make_plugin(make_info("b")), "p")
    assert list(registry.backends) == ["a"]
    registry.unregister("p")
    assert registry.backends == {}


def test_a_plugin_object_under_a_second_name_is_refused(make_info, make_plugin):
    registry, plugin = Registry(), make_plugin(make_info("a"))
    registry.register(plugin, "p")
    with pytest.raises(PluginLoadError, match="'q' is there already"):
        registry.register(plugin, "q")
    assert list(registry.backends) == ["a"]


def test_a_refused_plugin_leaves_nothing_behind(make_info, make_plugin):
    registry = Registry()
    registry.register(make_plugin(make_info("a")), "first")
    half = make_plugin(make_info("b"), make_info("a"), skeletons=[Skeleton("s", ["x"])])
    with pytest.raises(DuplicateBackendError):
        registry.register(half, "second")
    assert list(registry.backends) == ["a"]
    assert registry.skeletons == BUILTIN
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
        ("xyzzy", ["If a plugin provides it, install that: pip install posehub-xyzzy"]),
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


def test_an_unregistered_plugin_is_gone_with_all_it_had(make_info, make_plugin):
    registry = Registry()
    registry.register(make_plugin(make_info("a"), skeletons=[Skeleton("s", ["x"])]), "first")
    registry.register(make_plugin(make_info("b")), "second")
    registry.unregister("first")
    assert list(registry.backends) == ["b"]
    assert registry.skeletons == BUILTIN


def test_unregistering_what_is_not_there_does_nothing():
    Registry().unregister("nobody")


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
