"""Which colour each letter has."""

from __future__ import annotations

from training.synth import colours
from training.synth.dice import Dice
from training.synth.scene import Scene


def tints_of(s: Scene, n: int, unlike: bool) -> list[colours.Colour]:
    """A colour for each of n letters, `unlike` that of the letter before; where some are pale, notes how pale."""
    tints = _unlike_tints(s, n) if unlike else _tints(s, n)
    if s.strength("pale-letters"):
        tints = _some_pale(s, tints)
    palest = min(colours.apart(tint, s.paper) for tint in tints)
    if palest < 0.7 * colours.apart(s.colour, s.paper):
        s.palest = palest
    return tints


def _tints(s: Scene, n: int) -> list[colours.Colour]:
    """A colour for each letter, all far enough from the paper."""
    dice = s.dice
    many = s.strength("many-colours")
    if not many:
        return [s.colour] * n
    low = max(22.0, min(70.0, 0.7 * colours.apart(s.colour, s.paper)))
    pool = [s.colour] + [colours.ink_on(dice, s.paper, low) for _ in range(dice.whole(1, 5))]
    tints = [dice.pick(pool) for _ in range(n)]
    if dice.chance(0.5):
        # Generators that take any colour at all now and then take nearly the paper's.
        tints = [_pale(dice, s.paper, t) if dice.chance(0.5 * many) else t for t in tints]
    return tints


def _unlike_tints(s: Scene, n: int) -> list[colours.Colour]:
    """A colour for each letter, apart from the paper and from the letter before."""
    tints: list[colours.Colour] = []
    for i in range(n):
        tries = [colours.ink_on(s.dice, s.paper, 40) for _ in range(6)]
        tints.append(max(tries, key=lambda c: colours.apart(c, tints[-1])) if i and s.dice.chance(0.8) else tries[0])
    if s.dice.chance(0.4):
        tints = [_pale(s.dice, s.paper, t) if s.dice.chance(0.25) else t for t in tints]
    return tints


def _some_pale(s: Scene, tints: list[colours.Colour]) -> list[colours.Colour]:
    """The tints, at least one of them thinned, of many at random."""
    dice = s.dice
    if not s.strength("many-colours") and dice.chance(0.7):
        tints = [colours.ink_on(dice, s.paper, 40) for _ in tints]
    share = 0.15 + 0.5 * s.strength("pale-letters")
    first = dice.whole(0, len(tints) - 1)
    return [_pale(dice, s.paper, tint) if i == first or dice.chance(share) else tint for i, tint in enumerate(tints)]


def _pale(dice: Dice, paper: colours.Colour, tint: colours.Colour) -> colours.Colour:
    """The tint, or another, thinned until it is just apart from the paper."""
    if dice.chance(0.5):
        tint = colours.ink_on(dice, paper, 20.0)
    apart = max(1.0, colours.apart(tint, paper))
    return colours.mixed(paper, tint, min(1.0, dice.u(14.0, 60.0) / apart))
