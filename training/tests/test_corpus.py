from PIL import Image

from training.corpus import load_corpus


def write(root, name, header, *rows):
    folder = root / name
    folder.mkdir()
    Image.new("RGB", (30, 10)).save(folder / "1.png")
    (folder / "labels.tsv").write_text("\n".join(["\t".join(header), *("\t".join(row) for row in rows)]) + "\n")


def test_families_and_when_a_reading_is_right(tmp_path):
    write(tmp_path, "plain", ["file", "label", "case_sensitive"], ["1.png", "aB", "0"])
    write(tmp_path, "strict", ["file", "label", "case_sensitive"], ["1.png", "aB", "1"])
    write(tmp_path, "sums", ["file", "label", "case_sensitive", "expression"], ["1.png", "-1", "0", "1-2=?"])
    write(tmp_path, "slider", ["file", "x"], ["1.png", "4"])
    plain, strict, sums = load_corpus(tmp_path)
    assert plain.right(plain.images[0], "Ab")
    assert not strict.right(strict.images[0], "Ab")
    assert sums.arithmetic and sums.right(sums.images[0], "1-2") and not sums.right(sums.images[0], "-1")
