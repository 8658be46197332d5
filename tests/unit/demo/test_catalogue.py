"""The shelf is whole."""

from slinga.demo.catalogue import BY_CATEGORY, BY_ID, CATEGORIES, PRODUCTS, delivery_for


def test_every_product_stands_on_a_shelf_with_its_own_words():
    assert len(PRODUCTS) == len(BY_ID) == 30
    assert {p.category for p in PRODUCTS} == {c.key for c in CATEGORIES}
    assert all(BY_CATEGORY[c.key] for c in CATEGORIES)
    assert len({p.story for p in PRODUCTS}) == 30
    assert all(p.price > 0 for p in PRODUCTS)


def test_delivery_is_free_from_four_hundred():
    assert delivery_for(399.99) == 49.0
    assert delivery_for(400.0) == 0.0
