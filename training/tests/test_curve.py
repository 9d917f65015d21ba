import csv

from training.curve import append, draw


def test_columns_may_be_added_later(tmp_path):
    path = tmp_path / "styles.csv"
    append(path, {"images": 1, "plain": 0.5})
    append(path, {"images": 2, "plain": 0.6, "dots": 0.1})
    append(path, {"images": 3, "dots": 0.2})
    rows = list(csv.DictReader(path.open()))
    assert [row["dots"] for row in rows] == ["", "0.1", "0.2"]
    assert [row["plain"] for row in rows] == ["0.5", "0.6", ""]


def test_draws(tmp_path):
    source = tmp_path / "curve.csv"
    append(source, {"images": 0, "styles": 0.1, "corpus": "", "whole": ""})
    append(source, {"images": 1000, "styles": 0.2, "corpus": 0.3, "whole": 0.3})
    draw(source, tmp_path / "curve.png")
    assert (tmp_path / "curve.png").stat().st_size > 1000
