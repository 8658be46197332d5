import re
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from slinga.admin.drawing import Linked, Weighed, bow_tie, days, flows
from slinga.admin.drawing.flows import Ribbon

stages = st.lists(st.integers(0, 2_000_000), min_size=1, max_size=9).map(
    lambda counts: [Weighed(f"s{n}", count) for n, count in enumerate(counts)]
)


def points(path: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in re.findall(r"(-?[\d.]+),(-?[\d.]+)", path)]


@given(stages, st.booleans())
def test_neighbours_meet_and_nothing_leaves_the_picture(given, softened):
    drawn = bow_tie(given, softened=softened)
    outlines = [points(place.path) for place in drawn.places]
    for outline in outlines:
        assert all(0 <= x <= drawn.width and 0 <= y <= drawn.height for x, y in outline)
    for left, right in pairwise(outlines):
        border = {(round(y, 1)) for x, y in left if x == max(x for x, _ in left)}
        assert border == {round(y, 1) for x, y in right if x == min(x for x, _ in right)}


def test_it_is_as_thick_as_the_people_are_many():
    drawn = bow_tie([Weighed("a", 800), Weighed("b", 200), Weighed("c", 0), Weighed("d", 1)])

    def thick(place):
        inside = [y for x, y in points(place.path) if abs(x - place.x) < 80]
        return max(inside) - min(inside)

    a, b, c, d = map(thick, drawn.places)
    assert a == 4 * b and 0 < c < d < b, "a stage with one person in a thousand is still seen"


def test_statuses_divide_their_stage_and_standing_is_lying_turned():
    given = [Weighed("a", 10, (Weighed("x", 4), Weighed("y", 0), Weighed("z", 6))), Weighed("b", 5)]
    lying = bow_tie(given)
    assert [(band.key, band.number) for band in lying.places[0].bands] == [("x", 0), ("z", 2)]
    standing = bow_tie(given, standing=True)
    assert standing.standing and standing.width < lying.width
    for place in standing.places:
        assert all(0 <= x <= standing.width and 0 <= y <= standing.height for x, y in points(place.path))


def test_arcs_go_above_forward_and_below_back():
    given = [Weighed("a", 10), Weighed("b", 10), Weighed("c", 10)]
    links = [Linked("a", "b", 100), Linked("c", "a", 10), Linked("a", "gone", 5), Linked("b", "b", 9)]
    drawn = bow_tie(given, links)
    forward, back = sorted(drawn.arcs, key=lambda arc: arc.back)
    assert forward.width > back.width
    assert forward.y < drawn.places[0].y < back.y
    assert bow_tie(given, links, small=True).arcs == ()
    assert bow_tie([], links).places == ()


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("xyz"), st.integers(1, 500)), max_size=12))
def test_what_flows_out_of_a_block_fits_it(moves):
    ribbons = [Ribbon(0, source, target, count) for source, target, count in moves]
    drawn = flows([list("abc"), list("xyz")], ribbons)
    assert len(drawn.ribbons) == len(ribbons)
    for block in drawn.blocks:
        assert block.y >= 0 and block.y + block.height <= drawn.height + 12
    assert sum(block.count for block in drawn.blocks if block.column == 0) == sum(m[2] for m in moves)


def test_areas_lie_on_each_other():
    drawn = days([("low", [1, 1]), ("high", [0, 3])], width=10, height=8)
    low, high = (points(layer.path) for layer in drawn.layers)
    assert low == [(0, 6), (10, 6), (10, 8), (0, 8)]
    assert high[1] == (10, 0) and high[2:] == [(10, 6), (0, 6)]
    assert days([]).layers == days([("x", [5])]).layers == ()
