"""The script that draws the charts: Vega, Vega-Lite and Vega-Embed in one, as vl-convert carries them.

Making it takes two seconds, so it is kept in the user's cache folder, under the version of the program that made it.
"""

from __future__ import annotations

import hashlib
from importlib.metadata import version
from pathlib import Path

from fleetsim.compiled import user_cache
from fleetsim.report.files import replace


def bundle() -> str:
    """The script, from the cache if it is there and whole."""
    path = user_cache() / f"charts-{version('vl-convert-python')}.js"
    kept = _read(path)
    if kept is not None:
        return kept
    import vl_convert

    made = vl_convert.javascript_bundle()
    if "</script" in made.lower() or "<!--" in made:
        made = made.replace("</script", "<\\/script").replace("<!--", "<\\!--")
    _keep(path, made)
    return made


def _read(path: Path) -> str | None:
    try:
        digest, _, text = path.read_text(encoding="utf-8").partition("\n")
    except (OSError, UnicodeDecodeError):
        return None
    return text if digest == f"// {_digest(text)}" else None


def _keep(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        replace(path, f"// {_digest(text)}\n{text}")
    except OSError:
        return  # a cache that cannot be written costs two seconds and nothing else


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
