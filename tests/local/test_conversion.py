"""Model files that are converted when they are pulled."""

from __future__ import annotations

import attrs
import pytest

from posehub.backends.model_files import ModelConversion
from posehub.errors import MissingDependencyError, PluginError
from posehub.local.models import ensure, path_of, pull, remove, result_path_of, result_state_of


class Joined:
    """A converter that writes its sources one after the other.

    Attributes:
        runs: how often it ran.
    """

    def __init__(self):
        self.runs = 0

    def __call__(self, sources, target):
        self.runs += 1
        target.write_bytes(b"|".join(path.read_bytes() for path in sources))


@pytest.fixture
def joined():
    return Joined()


@pytest.fixture
def file(files, joined):
    """The second file of the wheel, made into another with the help of the first."""
    conversion = ModelConversion(name="net.onnx", version="1", convert=joined, others=(files[0],))
    return attrs.evolve(files[1], conversion=conversion)


def test_ensuring_returns_the_path_of_the_result(file, published, wheels):
    (path,) = ensure([file], backend="thinker")
    assert path == path_of(file).with_name("net.onnx")
    assert path.read_bytes() == b"|".join(reversed(wheels.contents.values()))


def test_the_sources_are_kept_too(file, files, published):
    ensure([file], backend="thinker")
    assert path_of(file).exists()
    assert path_of(files[0]).exists()


def test_a_present_result_is_not_made_again(file, published, joined):
    for _ in range(2):
        ensure([file], backend="thinker")
    assert joined.runs == 1


def test_a_new_version_of_the_converter_makes_it_again_without_a_source(file, published):
    ensure([file], backend="thinker")
    published.unlink()
    later = Joined()
    newer = attrs.evolve(file, conversion=attrs.evolve(file.conversion, version="2", convert=later))
    assert result_state_of(newer) == "outdated"
    ensure([newer], backend="thinker")
    assert later.runs == 1
    assert result_state_of(newer) == "present"


def test_another_source_makes_it_again(file, published, files):
    ensure([file], backend="thinker")
    alone = attrs.evolve(file, conversion=attrs.evolve(file.conversion, others=()))
    assert result_state_of(alone) == "outdated"


def test_a_damaged_result_is_noticed_and_made_again(file, published, joined):
    ensure([file], backend="thinker")
    result_path_of(file).write_bytes(b"half")
    assert result_state_of(file) == "damaged"
    ensure([file], backend="thinker")
    assert joined.runs == 2


def test_a_result_that_is_copied_with_its_note_is_present(file, published):
    ensure([file], backend="thinker")
    path = result_path_of(file)
    path.write_bytes(path.read_bytes())
    assert result_state_of(file) == "present"


def test_a_forced_pull_makes_it_again(file, published, joined):
    pull([file], backend="thinker")
    pull([file], backend="thinker", force=True)
    assert joined.runs == 2


def test_removing_deletes_sources_and_result(file, published):
    ensure([file], backend="thinker")
    assert remove([file]) is True
    assert not path_of(file).parent.exists()


def failing(sources, target):
    raise ZeroDivisionError("no layers")


def forgetful(sources, target):
    pass


@pytest.mark.parametrize(
    ("convert", "words"),
    [(failing, "failed with ZeroDivisionError: no layers"), (forgetful, "wrote no file")],
)
def test_a_converter_that_fails_is_a_fault_of_the_plugin(file, published, convert, words):
    broken = attrs.evolve(file, conversion=attrs.evolve(file.conversion, convert=convert))
    with pytest.raises(PluginError, match=rf"two\.tflite to net\.onnx failed.*{words}|{words}"):
        ensure([broken], backend="thinker")
    assert result_state_of(broken) == "missing"


def test_what_a_converter_lacks_is_passed_on(file, published):
    def convert(sources, target):
        raise MissingDependencyError("The conversion needs the package onnx.")

    broken = attrs.evolve(file, conversion=attrs.evolve(file.conversion, convert=convert))
    with pytest.raises(MissingDependencyError, match="package onnx"):
        ensure([broken], backend="thinker")
