"""fleetsim schema."""

from __future__ import annotations

import json
from pathlib import Path

import click

from fleetsim.cli.group import talk


@click.command(short_help="Print the JSON Schema of scenarios, for editors.")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="File to write instead.")
def schema(output: Path | None) -> None:
    """Print the JSON Schema of scenarios, for completion and hints in editors.

    \b
    Examples:
      fleetsim schema -o scenario.schema.json
    and as the first line of a scenario:
      # yaml-language-server: $schema=scenario.schema.json
    """
    from fleetsim.scenario import json_schema

    text = json.dumps(json_schema(), indent=2, ensure_ascii=False)
    if output is None:
        click.echo(text)
        return
    output.write_text(text + "\n", encoding="utf-8")
    talk(f"wrote {output}")
