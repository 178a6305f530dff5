"""What is answered where no page and no endpoint answers."""

import pytest
from django.test import RequestFactory

from lotwms.views import server_error


def test_an_unknown_api_path_is_a_problem(client):
    response = client.get("/api/v1/no-such-path/")

    assert response.status_code == 404
    assert response["Content-Type"] == "application/problem+json"
    assert response.json() == {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "detail": "Nothing is found at this path.",
        "code": "not_found",
    }


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
@pytest.mark.parametrize("path", ["/api/", "/api/v1/", "/api/v1/no-such-path", "/api/v2/products/"])
def test_unknown_api_paths_answer_every_method_alike(client, method, path):
    assert getattr(client, method)(path).json()["code"] == "not_found"


def test_an_unknown_page_is_html(client):
    response = client.get("/no-such-page/")

    assert response.status_code == 404
    assert response["Content-Type"].startswith("text/html")


def test_an_unexpected_error_is_a_problem_under_the_api_and_html_elsewhere():
    api = server_error(RequestFactory().get("/api/v1/products/"))
    page = server_error(RequestFactory().get("/admin/"))

    assert (api.status_code, api["Content-Type"]) == (500, "application/problem+json")
    assert (page.status_code, page["Content-Type"]) == (500, "text/html; charset=utf-8")


def test_a_foreign_host_is_refused_in_the_form_of_the_caller(client):
    api = client.get("/api/v1/products/", headers={"host": "elsewhere.example"})
    page = client.get("/admin/login/", headers={"host": "elsewhere.example"})

    assert (api.status_code, api["Content-Type"]) == (400, "application/problem+json")
    assert (page.status_code, page["Content-Type"]) == (400, "text/html; charset=utf-8")


def test_the_front_page_is_the_admin(client):
    assert client.get("/")["Location"] == "/admin/"
