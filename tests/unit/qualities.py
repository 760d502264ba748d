"""Quality tables for tests: a few models in one domain."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from fleetsim.quality.answers import Quality
from fleetsim.quality.assemble import quality_tables
from fleetsim.scenario.quality import DomainQuality, ModelQuality, QualitySettings, settled


def tables(
    accuracy: Sequence[float],
    families: Sequence[str] | None = None,
    model: dict[str, Any] | None = None,
    common: Sequence[float] | None = None,
    **domain: Any,
) -> Quality:
    """Tables of models with these accuracies; `model` and `domain`: keys of the scenario language.

    `common`: the rho_between of each model.
    """
    figures = settled(QualitySettings(every_domain=DomainQuality(**domain)), "general")
    families = families or [str(number) for number in range(len(accuracy))]
    models = [ModelQuality(**(model or {}))] * len(accuracy)
    own = None if common is None else np.array(common, np.float64)[:, None]
    return quality_tables(np.array(accuracy)[:, None], [figures], models, families, common=own)
