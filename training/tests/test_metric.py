import json
from pathlib import Path

import pytest

from training.metric import answer, exact

# The same that the server's arithmetic is tested with.
CASES = json.loads((Path(__file__).parents[2] / "test/tasks/arithmetic.json").read_text())


@pytest.mark.parametrize(("reading", "value"), CASES["answered"].items())
def test_an_expression_has_the_answer_that_the_server_gives(reading, value):
    assert answer(reading) == str(value)


@pytest.mark.parametrize(("reading", "why"), CASES["unanswered"].items())
def test_what_the_server_does_not_answer_has_no_answer(reading, why):
    assert answer(reading) is None, why


def test_letter_case_counts_only_where_it_matters():
    assert exact("aB1", "Ab1")
    assert not exact("aB1", "Ab1", case_sensitive=True)
