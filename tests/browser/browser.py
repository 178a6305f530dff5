"""A real Chromium for tests, driven from a thread of its own.

Playwright keeps an event loop in its thread, and Django refuses database work where a loop runs.
So what a test does in the browser runs over there, and what it does with the database runs here.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeVar

from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, expect, sync_playwright

T = TypeVar("T")
Viewport = tuple[int, int]
DESKTOP: Viewport = (1280, 900)
PHONE: Viewport = (390, 844)
TIMEOUT_MS = 30_000  # for a machine that does much else; who is ready sooner waits for nothing
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MISSING = "no Chromium found: install one, or name its program in CHROMIUM"


def find_chromium() -> str | None:
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


@dataclass
class Complaints:
    """What a page did that none of our pages may do."""

    home: str
    found: list[str] = field(default_factory=list)

    def watch(self, page: Page) -> None:
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.found.append(f"script error: {error}"))
        page.on("request", self._request)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.found.append(f"console {message.type}: {message.text}")

    def _request(self, request: Request) -> None:
        if not request.url.startswith((self.home, "data:", "blob:", "about:")):
            self.found.append(f"request to elsewhere: {request.url}")


_complaints: dict[Page, Complaints] = {}


class Chromium:
    """One browser for the whole run; each visit is a fresh profile."""

    def __init__(self, program: str) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="browser")
        expect.set_options(timeout=TIMEOUT_MS)
        self._playwright = self._thread.submit(lambda: sync_playwright().start()).result()
        self._browser: Browser = self._thread.submit(self._launch, program).result()

    def _launch(self, program: str) -> Browser:
        return self._playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])

    def close(self) -> None:
        self._thread.submit(self._browser.close).result()
        self._thread.submit(self._playwright.stop).result()
        self._thread.shutdown()

    def visit(self, act: Callable[[Page], T], *, profile: dict[str, Any], home: str,
              cookies: list[Any], picture: Path, tolerated: tuple[str, ...]) -> T:  # fmt: skip
        def run() -> T:
            with self._page(profile, home, cookies) as (page, complaints):
                try:
                    result = act(page)
                except BaseException:
                    picture.parent.mkdir(parents=True, exist_ok=True)
                    page.screenshot(path=picture, full_page=True)
                    raise
                page.wait_for_load_state("load")
            found = [one for one in complaints.found if not any(text in one for text in tolerated)]
            assert not found, "\n".join(found)
            return result

        return self._thread.submit(run).result()

    @contextmanager
    def _page(
        self, profile: dict[str, Any], home: str, cookies: list[Any]
    ) -> Iterator[tuple[Page, Complaints]]:
        context = self._browser.new_context(base_url=home, reduced_motion="reduce", **profile)
        try:
            context.add_cookies(cookies)
            context.set_default_timeout(TIMEOUT_MS)
            page = context.new_page()
            complaints = _complaints[page] = Complaints(home)
            complaints.watch(page)
            yield page, complaints
            del _complaints[page]
        finally:
            context.close()


class Browse:
    """The fixture `browse`: `browse(act)` runs `act(page)` in the browser and returns its result.

    `page` resolves paths against the live server. Afterwards any console error or warning, breach
    of the content security policy, script error or request to another host fails the test, save
    those that contain a text of `tolerated`. With `user` the visit is logged in.
    """

    def __init__(
        self, chromium: Chromium, home: str, picture: Path, cookie_of: Callable[[Any], str]
    ):
        self._chromium, self.home, self._picture, self._cookie_of = (
            chromium,
            home,
            picture,
            cookie_of,
        )

    def __call__(
        self,
        act: Callable[[Page], T],
        *,
        user: Any = None,
        viewport: Viewport = DESKTOP,
        color_scheme: Literal["light", "dark"] = "light",
        tolerated: tuple[str, ...] = (),
    ) -> T:
        name = settings.SESSION_COOKIE_NAME
        cookies = [{"name": name, "value": self._cookie_of(user), "url": self.home}] if user else []
        width, height = viewport
        return self._chromium.visit(
            act,
            profile={"viewport": {"width": width, "height": height}, "color_scheme": color_scheme},
            home=self.home,
            cookies=cookies,
            picture=self._picture,
            tolerated=tolerated,
        )


def log_in(page: Page, username: str, password: str) -> None:
    """Log in as a person does, by the form."""
    page.goto("/admin/login/")
    page.get_by_label("Username").fill(username)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()


def _wait_until_whole(page: Page) -> None:
    """A click returns as soon as the page that it leads to has begun to come."""
    page.wait_for_load_state("load")


def assert_accessible(page: Page, *, rules: tuple[str, ...] = ()) -> None:
    """axe finds nothing on the page as it stands now (with its dialogs open or closed).

    Only these of its rules are applied where some are named.
    """
    _wait_until_whole(page)
    complaints = _complaints[page].found
    before = len(complaints)
    options: dict[str, Any] = {"resultTypes": ["violations"]}  # what passes is long to describe
    if rules:
        options["runOnly"] = list(rules)
    results = Axe().run(page, options=options)
    del complaints[before:]  # axe styles the page inline to measure it; that is no breach of ours
    assert not results.violations_count, f"{page.url}\n{results.generate_report()}"


def assert_fits(page: Page) -> None:
    """The page itself does not scroll sideways; wide tables scroll within their own area."""
    _wait_until_whole(page)
    wide = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    assert wide <= 0, f"{page.url} is {wide}px wider than the screen"
