"""A replica's queue, batch and KV blocks: who is in the next step (docs/engine.md, section 5, STEP_START)."""

from __future__ import annotations

from dataclasses import dataclass

from fleetsim.engine.reference.plan_rows import PoolRow
from fleetsim.engine.reference.records import Call


@dataclass
class Chunk:
    """Tokens of one sequence's prefill target that a step computes."""

    call: Call
    before: int  # tokens of the target computed before
    tokens: int


class Batch:
    """The calls given to a replica: those waiting, and those running, who hold KV blocks."""

    def __init__(self, pool: PoolRow) -> None:
        self.pool = pool
        self.queue: list[Call] = []
        self.running: list[Call] = []  # in the order of their last admission
        self.preemptions = 0

    def make_up_step(self, now_ns: int) -> tuple[list[Call], list[Chunk]]:
        """The decoding sequences and the prefill chunks of the step that starts now."""
        preempted = self.make_room()
        decoding = self.decoding()
        for call in decoding:
            call.blocks += self.needs_block(call)
        budget = self.pool.max_batched_tokens - len(decoding)
        chunks = self.continue_prefill(budget)
        budget -= sum(chunk.tokens for chunk in chunks)
        if not preempted:
            chunks += self.admit(budget, now_ns)
        return decoding, chunks

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
        self.queue.insert(0, call)

    def continue_prefill(self, budget: int) -> list[Chunk]:
        """The next chunk of the sequence that is in prefill, if there is one and budget is left."""
        unfinished = [call for call in self.running if not call.decodes]  # one at most
        chunks = [next_chunk(call, budget) for call in unfinished]
        return [chunk for chunk in chunks if chunk.tokens > 0]

    def admit(self, budget: int, now_ns: int) -> list[Chunk]:
        """Admit from the queue while budget, seats and blocks last; gives the new sequences' first chunks."""
        chunks = []
        while budget > 0 and len(self.running) < self.pool.max_num_seqs and self.queue:
            blocks = self.blocks_for(self.queue[0].target_tokens)
            if blocks > self.free_blocks():
                break
            call = self.queue.pop(0)
            self.running.append(call)
            call.blocks = blocks
            if call.admitted_ns < 0:
                call.admitted_ns = now_ns
            chunks.append(next_chunk(call, budget))
            budget -= chunks[-1].tokens
        return chunks

    def remove(self, calls: list[Call]) -> None:
        """Finished calls leave the batch and free their blocks."""
        self.running = [call for call in self.running if call not in calls]
        for call in calls:
            call.blocks = 0

    def blocks_for(self, tokens: int) -> int:
        """Whole KV blocks that hold so many entries."""
        return -(-tokens // self.pool.block_tokens)

    def needs_block(self, call: Call) -> bool:
        """Whether the entry that a decode step writes begins a new block."""
        return (call.context_tokens - 1) % self.pool.block_tokens == 0

    def held_blocks(self) -> int:
        """KV blocks held by the running sequences."""
        return sum(call.blocks for call in self.running)

    def free_blocks(self) -> int:
        """KV blocks that nobody holds."""
        return self.pool.kv_blocks - self.held_blocks()

    def claimed_blocks(self) -> int:
        """The `kv_blocks` signal: blocks held, and those that the waiting calls need for their prefill targets."""
        return self.held_blocks() + sum(self.blocks_for(call.target_tokens) for call in self.queue)


def next_chunk(call: Call, budget: int) -> Chunk:
    """As much of what is left of the call's prefill target as the budget allows."""
    return Chunk(call, call.computed_tokens, min(call.target_tokens - call.computed_tokens, budget))
