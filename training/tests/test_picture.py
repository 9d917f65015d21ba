import numpy as np
from PIL import Image

from training.closeup import close_up
from training.picture import decode, resize, scaled, target_width


def test_width_follows_the_shape_up_to_a_multiple_of_8():
    assert target_width(150, 50) == 144
    assert target_width(130, 48) == 136
    assert target_width(10, 50) == 48
    assert target_width(4000, 50) == 480
    assert target_width(321, 96) == 168  # a half counts up, as the server's does
    assert target_width(80, 48) == 128
    assert target_width(60, 48) == 96
    assert target_width(60, 48, stretch=1.25) == 120
    assert target_width(160, 48, stretch=1.25) == 200


def test_transparent_is_white_and_channels_are_bgr(tmp_path):
    image = Image.new("RGBA", (2, 1), (255, 0, 0, 255))
    image.putpixel((1, 0), (0, 0, 0, 0))
    image.save(tmp_path / "a.png")
    assert decode(tmp_path / "a.png").tolist() == [[[0, 0, 255], [255, 255, 255]]]


def test_white_letters_lie_on_black_even_among_dark_noise(tmp_path):
    image = Image.new("RGBA", (16, 8), (0, 0, 0, 0))
    image.paste((255, 255, 255, 255), (4, 0, 6, 8))
    image.putpixel((12, 0), (60, 60, 60, 255))
    image.save(tmp_path / "a.png")
    assert decode(tmp_path / "a.png")[0, 0].tolist() == [0, 0, 0]
    image.paste((255, 255, 255, 255), (6, 0, 16, 8))
    image.paste((0, 0, 0, 255), (8, 0, 9, 8))
    image.save(tmp_path / "a.png")
    assert decode(tmp_path / "a.png")[0, 0].tolist() == [255, 255, 255]


def test_a_photo_is_turned_as_it_was_held(tmp_path):
    exif = Image.Exif()
    exif[0x112] = 6
    Image.new("RGB", (20, 10)).save(tmp_path / "a.jpg", exif=exif)
    assert decode(tmp_path / "a.jpg").shape == (20, 10, 3)


def test_a_webp_stays_as_it_is_stored_as_in_browsers(tmp_path):
    exif = Image.Exif()
    exif[0x112] = 6
    Image.new("RGB", (20, 10)).save(tmp_path / "a.webp", exif=exif)
    assert decode(tmp_path / "a.webp").shape == (10, 20, 3)


def test_16_bits_of_grey_keep_their_upper_half(tmp_path):
    Image.fromarray(np.array([[0, 0x1234, 0xFFFF]], np.uint16)).save(tmp_path / "a.png")
    assert decode(tmp_path / "a.png")[0, :, 0].tolist() == [0, 0x12, 255]


def test_resize():
    assert resize(np.zeros((20, 60, 3), np.uint8), 144, 48).shape == (48, 144, 3)
    assert scaled(144, 64) == 192 and scaled(136, 64) == 184


def test_close_up():
    picture = np.full((50, 100, 3), 255, np.uint8)
    picture[20:34:2, 40:70:3] = 0
    near = close_up(picture)
    assert near.shape[0] < 30 and near.shape[1] < 50 and near.min() == 0
    picture[4:46:2, 5:95:3] = 0
    assert close_up(picture) is picture
    assert close_up(np.zeros((5, 5, 3), np.uint8)).shape == (5, 5, 3)
