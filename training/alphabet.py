"""The characters that the recogniser tells apart, and their order."""

DIGITS = "0123456789"
UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
LOWER = "abcdefghijklmnopqrstuvwxyz"
OPERATORS = "+-*×÷/=?"

CHARS: str = DIGITS + UPPER + LOWER + OPERATORS
"""70 characters. Class 0 of the net is the CTC blank, class i + 1 is CHARS[i]."""

INDEX = {c: i for i, c in enumerate(CHARS)}

assert len(CHARS) == len(INDEX) == 70
