"""Recommendations are what others buy most of late, without what the person has; the mail keeps them."""

from slinga.engine.jobs import Definition
from slinga.insight.jobs import rebuild, tally
from slinga.testing.desk import html
from slinga.testing.drafts import letter, on, sending, unlimited
from slinga.testing.world import World

TEXT = "{% for one in recommendations %}[{{ one.name }} {{ one.price | money: one.currency }}]{% endfor %}."


def basket(*names: str) -> list[dict[str, object]]:
    return [
        {"product_id": name, "name": name.title(), "price": 50, "url": f"https://s.example/{name}"}
        for name in names
    ]


def town(world: World) -> None:
    world.publish(
        letter("ideas", TEXT, defaults={"recommendations": []}),
        letter("plain", "Hello"),
        sending("suggest", ["ideas"], on("Wants Ideas"), reentry="always"),
        sending("greet", ["plain"], on("Wants Ideas"), reentry="always"),
        unlimited(),
    )
    for n, names in enumerate((["tea", "pot"], ["tea"], ["tea", "cup"], ["cup"], ["mill"])):
        world.order(f"other{n}", f"o{n}", products=basket(*names))
    world.track("other0", "Order Completed", order_id="o0", total=9, products=basket("mill"))  # told twice
    tally(world.db)


def said(world: World, user: str) -> str:
    return (
        world.mails(user, template="ideas")[-1]
        .html.partition("<p>")[2]
        .partition("</p>")[0]
        .replace("\xa0", "")
    )


def test_most_bought_first_without_what_they_have_or_look_at(world: World) -> None:
    town(world)
    world.known("anna")
    world.track("anna", "Wants Ideas")
    assert said(world, "anna") == "[Tea SEK50.00][Cup SEK50.00][Mill SEK50.00][Pot SEK50.00]."
    world.order("anna", "mine", products=basket("tea"))
    world.forward("2d")
    world.track("anna", "Wants Ideas", products=basket("mill"))
    assert said(world, "anna") == "[Cup SEK50.00][Pot SEK50.00]."
    rows = world.db.execute(
        "SELECT template, variables ? 'recommendations' FROM message ORDER BY 1"
    ).fetchall()
    assert rows == [("ideas", True), ("ideas", True), ("plain", False), ("plain", False)]


def test_the_preview_shows_what_would_be_recommended(world: World) -> None:
    town(world)
    world.known("anna")
    world.order("anna", "mine", products=basket("tea"))
    path = "/admin/templates/ideas/frame"
    assert "[Tea " in html(world, path) and "[Tea " not in html(world, f"{path}?who=anna@example.org")
    assert "[Cup " in html(world, f"{path}?who=anna@example.org")


def test_what_a_browser_merely_claims_is_recommended_to_nobody(world: World) -> None:
    town(world)
    before = ranking(world)
    for n in range(9):
        device, order = f"b{n}", f"x{n}"
        world.browse(device, "Order Completed", order_id=order, total=1, products=basket("evil"))
    tally(world.db)
    assert ranking(world) == before


def test_of_late_counts_more_and_counting_anew_gives_the_same(world: World) -> None:
    town(world)
    before = ranking(world)
    rebuild(world.db)
    assert [(key, round(rank, 9)) for key, rank in ranking(world)] == [
        (key, round(rank, 9)) for key, rank in before
    ]
    world.forward("4mo")
    for n in range(2):
        world.order(f"new{n}", f"n{n}", products=basket("pot"))
    tally(world.db)
    assert [key for key, _ in ranking(world)][:2] == ["pot", "tea"]


def ranking(world: World) -> list[tuple[str, float]]:
    return world.db.execute("SELECT id, rank FROM product ORDER BY rank DESC, id").fetchall()


def test_before_anything_was_bought_the_template_says_what_instead(world: World) -> None:
    world.publish(
        letter(
            "ideas",
            TEXT,
            defaults={"recommendations": [{"name": "Gift card", "price": 9, "currency": "EUR"}]},
        ),
        sending("suggest", ["ideas"], on("Wants Ideas")),
        unlimited(),
        Definition("policy", "policy", {"quiet_hours": "none", "caps": []}),
    )
    world.known("anna")
    world.track("anna", "Wants Ideas")
    assert said(world, "anna") == "[Gift card €9.00]."
