"""When a reading counts as right."""

import re

TASK = re.compile(r"(\d+)([-+*xX×÷/])(\d+)=?\??")
OPERATIONS = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    # A remainder means that the reading is wrong: generators ask only for divisions that come out even.
    "/": lambda a, b: a // b if b and a % b == 0 else None,
}
SAME = {"x": "*", "X": "*", "×": "*", "÷": "/"}


def answer(reading: str) -> str | None:
    """The value of `a op b`, `a op b =` or `a op b = ?`; None if `reading` is not such a task."""
    match = TASK.fullmatch(reading)
    if not match:
        return None
    a, sign, b = match.groups()
    value = OPERATIONS[SAME.get(sign, sign)](int(a), int(b))
    return None if value is None else str(value)


def exact(reading: str, label: str, case_sensitive: bool = False) -> bool:
    """Whether `reading` equals `label`, letter case ignored unless it matters."""
    return reading == label if case_sensitive else reading.lower() == label.lower()
