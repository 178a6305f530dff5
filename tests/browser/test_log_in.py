import pytest

from merchants.models import User
from tests.browser.browser import DESKTOP, PHONE, assert_accessible, assert_fits, log_in


@pytest.fixture
def ada(transactional_db):
    return User.objects.create_superuser("ada", password="correct horse")


def test_it_works(browse, ada):
    def act(page):
        log_in(page, "ada", "correct horse")
        page.wait_for_url("**/admin/")
        page.get_by_role("button", name="Log out").wait_for()

    browse(act)


def test_a_wrong_password_is_told(browse, ada):
    def act(page):
        log_in(page, "ada", "wrong horse")
        page.get_by_text("Please enter the correct username and password").wait_for()

    browse(act)


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("color_scheme", ["light", "dark"])
def test_the_form_is_accessible(browse, viewport, color_scheme):
    def act(page):
        page.goto("/admin/login/")
        assert_accessible(page)
        assert_fits(page)

    browse(act, viewport=viewport, color_scheme=color_scheme)
