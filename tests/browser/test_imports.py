"""A file is handed over, mapped and taken in in a real browser; the settings are looked at on the way."""

from pathlib import Path

from tests.browser.conftest import Desk, phone

from slinga.filing import Filer


def work(desk: Desk) -> None:
    filer = Filer(desk.world.settings)
    while filer.turn(desk.world.db):
        pass


def test_a_file_is_handed_over_and_its_people_come_in(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "customers.csv"
    file.write_text("customer_id,email,Colour\n1,anna@shop.example,red\n2,broken,blue\n")
    page = desk.open("/admin/imports")
    page.get_by_label("CSV or Parquet").set_input_files(str(file))
    page.get_by_role("button", name="Hand over").click()
    page.wait_for_url("**/imports/files/*")
    page.get_by_label("Everybody in this file has permitted e-mail").check()
    page.get_by_label("On which basis").select_option("consent")
    page.get_by_label("When they permitted it").fill("2024-05-31")
    page.get_by_label("Where they permitted it").fill("shop")
    page.get_by_role("button", name="Look at the rows again").click()
    page.get_by_text("email: granted (consent)").first.wait_for()
    desk.look("imports-mapping")
    page.get_by_role("button", name="Take the file in").click()
    page.get_by_text("It begins in a moment").wait_for()
    desk.aside(work, desk)
    page.get_by_role("link", name="Download the rows that were not taken").wait_for()
    desk.look("imports-one")
    phone(desk)
    for path in ("/admin/imports", "/admin/settings", "/admin/settings/rules", "/admin/deliveries"):
        page.goto(desk.address + path)
        assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth"), path
