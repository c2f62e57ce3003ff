"""Base64, data URIs and URLs are recognised, and never opened as a path."""

from __future__ import annotations

import base64
import io
from urllib.parse import quote_plus

import pytest

from posehub import load_image
from posehub.errors import ImageError
from posehub.images.loading import name_of


def _base64_forms(data):
    plain = base64.b64encode(data).decode()
    return {
        "str": plain,
        "bytes": plain.encode(),
        "URL-safe": base64.urlsafe_b64encode(data).decode(),
        "without padding": plain.rstrip("="),
        "in lines": base64.encodebytes(data).decode(),
        "in lines, bytes": base64.encodebytes(data),
        "in quotes": f'"{plain}"',
        "repr of bytes": str(plain.encode()),
        "for a form": quote_plus(plain),
        "with white space in front": "\n " + plain,
        "buffer": io.BytesIO(plain.encode()),
    }


@pytest.mark.parametrize("form", _base64_forms(b""))
@pytest.mark.parametrize("format", ["JPEG", "PNG", "GIF", "BMP", "WEBP", "TIFF", "JPEG2000"])
def test_base64_is_said_to_be_base64(form, format, pictures):
    source = _base64_forms(pictures.encode(pictures.picture(), format))[form]
    with pytest.raises(ImageError, match=r"base64 text.*Decode it first: base64\.b64decode"):
        load_image(source)


@pytest.mark.parametrize("kind", [str, str.encode])
@pytest.mark.parametrize(
    "uri", ["data:image/jpeg;base64,", "DATA:image/png;base64,", "data:;base64,", "data:,"]
)
def test_a_data_uri_is_said_to_be_one(uri, kind, pictures):
    uri += base64.b64encode(pictures.jpeg()).decode()
    with pytest.raises(ImageError, match=r"a? data URI.*base64\.b64decode\(uri\.partition"):
        load_image(kind(uri))


@pytest.mark.parametrize("kind", [str, str.encode])
@pytest.mark.parametrize(
    "url", ["https://example.com/photo.jpg", "file:///photo.jpg", "s3://bucket/photo", "HTTP://x"]
)
def test_a_url_is_refused_with_what_to_do(url, kind):
    with pytest.raises(ImageError, match=r"(got the|but a) URL.*Download it first"):
        load_image(kind(url))


def test_base64_is_never_opened_as_a_path(pictures, tmp_path, monkeypatch):
    # such a file exists; an upload of another user must still not name a file
    text = base64.b64encode(pictures.png())[:64].decode().replace("/", "A")
    (tmp_path / text).write_bytes(pictures.png())
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ImageError, match="got the base64 text"):
        load_image(text)


@pytest.mark.parametrize(
    "name",
    ["iVBORw0KGgo.png", "9j/4AAQSkZJRgABAQ/photo", "iVBORw0KGgo", "R0lGOD", "data.jpg", "QkM6Zm9v"],
)
def test_a_path_that_resembles_base64_is_a_path(name, pictures, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(pictures.png())
    assert load_image(name).size == (32, 24)


@pytest.mark.parametrize("text", ["x" * 300, "a prompt " * 100, "A" * 10**6, "path/" * 1000])
def test_a_long_text_that_is_no_path_is_refused_with_what_is_accepted(text):
    with pytest.raises(ImageError, match=r"Cannot read .*must be a path, bytes, .*\(H, W, 3\)"):
        load_image(text)


@pytest.mark.parametrize(
    "start", ["data:image/png;base64,", "/9j/4AAQSkZJRgABAQAAAQABAAD", "https://example.com/", ""]
)
def test_a_long_text_is_shortened_in_the_message(start):
    with pytest.raises(ImageError) as caught:
        load_image(start + "A" * 10**6)
    assert len(str(caught.value)) < 500


def test_the_name_of_an_image_does_not_keep_its_base64(pictures):
    text = base64.b64encode(pictures.jpeg()).decode()
    assert name_of(text) is None
    assert name_of("data:image/jpeg;base64," + text) is None
    assert name_of("x" * 10**6) is None
    assert name_of("https://example.com/photo.jpg") == "https://example.com/photo.jpg"
