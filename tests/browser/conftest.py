"""Chromium for the tests of this folder."""

import pytest
from chromium import BROWSER, QUIET


@pytest.fixture(scope="module")
def browser():
    """Chromium, or None where the machine has none; where it has one, Playwright must be there to drive it."""
    if BROWSER is None:
        yield None
        return
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=BROWSER, args=list(QUIET))
        yield chromium
        chromium.close()
