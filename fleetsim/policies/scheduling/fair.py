"""Virtual token counters (Sheng et al. 2024, Fairness in Serving Large Language Models, Algorithm 2)."""

from fleetsim.policies.scheduling.contract import queue_order
from fleetsim.tables import Asked


@queue_order(asked=Asked.STARTING, knobs={"w_in": 1.0, "w_out": 2.0})
def fair(waiting, knobs):
    """The class served least goes first: `w_in` (1) for each prompt token and `w_out` (2) for each token of answers."""
    return knobs[0] * waiting.served_prompt_tokens + knobs[1] * waiting.served_output_tokens
