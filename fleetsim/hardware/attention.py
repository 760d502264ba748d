"""What attention adds to a step: reading the KV cache in decode, token pairs in prefill."""

from __future__ import annotations

from dataclasses import dataclass

from fleetsim.catalog.model_profile import GroupedAttention, LinearAttention, ModelProfile


@dataclass(frozen=True)
class AttentionCost:
    """Cost of a model's attention over all its layers, before any sharding.

    `window` is for the layers with a sliding window, the other figures for the rest.
    """

    kv_elements: int  # elements of KV cache a token has in the layers without a window
    window_kv_elements: int
    decode_flops: int  # per KV token read
    window_decode_flops: int
    pair_flops: int  # per token pair in prefill
    window_pair_flops: int
    window_tokens: int
    kv_shards: int  # over how many tensor-parallel ranks the KV heads can be spread
    window_shards: int = 0  # the same for the layers with a window; as kv_shards if 0
    state_elements: int = 0  # elements a sequence keeps whatever its length

    def kv_bytes_per_token(self, element_bytes: float) -> float:
        """Bytes of KV cache of one token in all layers."""
        windowed = 0 if self.state_elements else self.window_kv_elements
        return (self.kv_elements + windowed) * element_bytes


def attention_cost(model: ModelProfile) -> AttentionCost:
    """The attention cost of a model.

    Grouped attention keeps a key and a value of `head_dim` for every KV head; a pair costs 4 * head_dim FLOPs a head.
    Latent attention keeps one latent and one rope key, read whole by every rank; its decode multiplies the queries into
    the latent space (DeepSeek-V2, arXiv:2405.04434, section 2.1.2), its prefill expands keys and values.
    """
    attention = model.attention
    if isinstance(attention, GroupedAttention) and attention.linear:
        return _with_linear_layers(model, attention, attention.linear)
    if isinstance(attention, GroupedAttention):
        window = attention.window.layers if attention.window else 0
        elements = 2 * attention.kv_heads * attention.head_dim
        flops = decode = 4 * attention.heads * attention.head_dim
        tokens, shards = (attention.window.window_tokens if attention.window else 0), attention.kv_heads
    else:
        window, tokens, shards = 0, 0, 1
        elements = attention.kv_latent + attention.rope_dim
        flops = 2 * attention.heads * (attention.nope_dim + attention.rope_dim + attention.value_dim)
        decode = 2 * attention.heads * (2 * attention.kv_latent + attention.rope_dim)
    full = model.layers - window
    return AttentionCost(
        kv_elements=full * elements,
        window_kv_elements=window * elements,
        decode_flops=full * decode,
        window_decode_flops=window * decode,
        pair_flops=full * flops,
        window_pair_flops=window * flops,
        window_tokens=int(tokens),
        kv_shards=shards,
    )


def _with_linear_layers(model: ModelProfile, attention: GroupedAttention, linear: LinearAttention) -> AttentionCost:
    """Linear layers read and write their state once a step: a window of one token that weighs as much.

    The state is kept in fp32, twice as wide as KV; prefill works in chunks of 64 (arXiv:2412.06464, section 3.3).
    """
    full = model.layers - linear.layers
    state = linear.layers * linear.state_elements
    flops = 4 * attention.heads * attention.head_dim
    return AttentionCost(
        kv_elements=full * 2 * attention.kv_heads * attention.head_dim,
        window_kv_elements=2 * 2 * state,
        decode_flops=full * flops,
        window_decode_flops=4 * state,
        pair_flops=full * flops,
        window_pair_flops=4 * state + 64 * 4 * linear.layers * linear.value_heads * linear.head_dim,
        window_tokens=1,
        kv_shards=attention.kv_heads,
        window_shards=linear.value_heads,
        state_elements=2 * state,
    )
