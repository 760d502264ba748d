"""Whether a call's answer will be right, and how long it is then (docs/engine.md, section 3a)."""

from __future__ import annotations

import math

from fleetsim.engine.reference.records import Call
from fleetsim.plan import Plan
from fleetsim.quality import answers


def judge(plan: Plan, call: Call, model: int) -> None:
    """A replica that runs `model` (a row of the quality tables, or -1) will answer the call."""
    row = call.node_row
    call.model = model
    if model == -1 or not (row.solves or row.coupled):
        return
    quality, seed, task, domain = plan.quality, plan.seed, call.task, call.thread.task.domain
    role, attempt = call.role, call.attempt
    easy = answers.ease(quality, seed, task, domain, model, role, attempt)
    if row.solves:
        call.right = int(answers.is_right(quality, seed, task, domain, model, role, row.probit, easy))
        call.label = int(answers.label(quality, seed, task, domain, model, role, attempt, call.right))
    if row.coupled:
        factor = answers.length_factor(quality, seed, task, model, role, attempt, easy)
        call.output_tokens = max(math.floor(factor * call.output_tokens + 0.5), 1)
