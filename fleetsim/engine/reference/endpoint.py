"""Rented endpoints: answers by distributions of times, limits and failures (docs/engine.md, section 4b)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from fleetsim.engine import steps
from fleetsim.engine.reference.clock import Clock
from fleetsim.engine.reference.delivery import is_out, refuse, shorten
from fleetsim.engine.reference.judge import judge
from fleetsim.engine.reference.nodes import quantile
from fleetsim.engine.reference.plan_rows import PoolRow, VersionRow, first_version
from fleetsim.engine.reference.records import Call, Run, Sample
from fleetsim.luck import Stream, uniform
from fleetsim.plan import Plan
from fleetsim.tables import Rank, Status

refilled = getattr(steps.refilled, "py_func", steps.refilled)


class Limit:
    """So much a nanosecond, and `most` at once. A limit of 0 a nanosecond is none."""

    def __init__(self, per_ns: float, most: float) -> None:
        self.per_ns = per_ns
        self.most = most
        self.level = most
        self.updated_ns = 0

    def bring_up_to_date(self, now_ns: int) -> None:
        """Let the level recover for the time since it was last asked for."""
        self.level = refilled(self.level, now_ns - self.updated_ns, self.per_ns, self.most)
        self.updated_ns = now_ns

    def allows(self, amount: float) -> bool:
        """Whether so much may be taken now."""
        return self.per_ns == 0 or self.level >= amount

    def take(self, amount: float) -> None:
        """So much is used up."""
        self.level -= amount


class Endpoint:
    """A pool that is rented, and the one replica that stands for it in the records. `departed`: see `Pool`."""

    def __init__(self, plan: Plan, index: int, clock: Clock, departed: Callable[[Call], None]) -> None:
        self.plan = plan
        self.row = PoolRow(*plan.pools[index].tolist())
        self.decode_pool = index
        self.clock = clock
        self.departed = departed
        self.number = self.row.first_replica
        self.version = first_version(self.row)
        self.open = True
        self.requests = Limit(self.row.requests_per_ns, self.row.requests_most)
        self.tokens = Limit(self.row.tokens_per_ns, self.row.tokens_most)
        self.outstanding = self.outstanding_tokens = 0
        self.prefill_tokens = self.output_tokens = 0
        self.runs: list[Run] = []

    @property
    def replicas(self) -> list[Endpoint]:
        """Whose samples and runs are recorded: its own."""
        return [self]

    def deliver(self, call: Call) -> None:
        """The call reaches the endpoint: it is being answered, or refused."""
        call.queued_ns = self.clock.now_ns
        refusal = self._refusal(call)
        if refusal is not None:
            refuse(call, refusal, self.departed)
            return
        asked = call.output_tokens
        judge(self.plan, call, self.version.model)
        shorten(call, self.row.context_tokens - call.prompt_tokens)
        if not self._within_limits(call):
            call.output_tokens, call.model, call.right = asked, -1, -1
            refuse(call, Status.REFUSED_RATE, self.departed)
            return
        self._answer(call)

    def _refusal(self, call: Call) -> Status | None:
        if is_out(self.plan, self.row, self.clock.now_ns):
            return Status.REFUSED_OUTAGE
        if self._luck(Stream.ENDPOINT_ERROR, call) < self.row.error_share:
            return Status.REFUSED_ERROR
        if call.prompt_tokens >= self.row.context_tokens:
            return Status.REFUSED_CONTEXT
        return None

    def _luck(self, stream: Stream, call: Call) -> float:
        return uniform(self.plan.seed, int(stream), call.task, call.node, call.attempt)

    def _within_limits(self, call: Call) -> bool:
        """Take the call and its tokens from the limits; returns False, with nothing taken, if either is reached."""
        tokens = min(call.prompt_tokens + call.output_tokens, self.tokens.most)
        for limit in (self.requests, self.tokens):
            limit.bring_up_to_date(self.clock.now_ns)
        if not (self.requests.allows(1) and self.tokens.allows(tokens)):
            return False
        self.requests.take(1)
        self.tokens.take(tokens)
        return True

    def _answer(self, call: Call) -> None:
        now_ns, row = self.clock.now_ns, self.row
        call.accepted = True
        call.replica = self.number
        call.admitted_ns = now_ns
        self.outstanding += 1
        self.outstanding_tokens += call.prompt_tokens
        wait_ns = quantile(self.plan, row.ttft_offset, row.ttft_count, self._luck(Stream.ENDPOINT_TTFT, call))
        gap_ns = quantile(self.plan, row.tpot_offset, row.tpot_count, self._luck(Stream.ENDPOINT_TPOT, call))
        first_ns = now_ns + wait_ns
        finish_ns = max(first_ns + gap_ns * (call.output_tokens - 1), now_ns + 1)
        finish = partial(self._finish, call, first_ns, gap_ns)
        self.clock.call_at(finish, finish_ns, Rank.ANSWERED, call.task, call.node, call.attempt)

    def _finish(self, call: Call, first_ns: int, gap_ns: int) -> None:
        call.first_token_ns = first_ns
        call.finish_ns = self.clock.now_ns
        call.status = Status.CUT if call.cut else Status.FINISHED
        self.outstanding -= 1
        self.outstanding_tokens -= call.prompt_tokens
        self.prefill_tokens += call.prompt_tokens
        self.output_tokens += call.output_tokens
        if call.output_tokens > 1:
            gaps = call.output_tokens - 1
            self.runs.append(Run(self.number, first_ns, float(gap_ns), 0.0, decoding=1, steps=gaps))
        self.departed(call)

    def equip(self, version: VersionRow) -> None:
        """Calls delivered from now on are answered by another model."""
        self.version = version

    def sample(self, time_ns: int) -> Sample:
        """The endpoint as it is at `time_ns`: it does not say how busy it is."""
        return Sample(
            time_ns=time_ns,
            replica=self.number,
            open=int(self.open),
            waiting=0,
            running=self.outstanding,
            kv_blocks=0,
            prefill_ns=0,
            decode_ns=0,
            steps=0,
            prefill_tokens=self.prefill_tokens,
            output_tokens=self.output_tokens,
            preemptions=0,
        )
