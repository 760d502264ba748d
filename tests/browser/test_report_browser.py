"""The report in a real browser, where there is one: charts are drawn under the page's own policy, nothing is requested.

On a machine without Chromium the page's sources are held to what the browser would see.
"""

import http.server
import re
import shutil
import subprocess
import sys
import threading
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "unit"))

from findings_made import all_findings
from studies import reworded, study

from fleetsim import report

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
QUIET = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-component-update",
    "--disable-background-networking", "--disable-sync", "--disable-features=NetworkTimeServiceQuerying",
    "--enable-logging=stderr", "--virtual-time-budget=20000",
)  # fmt: skip


class Site:
    """A server of one folder that remembers what was asked of it; the browser finds it under every name there is."""

    def __init__(self, folder):
        asked = self.asked = []

        class Handler(http.server.SimpleHTTPRequestHandler):
            def __init__(self, *args):
                super().__init__(*args, directory=folder)

            def do_GET(self):
                asked.append(self.path)
                super().do_GET()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


class Requests(HTMLParser):
    """What a browser would fetch for the page's elements."""

    def __init__(self, text):
        super().__init__()
        self.made = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        named = dict(attrs)
        if tag in {"link", "img", "iframe", "object", "embed"} or {"src", "srcset", "data"} & set(named):
            self.made.append((tag, attrs))


def opened(folder):
    """The page's elements after its scripts ran, what the console said, and what was requested."""
    with Site(folder) as site:
        every_name = f"--host-resolver-rules=MAP * 127.0.0.1:{site.port}"
        address = f"http://report.test:{site.port}/report.html"
        command = [BROWSER, *QUIET, every_name, f"--user-data-dir={folder / 'profile'}", "--dump-dom", address]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    return done.stdout, [line for line in done.stderr.splitlines() if "CONSOLE" in line], site.asked


@pytest.mark.parametrize("hostile", ["", "\"'><script>document.title='broken'</script><img src=//evil.test/x.png>"])
def test_charts_are_drawn_and_nothing_is_requested(tmp_path, hostile):
    made = study(3, tasks=300)
    made = replace(made, findings=all_findings(tuple(arm.name for arm in made.arms)))
    report.write(reworded(made, lambda text: text + hostile), tmp_path / "report.html")
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    charts = text.count('class="chart"')
    assert charts == 20
    if BROWSER is None:
        assert "default-src &#39;none&#39;" in text
        assert Requests(text).made == []
        return
    page, console, asked = opened(tmp_path)
    assert console == []
    assert asked == ["/report.html"]
    assert page.count('data-drawn="yes"') == charts
    assert page.count("<svg") >= charts
    assert 'data-ready="yes"' in page
    assert "<title>broken" not in page
    drawn = re.findall(r'<path[^>]* d="M[^"]{20,}"', page[: page.index('<script type="application/json"')])
    assert len(drawn) > 50
