import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from tests.browser.browser import MISSING, Browse, Chromium, find_chromium


@pytest.fixture(scope="session")
def chromium() -> Iterator[Chromium]:
    program = find_chromium()
    if program is None:
        if os.environ.get("CI") or os.environ.get("REQUIRE_BROWSER"):
            pytest.fail(MISSING, pytrace=False)
        pytest.skip(MISSING)
    browser = Chromium(program)
    yield browser
    browser.close()


@pytest.fixture
def browse(chromium: Chromium, live_server: Any, request: pytest.FixtureRequest) -> Browse:
    return Browse(chromium, live_server.url, _picture(request), _session_of)


def _session_of(user: Any) -> str:
    client = Client()
    client.force_login(user)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def _picture(request: pytest.FixtureRequest) -> Path:
    """Where a failing test leaves a picture of the page it failed on."""
    return settings.VAR_DIR / "failures" / f"{request.node.name}.png"
