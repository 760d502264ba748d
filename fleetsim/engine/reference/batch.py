"""A replica's queue, batch and KV blocks: who is in the next step (docs/engine.md, section 5, STEP_START)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from fleetsim.engine.reference.conversations import Conversations
from fleetsim.engine.reference.plan_rows import PoolRow
from fleetsim.engine.reference.queue import Queue
from fleetsim.engine.reference.records import Call
from fleetsim.tables import Scheduler


@dataclass
class Chunk:
    """Tokens of one sequence's prefill target that a step computes."""

    call: Call
    before: int  # tokens of the target computed before
    tokens: int


@dataclass
class Step:
    """One forward pass: who is in it."""

    start_ns: int
    decoding: list[Call]  # those that were decoding before
    imports: list[Call]  # those that decode for the first time here, with KV that came over a link
    chunks: list[Chunk]

    @property
    def sequences(self) -> list[Call]:
        """All that decode in this step: the D of docs/engine.md."""
        return self.decoding + self.imports

    @property
    def paused(self) -> list[Call]:
        """Those that emitted their last token before the step started: steps of prompts lay between."""
        return [call for call in self.decoding if call.last_token_ns < self.start_ns]

    @property
    def empty(self) -> bool:
        """Whether there is nothing to compute: the replica idles."""
        return not (self.decoding or self.imports or self.chunks)

    @property
    def alone(self) -> bool:
        """Whether it is a run of steps by itself."""
        return bool(self.imports or self.chunks or self.paused)


