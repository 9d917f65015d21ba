from training.styles import EVEN, shares
from training.synth import STYLES


def test_what_is_read_badly_is_drawn_more_and_nothing_is_forgotten():
    exact = dict.fromkeys(STYLES, 1.0) | {STYLES[0]: 0.0, STYLES[1]: 0.5}
    share = shares(exact)
    assert abs(share.sum() - 1) < 1e-9
    assert share[0] > share[2] and share[1] > share[2]
    assert share.min() >= 0.9 * EVEN / len(STYLES)


def test_a_favoured_style_gets_so_many_times_its_share():
    exact = dict.fromkeys(STYLES, 0.7)
    plain, more = shares(exact), shares(exact, {STYLES[3]: 3.0})
    assert abs(more.sum() - 1) < 1e-9
    assert abs((more[3] / more[4]) / (plain[3] / plain[4]) - 3) < 1e-9
