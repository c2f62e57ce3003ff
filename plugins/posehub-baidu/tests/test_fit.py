from __future__ import annotations

import base64
import io
from urllib.parse import parse_qs, urlencode

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from PIL import Image as PILImage

from posehub import load_image
from posehub.errors import ImageError
from posehub_baidu.fit import MAX_ENCODED, MAX_SIDE, MIN_SIDE, Upload, fit, target_size
from posehub_baidu.request import encode_form, encoded_length

QUALITIES = (95, 88, 80)


def sent_file(upload: Upload) -> bytes:
    (text,) = parse_qs(upload.form.decode(), strict_parsing=True)["image"]
    return base64.b64decode(text, validate=True)


def opened(upload: Upload) -> PILImage.Image:
    return PILImage.open(io.BytesIO(sent_file(upload)))


def lengthened(file: bytes, encoded: int) -> bytes:
    """Append bytes to a file until it is `encoded` bytes long as a form value."""
    file += b"\0" * (-len(file) % 3)
    length = encoded_length(encode_form(file))
    if (encoded - length) % 4:
        file += b"\x00\x00\x3f"  # "AAA/": six bytes, other triples have four
        length += 6
    return file + b"\0" * ((encoded - length) // 4 * 3)


def noise(width: int, height: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)


@pytest.mark.parametrize("format", ["JPEG", "PNG", "BMP"])
@pytest.mark.parametrize(
    "size", [(MIN_SIDE, MIN_SIDE), (64, 200), (MAX_SIDE, MIN_SIDE), (MIN_SIDE, MAX_SIDE)]
)
def test_an_image_within_the_limits_is_sent_unchanged(image_file, format, size):
    file = image_file(*size, format)
    upload = fit(load_image(file))
    assert sent_file(upload) == file
    assert upload.size == size


def test_two_images_of_a_phone_in_one_file_are_sent_unchanged(image_file):
    first, second = (PILImage.open(io.BytesIO(image_file(seed=seed))) for seed in range(2))
    buffer = io.BytesIO()
    first.save(buffer, "MPO", save_all=True, append_images=[second])
    assert sent_file(fit(load_image(buffer.getvalue()))) == buffer.getvalue()


def test_a_file_of_the_longest_length_is_sent_unchanged(image_file):
    file = lengthened(image_file(), MAX_ENCODED)
    upload = fit(load_image(file))
    assert encoded_length(upload.form) == MAX_ENCODED
    assert sent_file(upload) == file


def test_a_file_of_the_next_length_is_encoded_again_at_its_size(image_file):
    file = lengthened(image_file(), MAX_ENCODED + 2)
    assert encoded_length(encode_form(file)) == MAX_ENCODED + 2
    upload = fit(load_image(file))
    assert sent_file(upload) == jpeg(load_image(file).pixels(), 95)
    assert upload.size == (64, 64)


def jpeg(pixels: np.ndarray, quality: int) -> bytes:
    buffer = io.BytesIO()
    PILImage.fromarray(pixels).save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


@pytest.mark.parametrize("format", ["GIF", "WEBP", "TIFF", "PPM"])
def test_an_unsupported_format_becomes_a_jpeg_of_the_same_size(image_file, format):
    upload = fit(load_image(image_file(80, 60, format)))
    assert opened(upload).format == "JPEG"
    assert opened(upload).size == upload.size == (80, 60)


def test_an_array_becomes_a_jpeg_of_the_same_size():
    upload = fit(load_image(noise(80, 60)))
    assert sent_file(upload) == jpeg(noise(80, 60), 95)
    assert upload.size == (80, 60)


def test_a_pil_image_becomes_a_jpeg_of_the_same_size():
    upload = fit(load_image(PILImage.fromarray(noise(80, 60))))
    assert sent_file(upload) == jpeg(noise(80, 60), 95)


@pytest.mark.parametrize("orientation", range(2, 9))
def test_an_image_with_an_exif_orientation_is_sent_upright(image_file, orientation):
    exif = PILImage.Exif()
    exif[0x0112] = orientation
    image = load_image(image_file(80, 60, exif=exif))
    upload = fit(image)
    assert opened(upload).size == upload.size == image.size
    assert 0x0112 not in opened(upload).getexif()
    difference = np.asarray(opened(upload)).astype(int) - image.pixels()
    assert np.abs(difference).mean() < 2


def test_an_upright_image_with_exif_is_sent_unchanged(image_file):
    exif = PILImage.Exif()
    exif[0x0112] = 1
    file = image_file(exif=exif)
    assert sent_file(fit(load_image(file))) == file


@pytest.mark.parametrize(
    ("size", "sent"),
    [
        ((4097, 100), (4096, 100)),
        ((100, 4097), (100, 4096)),
        ((5000, 100), (4096, 82)),
        ((8192, 200), (4096, 100)),
    ],
)
def test_an_image_with_a_long_side_is_shrunk_to_the_longest_allowed(image_file, size, sent):
    upload = fit(load_image(image_file(*size)))
    assert opened(upload).size == upload.size == sent


def test_a_file_that_is_too_long_gets_the_best_quality_that_is_short_enough():
    pixels = noise(1800, 1500)
    upload = fit(load_image(pixels))
    files = [jpeg(pixels, quality) for quality in QUALITIES]
    allowed = [file for file in files if encoded_length(encode_form(file)) <= MAX_ENCODED]
    assert 0 < len(allowed) < len(files)
    assert sent_file(upload) == allowed[0]
    assert upload.size == (1800, 1500)


def test_a_file_too_long_at_every_quality_is_shrunk_no_more_than_needed():
    pixels = noise(2400, 2200)
    assert encoded_length(encode_form(jpeg(pixels, QUALITIES[-1]))) > MAX_ENCODED
    upload = fit(load_image(pixels))
    assert upload.size < (2400, 2200)
    assert upload.size[0] / upload.size[1] == pytest.approx(2400 / 2200, rel=0.002)
    assert 0.8 * MAX_ENCODED < encoded_length(upload.form) <= MAX_ENCODED


@pytest.mark.parametrize("size", [(MIN_SIDE - 1, 100), (100, MIN_SIDE - 1), (1, 1), (49, 5000)])
def test_an_image_that_is_too_small_is_refused(image_file, size):
    with pytest.raises(ImageError, match=rf"{size[0]} x {size[1]}; Baidu requires at least 50"):
        fit(load_image(image_file(*size)))


@pytest.mark.parametrize("size", [(50, 4200), (4200, 50), (60, 9000), (10000, 100)])
def test_an_image_that_is_too_narrow_after_shrinking_is_refused(image_file, size):
    with pytest.raises(ImageError, match=r"less than the required 50 px.* Cut"):
        fit(load_image(image_file(*size)))


def test_a_refused_image_costs_no_request(stub, open_baidu, image_file):
    with pytest.raises(ImageError):
        open_baidu(stub).detect(image_file(20, 20))
    assert not stub.calls
    assert not stub.tokens


@given(st.integers(1, 20000), st.integers(1, 20000))
def test_the_target_size_is_the_largest_that_is_allowed(width, height):
    try:
        target = target_size((width, height))
    except ImageError:
        assert min(width, height) * min(1, MAX_SIDE / max(width, height)) < MIN_SIDE + 0.5
        return
    assert max(target) == min(MAX_SIDE, max(width, height))
    assert min(target) >= MIN_SIDE
    scale = max(target) / max(width, height)
    assert target == pytest.approx((width * scale, height * scale), abs=0.5)


CASES = {
    "unchanged": ((640, 480), {}, "JPEG"),
    "shrunk": ((5000, 200), {}, "JPEG"),
    "shrunk unevenly by rounding": ((4999, 61), {}, "JPEG"),
    "another format": ((640, 480), {}, "GIF"),
    "turned": ((640, 480), {"orientation": 6}, "JPEG"),
    "turned and shrunk": ((5000, 200), {"orientation": 8}, "JPEG"),
}


@pytest.mark.parametrize(("size", "turn", "format"), CASES.values(), ids=CASES)
def test_coordinates_are_in_the_originals_pixels(stub, open_baidu, image_file, size, turn, format):
    exif = PILImage.Exif()
    if turn:
        exif[0x0112] = turn["orientation"]
    width, height = size[::-1] if turn else size
    file = image_file(*size, format, **({"exif": exif} if turn else {}))
    result = open_baidu(stub).detect(file)
    assert result.image_size == (width, height)
    nose, box = result[0]["nose"], result[0].box
    assert (nose.x, nose.y) == pytest.approx((width / 2, height / 2))
    assert (box.left, box.top) == pytest.approx((width / 4, height / 4))
    assert (box.right, box.bottom) == pytest.approx((width * 3 / 4, height * 3 / 4))


@given(st.binary())
def test_a_form_is_what_urlencode_makes(data):
    expected = urlencode({"image": base64.b64encode(data).decode()}).encode()
    assert encode_form(data) == expected


@given(st.binary(), st.sampled_from([b"\xff\xff\xff", b"\xfb\xef\xbe", b"\x00\x10\x83"]))
def test_a_form_of_bytes_that_need_much_escaping_is_what_urlencode_makes(data, triple):
    assume(data)
    data = b"".join(triple + data[index : index + 1] for index in range(len(data)))
    expected = urlencode({"image": base64.b64encode(data).decode()}).encode()
    assert encode_form(data) == expected
