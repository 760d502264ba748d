"""fleetsim report."""

from __future__ import annotations

from pathlib import Path

import click

from fleetsim.cli.figures import figures_option, write_figures
from fleetsim.cli.group import talk
from fleetsim.errors import NotWritten


@click.command(short_help="Make the report of saved results again.")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), help="File to write [FOLDER/report.html].")
@figures_option
@click.option("-q", "--quiet", is_flag=True, help="Say nothing.")
def report(folder: Path, output: Path | None, formats: tuple[str, ...], quiet: bool) -> None:
    """Make the report of results that were saved before, without simulating again.

    FOLDER is what `fleetsim run -o` wrote. The same results give the same page, to the byte; a page is worth making
    again after fleetsim itself has changed, or for the figures that it shows in other formats.

    \b
    Examples:
      fleetsim report out/quickstart
      fleetsim report results -o for_the_board.html
      fleetsim report results --figures png,csv
    """
    from fleetsim.report import write
    from fleetsim.study.saved import read_saved

    study = read_saved(folder)
    path = output or folder / "report.html"
    try:
        write(study, path)
    except OSError as error:
        raise NotWritten(f"{path} cannot be written ({error.strerror or error}); name another file with -o") from None
    written = write_figures(study, path.parent, formats)
    if not quiet:
        talk(
            f"wrote {path}"
            + (f" and {len(written)} file{'s' * (len(written) != 1)} to {path.parent / 'figures'}" if written else "")
        )
