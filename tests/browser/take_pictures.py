"""Take the pictures that README and docs show, of the demo on a database of its own.

`make pictures`; look at each one before committing it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.browser.browser import MISSING, find_chromium

ROOT = Path(__file__).parents[2]
PICTURES = ROOT / "docs" / "pictures"
PORT = 8189
BASE = f"http://127.0.0.1:{PORT}"


@contextmanager
def demo() -> Iterator[None]:
    """A server with the demo, until the pictures are taken."""
    with tempfile.TemporaryDirectory() as folder:
        server = subprocess.Popen(
            [sys.executable, "manage.py", "start", "--port", str(PORT)],
            cwd=ROOT,
            env={**os.environ, "DATABASE_URL": f"sqlite:///{folder}/demo.sqlite3"},
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            next(line for line in server.stdout or () if BASE in line)
            yield
        finally:
            server.terminate()
            server.wait()


def shoot(page: Page, name: str) -> None:
    page.screenshot(path=PICTURES / f"{name}.png")


def open_first(page: Page, listed: str, status: str) -> None:
    """The page of the newest document of a list that wears this badge."""
    page.goto(f"{BASE}/admin/{listed}/")
    page.locator(f"#result_list tr:has(.lw-badge--{status}) th a").first.click()


def take(page: Page) -> None:
    page.goto(f"{BASE}/admin/login/")
    page.fill("#id_username", "demo")
    page.fill("#id_password", "demo")
    page.click("[type=submit]")
    shoot(page, "index")
    page.goto(f"{BASE}/admin/inventory/status/")
    shoot(page, "status")
    row = page.locator("tr", has_text="OMEGA-3-60CT")
    row.get_by_text("View").click()
    page.locator("dialog[open] tfoot").wait_for()
    shoot(page, "lots")
    open_first(page, "receiving/wro", "processing")
    shoot(page, "wro")
    page.get_by_role("link", name="Stow").first.click()
    shoot(page, "stow")
    open_first(page, "receiving/wro", "arrived")
    arrived = page.url
    page.get_by_role("link", name="Receive").first.click()
    shoot(page, "receive")
    page.goto(arrived.replace("/change/", "/scan/"))
    number = page.locator("h1").inner_text().split()[-1]
    for code in (f"{number}/1", "SCRUB-BODY-250ML", "SB-2028-04-C"):
        page.get_by_label("Scan a box, a product, its lot").fill(code)
        page.keyboard.press("Enter")
        page.wait_for_timeout(500)
    shoot(page, "scan")
    page.goto(f"{BASE}/admin/receiving/discrepancy/")
    shoot(page, "discrepancies")
    page.goto(f"{BASE}/admin/inventory/expiry/")
    shoot(page, "expiry")
    open_first(page, "fulfillment/order", "backordered")
    shoot(page, "order")
    open_first(page, "fulfillment/wave", "completed")
    shoot(page, "wave")
    open_first(page, "returns/return", "processing")
    shoot(page, "return")
    page.goto(f"{BASE}/admin/inventory/quarantinecase/")
    shoot(page, "quarantine")


def main() -> None:
    program = find_chromium()
    if program is None:
        sys.exit(MISSING)
    PICTURES.mkdir(parents=True, exist_ok=True)
    with demo(), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        take(browser.new_page(viewport={"width": 1280, "height": 860}))
        browser.close()


if __name__ == "__main__":
    main()
