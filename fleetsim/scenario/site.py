"""Where the fleet stands: one site, or regions of their own prices, grids and distances."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, Strict

from fleetsim.scenario.fields import Carbon, Duration, Model, Name, Positive


class Region(Model):
    """What is different for pools that stand in a region; what is left out is as the site says."""

    pue: Annotated[float, Strict(), Field(ge=1, le=5)] | None = Field(None, description="power usage effectiveness")
    carbon_g_per_kwh: Carbon | None = Field(None, alias="carbon", description="grams of CO2 per kWh of its grid")
    network_s: Duration = Field(
        0.0, alias="network", description="delay between clients and the region, one way; on top of the pool's own"
    )
    prices: Positive = Field(1.0, description="factor on the prices of hardware profiles; a pool's own `price` stands")


class Site(Model):
    """Where the fleet stands: what a joule costs the planet."""

    pue: Annotated[float, Strict(), Field(ge=1, le=5)] = Field(1.2, description="power usage effectiveness")
    carbon_g_per_kwh: Carbon = Field(350.0, alias="carbon", description="grams of CO2 per kWh of the grid")
    regions: dict[Name, Region] = Field({}, description="name -> what is different there, for pools with a `region`")

    def where(self, region: str | None) -> Region:
        """A region with what it leaves out as the site has it; None: the site itself."""
        own = Region() if region is None else self.regions[region]
        stands = {"pue": self.pue, "carbon_g_per_kwh": self.carbon_g_per_kwh}
        return own.model_copy(update={name: value for name, value in stands.items() if getattr(own, name) is None})
