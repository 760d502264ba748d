"""What two published series of benchmarks set without saying so in their rows.

`nominal isl/osl`: in-process runs with equal lengths. `lengths uniform in [0.8L, L]`: servers set up by scripts for
each concurrency. The settings are those of the scripts as far as they are known, else what several rows agree on; each
concerns the schedule, none a step time.
"""

from __future__ import annotations

import re
from typing import Any

from fleetsim.hardware import Speculation
from fleetsim.predict.rows import Point

_COPIED = "group=nv_gap_qwen35"  # rows of the servers that stand among the in-process runs
_HELD_BACK = 20.0  # steps after which the first tokens are sent, where they are sent so many at a time
_MANY = 16.0  # clients from which sglang's scheduler is set to look for requests less often


def settings_of(point: Point, framework: str, dp: int) -> dict[str, Any]:
    """Fields of `Framework` that the series of a point sets; none for a point of neither."""
    if is_nominal(point):
        return {"request_s": 0.0, "quantised_kv": None, **_nominal(point, framework)}
    if is_served(point) and point.mode == "agg":
        return _served(point, framework, dp)
    return {}


def is_nominal(point: Point) -> bool:
    """Whether a point is one of the in-process runs."""
    return "nominal" in point.workload and _COPIED not in point.notes


def is_served(point: Point) -> bool:
    """Whether a point is one of the servers', with lengths between 0.8 L and L."""
    return "uniform in [0.8" in point.workload or ("nominal" in point.workload and _COPIED in point.notes)


def _nominal(point: Point, framework: str) -> dict[str, Any]:
    if framework == "trtllm" and re.match(r"1\.0\.", point.framework_version):
        return {"late_slot": True}
    return {"max_num_batched_tokens": 2048} if framework == "vllm" else {}


def _served(point: Point, framework: str, dp: int) -> dict[str, Any]:
    if framework == "sglang":
        try:
            many = float(point.load_value) >= _MANY
        except ValueError:
            many = True
        return {"max_num_batched_tokens": 16_384, "wait_steps": 15.0 if many else 5.0}
    if framework != "trtllm":
        return {}
    found: dict[str, Any] = {}
    model = point.model.lower()
    if "deepseek" in model and dp > 1:
        found["wait_steps"] = 40.0  # requests wait until all ranks can take one
    if "llama" in model and point.isl == point.osl:
        found["wait_steps"] = _HELD_BACK
    if "gpt-oss" in model:
        found["max_num_batched_tokens"] = 20_000
    if "deepseek" in model:
        found["tokens_beside_prompt"] = 128
        if point.framework_version == "1.2.0rc6.post3":  # against .post2 at equal settings: 1.4 to 1.6 times as fast
            found["speculation"] = Speculation(draft_tokens=3, accepted=1.49)
    return found
