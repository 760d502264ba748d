"""A field that holds a number of tokens, or a law of lengths by its `kind`."""

from __future__ import annotations

from typing import Annotated, Any, Union

from pydantic import BeforeValidator, Field

from fleetsim.scenario.families import LENGTHS


def _fixed_length(value: Any) -> Any:
    """`prompt: 512 tokens` is short for `prompt: {kind: fixed, tokens: 512 tokens}`."""
    return {"kind": "fixed", "tokens": value} if isinstance(value, int | float | str) else value


_Law = Annotated[Union[tuple(LENGTHS.values())], Field(discriminator="kind")]  # noqa: UP007
Length = Annotated[_Law, BeforeValidator(_fixed_length, json_schema_input_type=_Law | float | str)]
