"""A spreadsheet's way in and out, in a real browser: strict policy, accessible, on a phone too."""

import pytest

from inventory.models import Product
from tests.browser.browser import DESKTOP, PHONE, assert_accessible, assert_fits
from tests.builders import house, make_merchant, make_product, make_world
from tests.inventory.sheets import comma, xlsx
from tests.receiving.builders import draft, line

# What a screen does is the same on every engine; the walks of test_walk.py are on both.
pytestmark = pytest.mark.sqlite

HEAD = ["merchant", "sku", "name", "min_shelf_life_days"]
looks = pytest.mark.parametrize(
    ("viewport", "color_scheme"),
    [(DESKTOP, "light"), (DESKTOP, "dark"), (PHONE, "light"), (PHONE, "dark")],
    ids=["desktop-light", "desktop-dark", "phone-light", "phone-dark"],
)


@pytest.fixture
def glow(transactional_db):
    return make_merchant("GLOW")


def choose(page, name, data):
    page.get_by_label("File").set_input_files(
        {"name": name, "mimeType": "application/octet-stream", "buffer": data}
    )
    page.get_by_role("button", name="Check the file").click()


def look(page):
    assert_accessible(page)
    assert_fits(page)


def test_it_works(browse, glow):
    """Export, change a cell, import."""
    make_product(glow, "SERUM", name="Serum")

    def act(page):
        page.goto("/admin/inventory/product/")
        page.get_by_role("link", name="Export", exact=True).click()
        page.get_by_role("heading", name="Export products").wait_for()
        look(page)
        page.get_by_label("CSV").check()
        with page.expect_download() as download:
            page.get_by_role("button", name="Export products").click()
        text = download.value.path().read_text(encoding="utf-8-sig")
        page.goto("/admin/inventory/product/")
        page.get_by_role("link", name="Import", exact=True).click()
        choose(page, "products.csv", text.replace('"Serum"', '"Night serum"').encode())
        page.get_by_text("Serum → Night serum").wait_for()
        page.get_by_role("button", name="Import all of it").click()
        page.get_by_text("Imported products: 0 new, 1 changed, 0 as they were.").wait_for()

    browse(act, user=house())
    assert Product.objects.get().name == "Night serum"


@looks
def test_the_steps_of_an_import_are_fit_for_everybody(browse, glow, viewport, color_scheme):
    make_product(glow, "SERUM", name="Serum")

    def act(page):
        page.goto("/admin/inventory/product/import/")
        look(page)
        wrong = xlsx(HEAD, ["GLOW", 12, "=1+1", "soon"], ["NOBODY", "A" * 80, "", -1])
        choose(page, "wrong.xlsx", wrong)
        page.get_by_role("heading", name="wrong.xlsx was not imported").wait_for()
        page.get_by_text("Text of at most 200 characters; no formula").wait_for()
        look(page)
        with page.expect_download() as download:
            page.get_by_role("button", name="Download the file with these errors").click()
        assert download.value.suggested_filename == "wrong-errors.xlsx"
        rows = [["GLOW", f"NEW-{n}", "A new product", "30"] for n in range(3)]
        choose(page, "right.csv", comma(HEAD, *rows, ["GLOW", "SERUM", "Night serum", ""]))
        page.get_by_role("heading", name="What it changes").wait_for()
        look(page)

    browse(act, user=house(), viewport=viewport, color_scheme=color_scheme)


@looks
def test_the_lines_of_a_wro(browse, transactional_db, viewport, color_scheme):
    world = make_world()
    vitamin, soap = world.lot_product("VITAMIN"), world.product("SOAP")
    wro = draft(world, line(vitamin, 10, ("A", None, 10)), line(soap, 5))

    def act(page):
        page.goto("/admin/receiving/wro/import/")
        look(page)
        page.goto(f"/admin/receiving/wro/{wro.pk}/change/")
        page.get_by_role("link", name="import the lines").click()
        page.get_by_role("heading", name=f"Import the lines of {wro.number}").wait_for()
        look(page)
        head = ["sku", "quantity", "lot_number", "expires_on", "lot_quantity"]
        choose(page, "lines.csv", comma(head, ["VITAMIN", 30, "B", "2027-01-31", 30]))
        page.get_by_role("heading", name="What it changes").wait_for()
        look(page)
        page.get_by_role("button", name="Import all of it").click()
        page.get_by_text("has the lines of the file: 1 new, 0 changed, 2 taken out").wait_for()

    browse(act, user=house(), viewport=viewport, color_scheme=color_scheme)
