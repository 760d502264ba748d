"""Parameters of a model's parts, counted from its shapes."""

from __future__ import annotations

from dataclasses import dataclass

from fleetsim.catalog.model_profile import GroupedAttention, LatentAttention, LinearAttention, ModelProfile


@dataclass(frozen=True)
class Shapes:
    """How many parameters each part of a model has; matrices only, norms and biases are left out."""

    layers: int
    hidden: int
    attention_parameters: int  # of one layer: projections to queries, keys, values, and back
    mlp_parameters: int  # of one dense feed-forward block
    dense_layers: int
    expert_parameters: int  # of one expert; 0 without experts
    shared_parameters: int  # of the experts every token goes to, and the router; of one layer
    moe_layers: int
    head_parameters: int  # output embedding; 0 for an encoder
    total_parameters: int  # as published, embeddings and norms included

    @property
    def layer_parameters(self) -> int:
        """Parameters of all layers that every token meets, experts left out."""
        per_layer = self.layers * self.attention_parameters + self.dense_layers * self.mlp_parameters
        return per_layer + self.moe_layers * self.shared_parameters

    def flops_per_token(self, active_experts: int = 0) -> int:
        """FLOPs of a token's matrix products in all layers and the head: two per parameter it meets."""
        experts = self.moe_layers * active_experts * self.expert_parameters
        return 2 * (self.layer_parameters + experts + self.head_parameters)


def shapes(model: ModelProfile) -> Shapes:
    """The parameter counts of a model's parts."""
    moe, matrices = model.moe, 3 if model.mlp.gated else 2
    expert = 3 * model.hidden * moe.intermediate if moe else 0
    shared = moe.shared * expert + model.hidden * moe.experts if moe else 0
    return Shapes(
        layers=model.layers,
        hidden=model.hidden,
        attention_parameters=_attention_parameters(model),
        mlp_parameters=matrices * model.hidden * model.mlp.intermediate,
        dense_layers=model.layers - (moe.layers if moe else 0),
        expert_parameters=expert,
        shared_parameters=shared,
        moe_layers=moe.layers if moe else 0,
        head_parameters=model.vocabulary * model.hidden if model.kind == "decoder" else 0,
        total_parameters=round(model.parameters_billion.total.value * 1e9),
    )


def _attention_parameters(model: ModelProfile) -> int:
    """Of the mean layer."""
    attention, hidden = model.attention, model.hidden
    if isinstance(attention, GroupedAttention):
        full = _grouped_parameters(hidden, attention)
        if attention.linear is None:
            return full
        linear = attention.linear.layers * _linear_parameters(hidden, attention.linear)
        return round((linear + (model.layers - attention.linear.layers) * full) / model.layers)
    return _latent_parameters(hidden, attention)


def _grouped_parameters(hidden: int, attention: GroupedAttention) -> int:
    query = attention.heads * attention.head_dim
    return (3 if attention.gated else 2) * hidden * query + 2 * hidden * attention.kv_heads * attention.head_dim


def _linear_parameters(hidden: int, linear: LinearAttention) -> int:
    """Queries and keys; values, their gate and the output."""
    return hidden * linear.head_dim * (2 * linear.key_heads + 3 * linear.value_heads)


def _latent_parameters(hidden: int, attention: LatentAttention) -> int:
    # DeepSeek-V2, arXiv:2405.04434, eq. 9-19: down and up projections of the query, of the KV latent, and the output.
    key = attention.nope_dim + attention.rope_dim
    query = hidden * attention.query_latent + attention.query_latent * attention.heads * key
    latent = hidden * (attention.kv_latent + attention.rope_dim)
    up = attention.kv_latent * attention.heads * (attention.nope_dim + attention.value_dim)
    return query + latent + up + attention.heads * attention.value_dim * hidden
