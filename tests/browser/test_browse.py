"""The harness itself: what a page may not do fails the test that visits it."""

import pytest


def test_a_page_of_ours_passes(browse):
    assert browse(lambda page: page.goto("/admin/login/").status) == 200


def test_a_breach_of_the_policy_fails(browse):
    def act(page):
        page.goto("/admin/login/")
        page.add_script_tag(content="1")

    with pytest.raises(Exception, match="Content Security Policy"):
        browse(act)


def test_a_script_error_fails(browse):
    def act(page):
        page.goto("/admin/login/")
        with page.expect_event("pageerror"):
            page.evaluate("setTimeout(() => { throw new Error('broken') })")

    with pytest.raises(AssertionError, match="broken"):
        browse(act)


def test_a_request_to_another_host_fails(browse):
    def act(page):
        page.route("http://elsewhere.example/", lambda route: route.fulfill(body="hello"))
        page.goto("http://elsewhere.example/")

    with pytest.raises(AssertionError, match=r"request to elsewhere: http://elsewhere\.example/"):
        browse(act)


def test_what_is_expected_can_be_tolerated(browse):
    def act(page):
        return page.goto("/no-such-page/").status

    assert browse(act, tolerated=("status of 404",)) == 404


def test_the_api_docs_work_offline_and_without_a_key(browse):
    def act(page):
        page.goto("/api/docs/")
        page.get_by_role("heading", name="lotwms").wait_for()

    browse(act)
