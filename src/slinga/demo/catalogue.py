"""What the demo shop sells: an invented Swedish tea and coffee shop, Kvällsro.

In: nothing. Out: `PRODUCTS`, `CATEGORIES`, look-ups by id and by category.
Always true: ids never change; prices are kronor with two decimals, VAT included; `lasts_days` is how
long one pack lasts a household, the known truth behind every repurchase.
"""

from slinga.demo.model import Category, Product

SHOP = "Kvällsro"
CURRENCY = "SEK"

CATEGORIES: tuple[Category, ...] = (
    Category("coffee", "Coffee", "Roasted on Tuesdays, on its way to you on Wednesdays.", "#7a4b2b"),
    Category(
        "tea", "Tea", "Leaves from growers we know by name, and a few herbs from our own meadow.", "#4f7a52"
    ),
    Category("equipment", "Equipment", "Few things, well made, with spare parts for ten years.", "#3f5f7f"),
    Category("treats", "Treats", "Small sweet company for the cup.", "#a8577e"),
    Category("gifts", "Gifts", "Wrapped by hand, with a card in your words.", "#b5782a"),
)


def _p(
    id: str, name: str, category: str, price: float, lasts: int, line: str, story: str, picture: str
) -> Product:
    return Product(id, name, category, price, lasts, line, story, picture)


