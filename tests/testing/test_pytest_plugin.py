"""The pytest plugin: `pose_backend`, `--pose-record`, and the blocked network."""

from __future__ import annotations

import pytest
import yaml

from posehub_baidu.testing import BaiduStub

pytest_plugins = ["pytester"]


@pytest.fixture
def stub():
    with BaiduStub() as running:
        yield running


@pytest.fixture(autouse=True)
def settings(pytester):
    pytester.makeini(
        "[pytest]\n"
        "addopts = --strict-markers -p no:cacheprovider\n"
        "asyncio_default_fixture_loop_scope = function\n"
    )


@pytest.fixture
def project(pytester, stub, monkeypatch):
    """A project of a test file and an image; its Baidu is the stub."""
    monkeypatch.setenv("BAIDU_ENDPOINT", stub.url)
    monkeypatch.setenv("BAIDU_API_KEY", stub.keys["api_key"])
    monkeypatch.setenv("BAIDU_SECRET_KEY", stub.keys["secret_key"])

    def write(code: str):
        pytester.makepyfile(
            test_people=f"""
import numpy as np
import posehub
import pytest

PICTURE = np.full((60, 80, 3), 7, np.uint8)

{code}
"""
        )
        return pytester

    return write


ONE_PERSON = """
@pytest.mark.pose_backend("baidu")
def test_one(pose_backend):
    assert len(pose_backend.detect(PICTURE)) == 1
"""


def run(pytester, *arguments):
    return pytester.runpytest_inprocess(*arguments)


def cassette(pytester, name):
    return pytester.path / "cassettes" / "test_people" / f"{name}.yaml"


def test_it_records_once_and_plays_ever_after(project, stub):
    pytester = project(ONE_PERSON)
    run(pytester, "--pose-record=once").assert_outcomes(passed=1)
    assert cassette(pytester, "test_one").exists()
    run(pytester).assert_outcomes(passed=1)
    run(pytester, "--pose-record=once").assert_outcomes(passed=1)
    assert len(stub.calls) == 1


def test_without_a_cassette_it_fails_and_names_the_option(project, stub):
    result = run(project(ONE_PERSON))
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*test_one.yaml. Record it with: pytest --pose-record=once*"])
    assert stub.calls == []


def test_an_image_that_is_not_recorded_is_an_error(project):
    pytester = project(ONE_PERSON)
    run(pytester, "--pose-record=once")
    pytester = project(ONE_PERSON.replace("detect(PICTURE)", "detect(PICTURE + 1)"))
    result = run(pytester)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*CassetteMissError*--pose-record=new*"])


def test_new_adds_what_is_missing(project, stub):
    pytester = project(ONE_PERSON)
    run(pytester, "--pose-record=new")
    pytester = project(ONE_PERSON.replace("detect(PICTURE)", "detect(PICTURE + 1)"))
    run(pytester, "--pose-record=new").assert_outcomes(passed=1)
    assert len(yaml.safe_load(cassette(pytester, "test_one").read_text())["interactions"]) == 2


def test_all_records_anew(project, stub):
    pytester = project(ONE_PERSON)
    run(pytester, "--pose-record=all")
    run(pytester, "--pose-record=all").assert_outcomes(passed=1)
    assert len(stub.calls) == 2
    assert len(yaml.safe_load(cassette(pytester, "test_one").read_text())["interactions"]) == 1


def test_the_marker_can_name_the_cassette_and_options(project, stub):
    pytester = project(
        """
@pytest.mark.pose_backend("baidu", cassette="mine.yaml", valid_persons=True)
def test_one(pose_backend):
    pose_backend.detect(PICTURE)
"""
    )
    run(pytester, "--pose-record=once").assert_outcomes(passed=1)
    assert (pytester.path / "mine.yaml").exists()


def test_a_wrong_option_of_the_backend_is_an_error_of_the_test(project):
    pytester = project(
        """
@pytest.mark.pose_backend("baidu", qsp=2)
def test_one(pose_backend):
    pose_backend.detect(PICTURE)
"""
    )
    result = run(pytester, "--pose-record=once")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*UnknownOptionError*Did you mean 'qps'?*"])


