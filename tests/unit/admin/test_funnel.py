from slinga.admin.lifecycle.funnel import HEIGHT, WIDTH, steps

MODEL = {
    "stages": [
        {"key": "a", "name": "A", "side": "left"},
        {"key": "b", "name": "B", "side": "left", "statuses": [{"key": "x", "name": "X"}]},
        {"key": "k", "name": "K", "side": "knot"},
        {"key": "c", "name": "C", "side": "right"},
    ]
}


def corners(step):
    return [tuple(int(n) for n in corner.split(",")) for corner in step.points.split()]


def test_the_drawing_narrows_to_the_knot_and_widens_after_it():
    left, second, knot, right = [corners(step) for step in steps(MODEL, [])]
    assert left[0] == (3, 0) and left[3][1] == HEIGHT
    assert left[1][1] < second[1][1] == knot[0][1] == knot[1][1] == right[0][1], "borders meet"
    assert right[1] == (WIDTH - 3, 0)


def test_counts_and_shares_add_up():
    found = steps(MODEL, [("a", "", 3), ("b", "x", 4), ("b", "", 1), ("gone", "", 2)])
    assert [(step.key, step.count) for step in found] == [("a", 3), ("b", 5), ("k", 0), ("c", 0), ("gone", 2)]
    assert sum(step.share for step in found) == 1
    assert [(place.name, place.count) for place in found[1].statuses] == [("X", 4), ("no status", 1)]


def test_models_of_any_shape_can_be_drawn():
    assert steps({}, []) == []
    for sides in (["left"], ["right", "right"], ["knot"], ["left", "right"]):
        document = {"stages": [{"key": str(n), "side": side} for n, side in enumerate(sides)]}
        assert len(steps(document, [])) == len(sides)