PRODUCTS: tuple[Product, ...] = (
    _p(
        "K01",
        "Morgonljus",
        "coffee",
        119.0,
        24,
        "Light roast, 500 g",
        "Ethiopian beans with the light of a kitchen window in May: lemon peel, jasmine, a little honey.",
        "bag",
    ),
    _p(
        "K02",
        "Skogsbryn",
        "coffee",
        109.0,
        24,
        "Medium roast, 500 g",
        "Our everyday coffee. Hazelnut and red apple, forgiving of any brewer and any hour.",
        "bag",
    ),
    _p(
        "K03",
        "Midvinter",
        "coffee",
        115.0,
        24,
        "Dark roast, 500 g",
        "For the months when the lamp is lit at three. Cocoa, molasses, a warm smoke far away.",
        "bag",
    ),
    _p(
        "K04",
        "Nattåg",
        "coffee",
        129.0,
        30,
        "Espresso roast, 500 g",
        "A steady espresso named after the sleeper train north: dense, sweet, on time.",
        "bag",
    ),
    _p(
        "K05",
        "Stillhet",
        "coffee",
        125.0,
        32,
        "Decaffeinated, 500 g",
        "Washed with spring water until only the taste remains. Coffee at nine in the evening, sleep at ten.",
        "bag",
    ),
    _p(
        "K06",
        "Höjdpunkt",
        "coffee",
        189.0,
        28,
        "Single farm, 250 g",
        "Forty sacks a year from one hillside above Huila. When it is gone we wait for the next harvest.",
        "bag",
    ),
    _p(
        "K07",
        "Kokkaffe från Norr",
        "coffee",
        99.0,
        26,
        "Coarse grind, 500 g",
        "Ground for the pot over an open fire, though it does well on a stove too.",
        "bag",
    ),
    _p(
        "T01",
        "Björklöv & Mynta",
        "tea",
        79.0,
        35,
        "Herbal, 80 g",
        "Birch leaves picked before midsummer with a cool mint from the garden wall.",
        "tin",
    ),
    _p(
        "T02",
        "Gotlands Kvällste",
        "tea",
        85.0,
        35,
        "Herbal, 90 g",
        "Camomile, lemon balm and a few petals of rose. What the shop is named after.",
        "tin",
    ),
    _p(
        "T03",
        "Fjällsyra",
        "tea",
        89.0,
        40,
        "Green tea with sorrel, 100 g",
        "A brisk green tea with the sour freshness of mountain sorrel.",
        "tin",
    ),
    _p(
        "T04",
        "Assam Sommarskörd",
        "tea",
        95.0,
        42,
        "Black tea, 125 g",
        "The second flush, malty and strong; takes milk like an old friend.",
        "tin",
    ),
    _p(
        "T05",
        "Darjeeling Första",
        "tea",
        159.0,
        45,
        "Black tea, first flush, 100 g",
        "The first leaves of spring, sent by air and sold out by August.",
        "tin",
    ),
    _p(
        "T06",
        "Lakritsrot",
        "tea",
        75.0,
        35,
        "Herbal with liquorice, 90 g",
        "Liquorice root, fennel and aniseed. Divides families, unites Finland.",
        "tin",
    ),
    _p(
        "T07",
        "Rökig Tall",
        "tea",
        99.0,
        45,
        "Smoked black tea, 100 g",
        "Dried over pine roots in Fujian, and it tastes like a walk home from the sauna.",
        "tin",
    ),
    _p(
        "T08",
        "Hjortronoolong",
        "tea",
        129.0,
        42,
        "Oolong with cloudberry, 100 g",
        "A golden oolong that met a cloudberry and stayed for dessert.",
        "tin",
    ),
    _p(
        "E01",
        "Handbryggare Lugn",
        "equipment",
        349.0,
        0,
        "Pour-over set, porcelain",
        "A dripper, a jug and forty filters. Four minutes of quiet, several times a day.",
        "dripper",
    ),
    _p(
        "E02",
        "Kvarn Ett",
        "equipment",
        899.0,
        0,
        "Hand grinder, steel burrs",
        "Turns easily, grinds evenly, and every part of it can be bought again.",
        "grinder",
    ),
    _p(
        "E03",
        "Espressomaskin Vinter",
        "equipment",
        4990.0,
        0,
        "Espresso machine",
        "One group, one boiler, one switch. Asks to be descaled every fourth month, and then lasts.",
        "machine",
    ),
    _p(
        "E04",
        "Tekanna Rund",
        "equipment",
        449.0,
        0,
        "Cast-iron teapot, 0.8 l",
        "Keeps the second cup as hot as the first. The strainer lifts out with one finger.",
        "teapot",
    ),
    _p(
        "E05",
        "Våg Gram",
        "equipment",
        399.0,
        0,
        "Scale with timer",
        "To a tenth of a gram, because a good cup can be made twice.",
        "scale",
    ),
    _p(
        "E06",
        "Filterpapper 100",
        "equipment",
        59.0,
        60,
        "Paper filters, 100 pieces",
        "Unbleached, folded twice, out of the way of the taste.",
        "box",
    ),
    _p(
        "E07",
        "Avkalkning",
        "equipment",
        69.0,
        120,
        "Descaler, two doses",
        "Citric acid and patience. Your machine will thank you by staying warm.",
        "bottle",
    ),
    _p(
        "S01",
        "Havreflarn",
        "treats",
        55.0,
        14,
        "Oat crisps, 12 pieces",
        "Butter, oats, syrup, and the courage to take them out one minute early.",
        "biscuit",
    ),
    _p(
        "S02",
        "Kardemummaskorpor",
        "treats",
        49.0,
        18,
        "Cardamom rusks, 300 g",
        "Baked twice, dunked once.",
        "biscuit",
    ),
    _p(
        "S03",
        "Mörk Choklad 72",
        "treats",
        65.0,
        16,
        "Dark chocolate, 100 g",
        "From Piura by way of a small factory in Malmö; a pinch of sea salt.",
        "bar",
    ),
    _p(
        "S04",
        "Lingonkola",
        "treats",
        59.0,
        18,
        "Lingonberry toffees, 150 g",
        "Soft, a little tart, gone before the film begins.",
        "bar",
    ),
    _p(
        "G01",
        "Provlåda Kaffe",
        "gifts",
        249.0,
        40,
        "Four coffees, 4 × 125 g",
        "Light, medium, dark and decaffeinated: find out which neighbour you are.",
        "gift",
    ),
    _p(
        "G02",
        "Provlåda Te",
        "gifts",
        229.0,
        45,
        "Six teas in small tins",
        "Six evenings, six moods, six very small tins that nobody throws away.",
        "gift",
    ),
    _p(
        "G03",
        "Fika för Två",
        "gifts",
        319.0,
        0,
        "Coffee, rusks and two cups",
        "Everything for a pause for two, except the second person.",
        "gift",
    ),
    _p(
        "G04",
        "Presentkort",
        "gifts",
        500.0,
        0,
        "Gift card",
        "For the one who already knows what they want.",
        "card",
    ),
)

PLANS: dict[str, float] = {"coffee": 99.0, "tea": 79.0}
"""A monthly subscription by category, in kronor a month."""

BY_ID = {product.id: product for product in PRODUCTS}
BY_CATEGORY = {c.key: tuple(p for p in PRODUCTS if p.category == c.key) for c in CATEGORIES}
FREE_DELIVERY_FROM = 400.0
DELIVERY = 49.0


def delivery_for(subtotal: float) -> float:
    """What delivery costs for an order of `subtotal` kronor."""
    return 0.0 if subtotal >= FREE_DELIVERY_FROM else DELIVERY
