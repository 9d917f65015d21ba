import pytest

from training.metric import answer, exact


@pytest.mark.parametrize(
    ("reading", "value"),
    [
        ("3+4", "7"),
        ("3-14=?", "-11"),
        ("6x7=", "42"),
        ("6×7?", "42"),
        ("8÷2=?", "4"),
        ("9/2", None),
        ("9/0", None),
        ("12", None),
        ("1+2+3", None),
    ],
)
def test_answer(reading, value):
    assert answer(reading) == value


def test_letter_case_counts_only_where_it_matters():
    assert exact("aB1", "Ab1")
    assert not exact("aB1", "Ab1", case_sensitive=True)
