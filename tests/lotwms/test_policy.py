STRICT = (
    "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; "
    "form-action 'self'"
)


def test_every_answer_carries_the_strict_policy(client, db):
    for path in ("/admin/login/", "/favicon.ico", "/no-such-page/", "/api/v1/no-such-path/"):
        assert client.get(path)["Content-Security-Policy"] == STRICT


def test_the_api_docs_alone_may_style_inline(client):
    policy = client.get("/api/docs/")["Content-Security-Policy"]

    assert policy == f"{STRICT}; style-src 'self' 'unsafe-inline'; img-src 'self' data:"
