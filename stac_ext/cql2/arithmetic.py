"""What arithmetic of a filter gives: numbers of 64 bits, unknown where an engine would fail or would not know better.

The bounds keep every result of numbers within them in the range of the type, so that both engines agree.
"""

import math
from typing import Final

SMALLEST: Final = 1e-150
LARGEST: Final = 1e150
MAX_EXPONENT: Final = 150  # of ten, for a power


def calculated(op: str, left: float, right: float) -> float | None:
    """The result of an operator, None where it is unknown."""
    if not (_is_usable(left) and _is_usable(right)) or (right == 0 and op in ("/", "div", "%")):
        return None
    match op:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case "/":
            return left / right
        case "div":
            return float(math.trunc(left / right))
        case "%":
            return left - right * float(math.trunc(left / right))
        case _:
            return _power(left, right)


def _power(base: float, exponent: float) -> float | None:
    if base == 0:
        return math.pow(base, exponent) if exponent >= 0 else None
    if base < 0 and not exponent.is_integer():
        return None
    if abs(exponent * math.log10(abs(base))) > MAX_EXPONENT:
        return None
    return math.pow(base, exponent)


def _is_usable(number: float) -> bool:
    return number == 0 or SMALLEST <= abs(number) <= LARGEST
