"""Sampling against a network that finds a dot: every map is exact to a hundredth of a pixel, or of
an element where elements are larger."""

from __future__ import annotations

import numpy as np
import onnxruntime
import pytest
from PIL import Image

from posehub.local.geometry import around, letterbox, mirrored, region, tiles, transform
from posehub.local.onnx_writer import Node, Value, onnx_bytes
from posehub.local.sampling import sample

WIDTH, HEIGHT = 641, 479
DOT = 64


def marker_network(size):
    """A network that gives the mean position (x, y) of what is red, in elements from the edge."""
    columns, rows = size
    x = (np.arange(columns) + 0.5).astype(np.float32).reshape(1, 1, columns)
    y = (np.arange(rows) + 0.5).astype(np.float32).reshape(1, rows, 1)
    axes = {"axes": np.array([1, 2])}
    content = onnx_bytes(
        nodes=[
            Node("Gather", ["image", "red"], ["channel"], {"axis": 3}),
            Node("Cast", ["channel"], ["grey"], {"to": 1}),
            Node("Mul", ["grey", "x"], ["grey_x"]),
            Node("Mul", ["grey", "y"], ["grey_y"]),
            *(
                Node("ReduceSum", [name, "axes"], [f"sum_{name}"], {"keepdims": 0})
                for name in ("grey", "grey_x", "grey_y")
            ),
            Node("Div", ["sum_grey_x", "sum_grey"], ["mean_x"]),
            Node("Div", ["sum_grey_y", "sum_grey"], ["mean_y"]),
        ],
        inputs=[Value("image", "uint8", ("N", rows, columns, 3))],
        outputs=[Value("mean_x", "float32", ("N",)), Value("mean_y", "float32", ("N",))],
        constants={"red": np.array(0), "x": x, "y": y, **axes},
    )
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])

    def find(pixels):
        return np.array([each[0] for each in session.run(None, {"image": pixels[None]})])

    return find


def dotted(left, top, size=(WIDTH, HEIGHT), diameter=DOT):
    """A black image with a soft red dot, and the mean position of what is red."""
    width, height = size
    x, y = np.arange(width) + 0.5, np.arange(height)[:, None] + 0.5
    apart = np.hypot(x - left - diameter / 2, y - top - diameter / 2) / (diameter / 2)
    red = np.where(apart < 1, 127.5 + 127.5 * np.cos(np.pi * np.minimum(apart, 1)), 0)
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[..., 0] = np.rint(red)
    red = pixels[..., 0] / pixels[..., 0].sum(dtype=float)
    return Image.fromarray(pixels), ((red * x).sum(), (red * y).sum())


PLACES = [
    (0, 0),
    (WIDTH - DOT, 0),
    (0, HEIGHT - DOT),
    (WIDTH - DOT, HEIGHT - DOT),
    (311, 200),
    (17, 333),
]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("size", [(416, 320), (512, 512), (96, 160), (1280, 960)])
@pytest.mark.parametrize("centred", [False, True])
def test_a_letterbox_is_exact_from_the_first_pixel_to_the_last(place, size, centred):
    image, center = dotted(*place)
    matrix = letterbox(image.size, size, centred=centred)
    found = marker_network(size)(sample(image, matrix, size))
    assert transform(matrix, found) == pytest.approx(center, abs=0.01 * max(1, matrix[0, 0]))


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("size", [(256, 256), (192, 256)])
def test_a_crop_is_exact_wherever_the_box_is(place, size):
    image, center = dotted(*place)
    box = (place[0] - 20.3, place[1] - 71.9, place[0] + 91.7, place[1] + 80.2)
    matrix = around(box, size, 1.25)
    found = marker_network(size)(sample(image, matrix, size))
    assert transform(matrix, found) == pytest.approx(center, abs=0.01)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("angle", [0.4, np.pi / 2, 3.0])
@pytest.mark.parametrize("width", [150.0, 700.0])
def test_a_rotated_crop_is_exact(place, angle, width):
    image, center = dotted(*place)
    matrix = region((center[0] + 9.3, center[1] - 6.1), width, (256, 256), angle)
    found = marker_network((256, 256))(sample(image, matrix, (256, 256)))
    assert transform(matrix, found) == pytest.approx(center, abs=0.01 * max(1, width / 256))


@pytest.mark.parametrize("place", PLACES)
def test_a_mirrored_input_is_exact(place):
    image, center = dotted(*place)
    matrix = around((*place, place[0] + 80, place[1] + 70), (256, 256), 1.1)
    found = marker_network((256, 256))(sample(image, matrix, (256, 256))[:, ::-1])
    assert transform(mirrored(matrix, 256), found) == pytest.approx(center, abs=0.01)


def test_every_tile_that_shows_the_dot_is_exact():
    image, center = dotted(130, 150)
    size = (320, 256)
    network = marker_network(size)
    seen = 0
    for matrix in tiles(image.size, size, 1.1, 0.25):
        corner, far = transform(matrix, [(0, 0), size])
        low, high = np.array(center) - DOT / 2, np.array(center) + DOT / 2
        if (corner <= low).all() and (far >= high).all():
            seen += 1
            found = network(sample(image, matrix, size))
            assert transform(matrix, found) == pytest.approx(center, abs=0.01)
    assert seen


def test_detail_finer_than_an_element_is_averaged():
    stripes = np.zeros((400, 400, 3), np.uint8)
    stripes[:, ::2] = 255
    pixels = sample(Image.fromarray(stripes), letterbox((400, 400), (100, 100)), (100, 100))
    assert np.abs(pixels[1:-1, 1:-1].astype(int) - 128).max() <= 2


@pytest.mark.parametrize("angle", [0.0, 0.5])
def test_outside_the_image_is_the_fill(angle):
    image = Image.new("RGB", (50, 50), (10, 20, 30))
    matrix = region((25, 25), 200, (64, 64), angle)
    pixels = sample(image, matrix, (64, 64), fill=(114, 114, 114))
    assert pixels[0, 0].tolist() == [114, 114, 114]
    assert pixels[32, 32].tolist() == [10, 20, 30]


def test_a_large_image_is_shrunk_exactly():
    pixels = np.zeros((4000, 6000, 3), np.uint8)
    pixels[3500:3700, 5000:5300, 0] = 255
    matrix = letterbox((6000, 4000), (320, 224))
    found = marker_network((320, 224))(sample(Image.fromarray(pixels), matrix, (320, 224)))
    # a hundredth of an element
    assert transform(matrix, found) == pytest.approx((5150, 3600), abs=0.01 * matrix[0, 0])


@pytest.mark.parametrize(
    "matrix",
    [
        letterbox((10_000_000, 5_000_000), (64, 64)),
        region((25, 25), 1e7, (64, 64), 0.5),
        region((1e9, -1e9), 30, (64, 64)),
    ],
)
def test_a_region_far_beyond_the_image_takes_little_memory(matrix):
    image = Image.new("RGB", (50, 50), (10, 20, 30))
    assert sample(image, matrix, (64, 64)).max() <= 30