class Batch:
    """The calls given to a replica: those waiting, and those that hold KV blocks, running or in transfer."""

    def __init__(self, pool: PoolRow, queue: Queue) -> None:
        self.pool = pool
        self.queue = queue
        self.running: list[Call] = []  # in the order of their last admission
        self.in_transfer: list[Call] = []  # prefilled here, to be decoded elsewhere; their KV is not there yet
        self.kept = Conversations()
        self.preemptions = 0
        self.closed = False  # a static batch decodes: nobody is admitted

    def make_up_step(self, now_ns: int) -> Step:
        """The step that starts now."""
        self.queue.step_start_begins()
        step = self.step_by_scheduler(now_ns)
        self.queue.step_start_is_over()
        self.kept.trim(self.free_blocks())
        return step

    def step_by_scheduler(self, now_ns: int) -> Step:
        """Chunks and decoding sequences in one step, or in steps of their own."""
        if self.pool.scheduler != Scheduler.CHUNKED:
            step = self.prefill_step(now_ns)
            if step.chunks:
                return step
        step = self.step_with_decoding(now_ns)
        self.closed |= self.pool.scheduler == Scheduler.STATIC and not step.empty
        return step

    def prefill_step(self, now_ns: int) -> Step:
        """Chunks alone, if there are any: the decoding sequences pause."""
        if not self.running:
            self.closed = False
        budget = self.pool.max_batched_tokens
        step = Step(now_ns, decoding=[], imports=[], chunks=self.continue_prefill(budget))
        if not self.closed:
            self.admit(step, budget - sum(chunk.tokens for chunk in step.chunks), lambda call: not call.decodes)
        return step

    def step_with_decoding(self, now_ns: int) -> Step:
        """The next token of all that decode, with imports, and with chunks unless those have steps of their own."""
        preempted = self.make_room()
        decoding = self.decoding()
        for call in decoding:
            call.blocks += self.needs_block(call)
        budget = self.pool.max_batched_tokens - len(decoding)
        step = Step(now_ns, decoding, imports=[], chunks=self.continue_prefill(budget))
        if not preempted and not self.closed:
            chunked = self.pool.scheduler == Scheduler.CHUNKED
            self.admit(step, budget - sum(chunk.tokens for chunk in step.chunks), lambda call: chunked or call.decodes)
        return step

    def decoding(self) -> list[Call]:
        """The running sequences whose prefill target is complete."""
        return [call for call in self.running if call.decodes]

    def make_room(self) -> bool:
        """Preempt until the decoding sequences' new blocks are free; returns whether any was preempted."""
        preempted = False
        while sum(self.needs_block(call) for call in self.decoding()) > self.free_blocks():
            self.preempt(self.running.pop())
            preempted = True
        return preempted

    def preempt(self, call: Call) -> None:
        """The call loses its KV entries and waits at the front of the queue to be computed again."""
        call.blocks = 0
        call.computed_tokens = 0
        call.target_tokens = call.prompt_tokens + call.emitted_tokens
        call.interrupted = call.emitted_tokens > 0
        call.preemptions += 1
        self.preemptions += 1
        self.queue.put_in_front(call)

    def continue_prefill(self, budget: int) -> list[Chunk]:
        """The next chunk of the sequence that is in prefill, if there is one and budget is left."""
        unfinished = [call for call in self.running if not call.decodes]  # one at most
        chunks = [next_chunk(call, budget) for call in unfinished]
        return [chunk for chunk in chunks if chunk.tokens > 0]

    def admit(self, step: Step, budget: int, may_join: Callable[[Call], bool]) -> None:
        """Admit from the queue into the step while budget, seats and blocks last and its head may join."""
        while budget > 0 and len(self.running) < self.pool.max_num_seqs and self.queue:
            call = self.queue.head
            if not may_join(call):
                break
            imported = call.decodes  # nothing of its target is left to compute: it writes its next entry at once
            blocks = self.blocks_for(call.context_tokens if imported else call.target_tokens)
            if blocks > self.free_blocks():
                break
            self.running.append(self.queue.take_head())
            call.blocks = blocks
            if call.admitted_ns < 0:
                call.admitted_ns = step.start_ns
                self.reuse_conversation(call)
            if imported:
                step.imports.append(call)
                budget -= 1
            else:
                step.chunks.append(next_chunk(call, budget))
                budget -= step.chunks[-1].tokens

    def reuse_conversation(self, call: Call) -> None:
        """What is kept of the call's conversation is not computed again, but for the last token of the prompt."""
        if call.node_row.context == 1:
            blocks = self.kept.take(call.conversation)
            block_tokens = self.pool.block_tokens
            call.cached_tokens = min(blocks, (call.target_tokens - 1) // block_tokens) * block_tokens
            call.computed_tokens = call.cached_tokens

    def keep_conversation(self, call: Call) -> None:
        """The call has finished; if its conversation may go on, its whole blocks are kept while they are not needed."""
        if self.pool.caches == 1 and call.node_row.keeps == 1:
            entries = call.prompt_tokens + call.output_tokens - 1  # the last token was never read, nor stored
            self.kept.make(call.conversation, entries // self.pool.block_tokens)
            self.kept.trim(self.free_blocks())

    def remove(self, calls: list[Call]) -> None:
        """These calls leave the batch. Those that are not answered yet keep their blocks until they are transferred."""
        self.running = [call for call in self.running if call not in calls]
        self.in_transfer += [call for call in calls if not call.answered]
        for call in calls:
            if call.answered:
                call.blocks = 0

    def release(self, call: Call) -> None:
        """The call's KV has been transferred: its blocks here are free."""
        self.in_transfer.remove(call)
        call.blocks = 0

    def blocks_for(self, tokens: int) -> int:
        """Whole KV blocks that hold so many entries."""
        return -(-tokens // self.pool.block_tokens)

    def needs_block(self, call: Call) -> bool:
        """Whether the entry that a decode step writes begins a new block."""
        return (call.context_tokens - 1) % self.pool.block_tokens == 0

    def held_blocks(self) -> int:
        """KV blocks held by the running sequences and by those in transfer."""
        return sum(call.blocks for call in self.running + self.in_transfer)

    def free_blocks(self) -> int:
        """KV blocks that nobody holds."""
        return self.pool.kv_blocks - self.held_blocks()

    def claimed_blocks(self) -> int:
        """The `kv_blocks` signal: blocks held, and those that the waiting calls need for their prefill targets."""
        return self.held_blocks() + sum(self.blocks_for(call.target_tokens) for call in self.queue)


def next_chunk(call: Call, budget: int) -> Chunk:
    """As much of what is left of the call's prefill target as the budget allows."""
    return Chunk(call, call.computed_tokens, min(call.target_tokens - call.computed_tokens, budget))
