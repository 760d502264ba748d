"""How to run it again."""

from __future__ import annotations

import shlex
from typing import Any

from fleetsim.report.contract import Block, Listing, Prose, section
from fleetsim.report.view import View


@section(order=100, title="How to run it again", part="")
def again(view: View) -> list[Block]:
    """The command and the scenario with every default."""
    blocks: list[Block] = [Prose("The same inputs, seed and version give the same result.")]
    command = _command(view.study.provenance.get("command"))
    if command:
        blocks.append(Listing("Command", command))
    if view.study.resolved:
        blocks.append(Listing("The scenario with every default", view.study.resolved, folded=True))
    return blocks


def _command(words: Any) -> str:
    """Words of a command line quoted for a shell; text is taken as it is."""
    if isinstance(words, list | tuple):
        return shlex.join(str(word) for word in words)
    return str(words) if words else ""
