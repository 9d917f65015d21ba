"""When a reading counts as right."""

import re

CALCULATION = re.compile(r"(-?\d{1,7}(?:[-+*xX×÷/]\d{1,7})+)=?\??", re.ASCII)
EQUATION = re.compile(r"(\?|-?\d{1,7})([-+*xX×÷/])(\?|\d{1,7})=(-?\d{1,14})", re.ASCII)
STEP = re.compile(r"(?<=\d)(?=\D)")
DIVIDED = "÷/"
# JavaScript's largest whole number: what is beyond it the server does not answer.
MOST = 2**53 - 1


def answer(reading: str) -> str | None:
    """What src/tasks/arithmetic.ts answers; None if it answers nothing. test/tasks/arithmetic.json holds both to it."""
    calculation = CALCULATION.fullmatch(reading)
    value = calculate(calculation[1]) if calculation else find_unknown(reading)
    return None if value is None or abs(value) > MOST else str(value)


def calculate(calculation: str) -> int | None:
    """Products and quotients first, each from left to right; None if a step of it is no whole number."""
    first, *steps = STEP.split(calculation)
    total, product = 0, int(first)
    for step in steps:
        sign, number = step[0], int(step[1:])
        if sign in "+-":
            total += product
            product = number if sign == "+" else -number
        else:
            product = quotient(product, number) if sign in DIVIDED else product * number
        if product is None or max(abs(total), abs(product)) > MOST:
            return None
    return total + product


def find_unknown(equation: str) -> int | None:
    """The one number that an equation leaves open; None if it leaves none open, or both, or any number."""
    match = EQUATION.fullmatch(equation)
    if not match or (match[1] == "?") == (match[3] == "?"):
        return None
    a, sign, b, result = match.groups()
    known, c = int(b if a == "?" else a), int(result)
    if sign == "+":
        return c - known
    if sign == "-":
        return c + known if a == "?" else known - c
    if sign not in DIVIDED:
        return quotient(c, known)
    # Nothing is divided by 0, nor is 0 the part of anything that another number is.
    if known == 0 or (a != "?" and c == 0):
        return None
    return c * known if a == "?" else quotient(known, c)


def quotient(a: int, b: int) -> int | None:
    """A remainder means that the reading is wrong: generators ask only for divisions that come out even."""
    return a // b if b and a % b == 0 else None


def exact(reading: str, label: str, case_sensitive: bool = False) -> bool:
    """Whether `reading` equals `label`, letter case ignored unless it matters."""
    return reading == label if case_sensitive else reading.lower() == label.lower()
