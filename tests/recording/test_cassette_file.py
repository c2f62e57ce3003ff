"""The cassette file: it is read as it was written, and is never seen half-written."""

from __future__ import annotations

import resource
from contextlib import contextmanager

import pytest
import vcr
from hypothesis import given
from hypothesis import strategies as st
from vcr.serializers import yamlserializer

from posehub.backends.transport import HttpResponse
from posehub.errors import CassetteError
from posehub.recording.cassette import read_cassette, write_cassette
from posehub.recording.interaction import Interaction

bodies = st.one_of(st.binary(max_size=60), st.text(max_size=60).map(str.encode))
interactions = st.builds(
    Interaction,
    method=st.sampled_from(["GET", "POST"]),
    url=st.just("https://service.example/pose"),
    body=bodies,
    response=st.builds(
        HttpResponse,
        status=st.sampled_from([200, 429, 500, 599]),
        headers=st.dictionaries(st.sampled_from(["content-type", "retry-after"]), st.just("5")),
        body=bodies,
    ),
)


@given(entries=st.lists(interactions, max_size=4))
def test_a_written_cassette_is_read_unchanged(tmp_path_factory, entries):
    path = tmp_path_factory.mktemp("cassettes") / "c.yaml"
    write_cassette(path, entries)
    assert read_cassette(path) == entries


@given(entries=st.lists(interactions, min_size=1, max_size=3))
def test_vcrpy_reads_a_written_cassette(tmp_path_factory, entries):
    path = tmp_path_factory.mktemp("cassettes") / "c.yaml"
    write_cassette(path, entries)
    requests, responses = vcr.persisters.filesystem.FilesystemPersister.load_cassette(
        path, yamlserializer
    )
    assert [request.uri for request in requests] == [entry.url for entry in entries]
    assert [response["body"]["string"] for response in responses] == [
        entry.response.body for entry in entries
    ]


def test_the_same_interactions_give_the_same_bytes(tmp_path):
    entry = Interaction("POST", "posehub://x/detect", b"image=1", HttpResponse(200, {}, b"{}"))
    write_cassette(tmp_path / "a.yaml", [entry])
    write_cassette(tmp_path / "b.yaml", [entry])
    assert (tmp_path / "a.yaml").read_bytes() == (tmp_path / "b.yaml").read_bytes()


@pytest.fixture
def file_size_limit():
    """A context in which no file can grow beyond a number of bytes, as on a full disk."""

    @contextmanager
    def limited(size):
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    return limited


def test_a_failed_write_leaves_the_old_cassette_and_no_other_file(tmp_path, file_size_limit):
    path = tmp_path / "c.yaml"
    entry = Interaction("POST", "posehub://x/detect", b"image=1", HttpResponse(200, {}, b"{}"))
    write_cassette(path, [entry])
    before = path.read_bytes()

    with file_size_limit(len(before)), pytest.raises(CassetteError, match="File too large"):
        write_cassette(path, [entry, entry])
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]
