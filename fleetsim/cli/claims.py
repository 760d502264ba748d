"""fleetsim claims."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fleetsim.cli.group import say, talk
from fleetsim.cli.progress import progress_bar
from fleetsim.cli.text import grid, wrapped
from fleetsim.errors import UnknownName

if TYPE_CHECKING:
    from fleetsim.claims.stated.contract import Claim
    from fleetsim.claims.verdict import Outcome


@click.command(short_help="Test claims about architectures.")
@click.argument("names", metavar="[NAME]...", nargs=-1)
@click.option("--replications", type=click.IntRange(2, 10_000), help="Paired runs a setting [5; quick: 3].")
@click.option("--quick", is_flag=True, help="A tenth of the time of each run: wider intervals, more undecided.")
@click.option("--settings", is_flag=True, help="Print a line for every setting.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Folder for the files [out/claims].")
@click.option("--list", "listed", is_flag=True, help="List the claims, run nothing.")
@click.option("-q", "--quiet", is_flag=True, help="Print the results only.")
def claims(
    names: tuple[str, ...],
    replications: int | None,
    quick: bool,
    settings: bool,
    output: Path | None,
    listed: bool,
    quiet: bool,
) -> None:
    """Test what is claimed of architectures: where it holds, where it is false.

    Without NAME all claims are tested, in a few minutes. Each is a scenario (`fleetsim run claim_NAME` runs it once) of
    which something is varied; both sides of a comparison see the same tasks and the same luck. Prints for everything a
    claim says whether it holds, fails or depends, and on what; writes claims.html, claims.json and claims.csv.

    \b
    Examples:
      fleetsim claims
      fleetsim claims recurring specialists --settings
      fleetsim claims --quick -o out/quick
    """
    from fleetsim.claims.stated.contract import CLAIMS

    unknown = [CLAIMS.unknown(name) for name in names if name not in CLAIMS]
    if unknown:
        raise UnknownName("; ".join(unknown))
    chosen = [CLAIMS[name] for name in dict.fromkeys(names or CLAIMS)]
    if listed:
        say(grid([["name", "kinds", "claim"], *([c.name, " ".join(c.kinds), c.sentence] for c in chosen)]))
        return
    from fleetsim.claims.output import save

    with progress_bar(quiet) as progress:
        outcomes = _outcomes(chosen, replications, quick, progress)
    say("\n\n".join("\n".join(_lines(outcome, settings)) for outcome in outcomes))
    files = save(outcomes, output or Path("out") / "claims", _command(names, replications, quick))
    if not quiet:
        talk(f"wrote {', '.join(path.name for path in files)} to {files[0].parent}")


def _outcomes(
    chosen: list[Claim], replications: int | None, quick: bool, progress: Callable[[str, float], None] | None
) -> list[Outcome]:
    from fleetsim.claims.run import QUICK_REPLICATIONS, REPLICATIONS, run

    replicates = replications or (QUICK_REPLICATIONS if quick else REPLICATIONS)
    outcomes = []
    for number, claim in enumerate(chosen):
        tell = None
        if progress is not None:
            tell = lambda doing, share, done=number: progress(doing, (done + share) / len(chosen))  # noqa: E731
        outcomes.append(run(claim, replicates=replicates, quick=quick, progress=tell))
    return outcomes


def _command(names: tuple[str, ...], replications: int | None, quick: bool) -> str:
    words = ["fleetsim claims", *names]
    words += [f"--replications {replications}"] if replications else []
    return " ".join(words + ["--quick"] * quick)


def _lines(outcome: Outcome, settings: bool) -> Iterator[str]:
    """The claim and its verdict; then what became of everything it says, and where."""
    from fleetsim.claims.words import SAID, bound_text, conclusion, effect_text, x_text

    claim = outcome.claim
    yield wrapped(f"{claim.sentence} {SAID[outcome.verdict].upper()}", first=f"{claim.name}: ")
    for finding in outcome.findings:
        effect = finding.effect
        known = sorted((p for p in finding.points if p.value == p.value), key=lambda p: p.value)
        ends = dict.fromkeys(effect_text(effect, p) for p in (known[0], known[-1])) if known else ["n/a"]
        yield wrapped(
            f"{effect.says} ({effect.figure}, {effect.how}; {bound_text(effect)}): {' to '.join(ends)}; "
            f"{conclusion(outcome, finding)}",
            indent="      ",
            first="  - ",
        )
        if settings:
            rows = [[claim.lines or "setting", claim.axis, "effect", "verdict"]]
            for p in finding.points:
                rows.append([p.setting.line, x_text(p.setting.x), effect_text(effect, p), SAID[p.verdict]])
            yield grid(rows, right=(1, 2), indent="      ")
