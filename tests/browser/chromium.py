"""A report in a tab of Chromium, for tests of what a reader sees."""

from __future__ import annotations

import io
import shutil

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
QUIET = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-component-update",
         "--disable-background-networking", "--disable-sync")  # fmt: skip


class Opened:
    """The report in a tab, with everything that was requested and said."""

    def __init__(self, browser, file, **how):
        self.requests, self.said = [], []
        self.page = browser.new_page(viewport={"width": 1180, "height": 900}, **how)
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.goto(file.as_uri())
        self.page.wait_for_selector("html[data-ready=yes]", timeout=120_000)

    def picked(self, chart):
        return self.page.evaluate(f"views['{chart}'].signal('picked')")

    def chart_titled(self, title):
        return self.page.locator("figure", has=self.page.get_by_role("heading", name=title)).locator(".chart")


def ink(picture):
    """The share of pixels that are not as the picture's corner is."""
    from PIL import Image

    image = Image.open(io.BytesIO(picture)).convert("RGB")
    colours = image.getcolors(maxcolors=1 << 24)
    paper = image.getpixel((0, 0))
    return 1 - sum(count for count, colour in colours if colour == paper) / (image.width * image.height)
