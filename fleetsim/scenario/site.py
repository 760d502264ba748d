"""Where the fleet stands."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, Strict

from fleetsim.scenario.fields import Carbon, Model


class Site(Model):
    """Where the fleet stands: what a joule costs the planet."""

    pue: Annotated[float, Strict(), Field(ge=1, le=5)] = Field(1.2, description="power usage effectiveness")
    carbon_g_per_kwh: Carbon = Field(350.0, alias="carbon", description="grams of CO2 per kWh of the grid")
