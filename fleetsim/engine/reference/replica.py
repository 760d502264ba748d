"""A replica: one step after another, how long each takes and what comes out of it (docs/engine.md, section 5)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator

import numpy as np
import simpy

from fleetsim.engine.reference.batch import Batch, Step
from fleetsim.engine.reference.clock import Clock
from fleetsim.engine.reference.durations import first_step_ns, growth_per_step_ns, run_end_ns
from fleetsim.engine.reference.link import Link
from fleetsim.engine.reference.plan_rows import PoolRow, VersionRow, first_version
from fleetsim.engine.reference.queue import Queue
from fleetsim.engine.reference.records import Call, Run, Sample
from fleetsim.tables import Rank, RunKind, Status


class Replica:
    """One model copy with its queue. `number`: its row among all replicas; `base_ns`: all tables of base step times.

    `departed(call)` is told of every call that has finished, `transferred(call)` of every call that was prefilled here
    and whose KV has reached the pool that decodes it.
    """

    def __init__(
        self,
        number: int,
        pool: PoolRow,
        queue: Queue,
        base_ns: np.ndarray,
        clock: Clock,
        departed: Callable[[Call], None],
        transferred: Callable[[Call], None],
    ) -> None:
        self.number = number
        self.pool = pool
        self.version = first_version(pool)
        self.open = True
        self.emptied: Callable[[], None] | None = None  # to be told when the last call has left
        self.base_ns = base_ns
        self.clock = clock
        self.departed = departed
        self.transferred = transferred
        self.link = Link(pool, clock, self.release)
        self.batch = Batch(pool, queue)
        self.outstanding = self.outstanding_tokens = 0
        self.step: Step | None = None
        self.run: Run | None = None
        self.runs: list[Run] = []
        self.prefill_ns = self.decode_ns = 0
        self.steps = self.prefill_tokens = self.output_tokens = 0
        self.bell = clock.env.event()
        clock.env.process(self.life())

    def life(self) -> Generator[simpy.Event, None, None]:
        """The replica's process: sleep until the bell rings, then step until there is nothing to do."""
        while True:
            yield self.bell
            while self.batch.queue or self.batch.running:
                yield self.clock.at(self.clock.now_ns, Rank.STEP_START, self.number)
                step = self.batch.make_up_step(self.clock.now_ns)
                if step.empty:
                    break
                end_ns = self.start_step(step)
                yield self.clock.at(end_ns, Rank.STEP_END, self.number)
                self.end_step(step)
            self.run = None
            self.bell = self.clock.env.event()

    def join(self, call: Call) -> None:
        """A call is given to this replica: it goes to the tail of the queue."""
        call.replica = self.number
        call.target_tokens = call.prompt_tokens
        self.outstanding += 1
        self.outstanding_tokens += call.prompt_tokens
        self.batch.queue.join(call, self.clock.now_ns)
        self.wake()

    def wake(self) -> None:
        """Ring the bell, unless it has rung: there may be a step to start."""
        if not self.bell.triggered:
            self.bell.succeed()

    def cached_tokens(self, call: Call) -> int:
        """Tokens that are kept here of the call's conversation; -1 if no conversations are kept."""
        if self.pool.caches == 0:
            return -1
        return self.batch.kept.kept_blocks(call.conversation) * self.pool.block_tokens

    # How long a step takes

    def start_step(self, step: Step) -> int:
        """Begin a step; returns when it will end."""
        self.step = step
        under_window = sum(call.context_tokens < self.pool.window_tokens for call in step.sequences)
        if not self.run_goes_on(under_window):
            self.run = self.new_run(under_window)
            self.runs.append(self.run)
        return run_end_ns(self.run.start_ns, self.run.first_ns, self.run.growth_ns, self.run.steps + 1)

    def run_goes_on(self, under_window: int) -> bool:
        """Whether the step that starts is one more of the run before it."""
        run, step = self.run, self.step
        if run is None or run.over or run.alone or step.alone:
            return False
        return run.sequences == step.sequences and run.under_window == under_window

    def new_run(self, under_window: int) -> Run:
        """The run that begins with the step that starts now."""
        pool, version, step = self.pool, self.version, self.step
        contexts = [call.context_tokens for call in step.sequences]
        tokens = len(contexts) + sum(chunk.tokens for chunk in step.chunks)
        return Run(
            replica=self.number,
            start_ns=step.start_ns,
            first_ns=first_step_ns(
                base_ns=float(self.base_ns[version.base_offset + tokens]),
                alpha_ns=version.alpha_ns,
                context=sum(contexts),
                window_alpha_ns=version.window_alpha_ns,
                window_context=sum(min(context, pool.window_tokens) for context in contexts),
                beta_ns=version.beta_ns,
                area=sum(chunk.tokens * (chunk.before + chunk.tokens / 2) for chunk in step.chunks),
            ),
            growth_ns=growth_per_step_ns(version.alpha_ns, len(contexts), version.window_alpha_ns, under_window),
            decoding=len(step.decoding) - len(step.paused),
            sequences=step.sequences,
            under_window=under_window,
            alone=step.alone,
        )

    # What comes out of a step

    def end_step(self, step: Step) -> None:
        """All tokens of the step are emitted; then calls leave, one after the other."""
        self.prefill_ns, self.decode_ns = self.busy_ns(self.clock.now_ns)
        self.step = None
        self.steps += 1
        self.run.steps += 1
        for since_ns, together in Counter(call.last_token_ns for call in step.paused).items():
            self.write_gap(since_ns, together)
        for call in step.sequences:
            self.emit(call)
        for chunk in step.chunks:
            self.prefill_tokens += chunk.tokens
            chunk.call.computed_tokens += chunk.tokens
            if chunk.call.decodes:
                self.emit(chunk.call)
        self.send_away([call for call in self.batch.running if call.answered or self.decodes_elsewhere(call)])
        self.tell_if_empty()

    def decodes_elsewhere(self, call: Call) -> bool:
        """Whether another pool decodes the call, which has been prefilled here."""
        return self.pool.decode_pool != -1 and call.decodes

    def emit(self, call: Call) -> None:
        """The call gets a token now."""
        now_ns = self.clock.now_ns
        if call.interrupted:
            self.write_gap(call.last_token_ns, 1)
            call.interrupted = False
        if call.emitted_tokens == 0:
            call.first_token_ns = now_ns
        call.emitted_tokens += 1
        call.last_token_ns = now_ns
        self.output_tokens += 1
        self.batch.queue.emitted(call)

    def write_gap(self, since_ns: int, sequences: int) -> None:
        """The gap of sequences that had to wait and have their next token now."""
        gap_ns = float(self.clock.now_ns - since_ns)
        self.runs.append(Run(self.number, since_ns, gap_ns, 0.0, sequences, steps=1, kind=RunKind.RESUMED))

    def send_away(self, leaving: list[Call]) -> None:
        """All leave the batch before the first of them goes back to its client, or on to the pool that decodes it."""
        self.batch.remove(leaving)
        for call in leaving:
            if call.answered:
                call.finish_ns = self.clock.now_ns
                call.status = Status.CUT if call.cut else Status.FINISHED
                self.batch.keep_conversation(call)
        for call in leaving:
            self.outstanding -= 1
            self.outstanding_tokens -= call.prompt_tokens
            go_on = self.departed if call.answered else self.link.send
            go_on(call)

    def release(self, call: Call) -> None:
        """The call's KV has left: its blocks may let a waiting call in; the other pool takes it over."""
        self.batch.release(call)
        if self.batch.queue:
            self.wake()
        call.transferred_ns = self.clock.now_ns
        call.prefill_replica = self.number
        self.transferred(call)

    # What is changed about it

    def equip(self, version: VersionRow) -> None:
        """Calls delivered and steps begun from now on are the version's."""
        self.version = version
        if self.run is not None:
            self.run.over = True

    def close(self, emptied: Callable[[], None]) -> None:
        """It is given no further calls. `emptied` is called as soon as those it has have left."""
        self.open = False
        self.emptied = emptied
        self.tell_if_empty()

    def tell_if_empty(self) -> None:
        """Say so if the last call has left and somebody waits for that."""
        busy = self.step is not None or self.batch.running or self.batch.queue
        if self.emptied is not None and not busy:
            emptied, self.emptied = self.emptied, None
            emptied()

    def reopen(self, version: VersionRow) -> None:
        """It has loaded the version and takes calls again."""
        self.version = version
        self.open = True
        self.batch.kept.clear()

    def busy_ns(self, time_ns: int) -> tuple[int, int]:
        """Time up to `time_ns` in steps with a chunk and in steps without, the step in progress included."""
        elapsed_ns = time_ns - self.step.start_ns if self.step else 0
        if self.step and self.step.chunks:
            return self.prefill_ns + elapsed_ns, self.decode_ns
        return self.prefill_ns, self.decode_ns + elapsed_ns

    def sample(self, time_ns: int) -> Sample:
        """The replica as it is at `time_ns`, nothing having happened since the present."""
        prefill_ns, decode_ns = self.busy_ns(time_ns)
        return Sample(
            time_ns=time_ns,
            replica=self.number,
            open=int(self.open),
            waiting=len(self.batch.queue),
            running=len(self.batch.running),
            kv_blocks=self.batch.held_blocks(),
            prefill_ns=prefill_ns,
            decode_ns=decode_ns,
            steps=self.steps,
            prefill_tokens=self.prefill_tokens,
            output_tokens=self.output_tokens,
            preemptions=self.batch.preemptions,
        )
