"""KV of conversations that a replica keeps until its blocks are needed (docs/engine.md, section 5b)."""

from __future__ import annotations

Conversation = tuple[int, int]
"""Task and lane of the threads whose conversation it is."""


class Conversations:
    """The entries of one replica: how many blocks of which conversations, the oldest first."""

    def __init__(self) -> None:
        self.blocks: dict[Conversation, int] = {}  # in the order of their making, as dictionaries are

    def make(self, conversation: Conversation, blocks: int) -> None:
        """Keep so many blocks in place of what there was of it, as the youngest. Nothing changes if that is none."""
        if blocks > 0:
            self.take(conversation)
            self.blocks[conversation] = blocks

    def take(self, conversation: Conversation) -> int:
        """Remove the entry; returns its blocks, 0 without one."""
        return self.blocks.pop(conversation, 0)

    def trim(self, free_blocks: int) -> None:
        """Drop the oldest until the rest fits into so many blocks."""
        while sum(self.blocks.values()) > free_blocks:
            self.take(next(iter(self.blocks)))

    def forget(self, task: int) -> None:
        """Drop all of the task's entries."""
        self.blocks = {key: blocks for key, blocks in self.blocks.items() if key[0] != task}

    def clear(self) -> None:
        """Drop all of them."""
        self.blocks = {}

    def kept_blocks(self, conversation: Conversation) -> int:
        """Blocks of the entry, 0 without one."""
        return self.blocks.get(conversation, 0)
