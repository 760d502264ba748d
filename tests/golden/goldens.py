"""Make golden.json again: python tests/golden/goldens.py. Then CHANGELOG.md says under Results what has changed."""

from __future__ import annotations

import json
from pathlib import Path

HERE = Path(__file__).parent
KEPT = (
    "finished", "refused_error", "ttft_mean", "tpot_mean", "e2e_mean", "e2e_p99", "queueing_mean", "itl_p99",
    "calls_per_task", "escalation_rate", "accuracy", "wrong_undetected_share", "cost_per_correct_usd",
    "usd_per_million_output_tokens", "slo_attainment", "output_tokens_per_s", "parallelism",
)  # fmt: skip


def figures() -> dict[str, dict[str, float]]:
    """The kept figures of all tasks of each architecture, and the busy share of each pool."""
    import fleetsim

    study = fleetsim.simulate(HERE / "four_ways.yaml")
    return {
        arm.name: {
            f"{figure.name} {figure.scope}": figure.value
            for figure in arm.figures
            if (figure.scope == "all" and figure.name in KEPT) or figure.name == "utilisation"
        }
        for arm in study.arms
    }


if __name__ == "__main__":
    (HERE / "golden.json").write_text(json.dumps(figures(), indent=1, sort_keys=True) + "\n", encoding="utf-8")