@pytest.mark.parametrize("marker", ["", "@pytest.mark.pose_backend", "@pytest.mark.pose_backend()"])
def test_without_a_name_the_error_names_the_marker(project, marker):
    result = run(project(f"{marker}\ndef test_one(pose_backend):\n    pass\n"))
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(['*needs @pytest.mark.pose_backend("NAME")*'])


def test_parameters_and_classes_have_cassettes_of_their_own(project):
    pytester = project(
        """
@pytest.mark.pose_backend("baidu")
class TestPeople:
    @pytest.mark.parametrize("shade", [1, 2])
    @pytest.mark.parametrize("odd", ["a/b", "图"])
    def test_one(self, pose_backend, shade, odd):
        assert len(pose_backend.detect(PICTURE + shade)) == 1
"""
    )
    run(pytester, "--pose-record=once").assert_outcomes(passed=4)
    run(pytester).assert_outcomes(passed=4)
    assert len(list(cassette(pytester, "x").parent.iterdir())) == 4
    (changed,) = cassette(pytester, "x").parent.glob("TestPeople.test_one[[]a_b-1]*")
    assert changed.stem.startswith("TestPeople.test_one[a_b-1]-")


def test_every_parameter_has_a_cassette_of_its_own_that_file_systems_take(project):
    pytester = project(
        """
@pytest.mark.parametrize("shade", [
    pytest.param(1, id="x y"), pytest.param(2, id="x_y"), pytest.param(3, id="x/y"),
    pytest.param(4, id="L" * 300), pytest.param(5, id="L" * 299), pytest.param(6, id="x:y?"),
    pytest.param(7, id=".."),
])
@pytest.mark.pose_backend("baidu")
def test_one(pose_backend, shade):
    assert len(pose_backend.detect(PICTURE + shade)) == 1
"""
    )
    run(pytester, "--pose-record=all").assert_outcomes(passed=7)
    run(pytester).assert_outcomes(passed=7)
    names = [path.name for path in cassette(pytester, "x").parent.iterdir()]
    assert len(names) == 7
    assert cassette(pytester, "test_one[x_y]").exists()
    assert all(len(name.encode()) < 200 for name in names)


def test_async_tests_can_use_it(project):
    pytester = project(
        """
@pytest.mark.asyncio
@pytest.mark.pose_backend("baidu")
async def test_one(pose_backend):
    assert len(await pose_backend.adetect(PICTURE)) == 1
"""
    )
    run(pytester, "--pose-record=once").assert_outcomes(passed=1)
    run(pytester).assert_outcomes(passed=1)


def test_it_works_under_xdist(project):
    pytester = project(
        """
@pytest.mark.parametrize("shade", range(8))
@pytest.mark.pose_backend("baidu")
def test_one(pose_backend, shade):
    assert len(pose_backend.detect(PICTURE + shade)) == 1
"""
    )
    pytester.runpytest_subprocess("--pose-record=once", "-n2").assert_outcomes(passed=8)
    pytester.runpytest_subprocess("-n2").assert_outcomes(passed=8)


def test_other_backends_are_kept_off_the_network_while_a_cassette_plays(project):
    pytester = project(
        ONE_PERSON
        + """
@pytest.mark.pose_backend("baidu", cassette="cassettes/test_people/test_one.yaml")
def test_two(pose_backend):
    with posehub.open_backend("baidu", endpoint="https://baidu.invalid") as live:
        live.detect(PICTURE)
"""
    )
    run(pytester, "--pose-record=once", "-k", "one").assert_outcomes(passed=1)
    result = run(pytester)
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*The network is blocked:*--pose-record=new*"])


def test_loopback_is_never_blocked(project, stub):
    pytester = project(
        ONE_PERSON
        + """
@pytest.mark.pose_backend("baidu", cassette="cassettes/test_people/test_one.yaml")
def test_two(pose_backend):
    with posehub.open_backend("baidu") as live:
        assert len(live.detect(PICTURE)) == 1
"""
    )
    run(pytester, "--pose-record=once", "-k", "one")
    run(pytester).assert_outcomes(passed=2)


def test_the_option_and_the_marker_explain_themselves(pytester):
    run(pytester, "--help").stdout.fnmatch_lines(["*--pose-record=*"])
    run(pytester, "--markers").stdout.fnmatch_lines(["@pytest.mark.pose_backend(name,*"])
