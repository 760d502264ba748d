"""Scenario files that run in a moment, for tests of what runs whole scenarios."""

from __future__ import annotations

from pathlib import Path

PAIR = """\
name: pair
question: Fast and narrow, or slow and wide?
seed: 7
horizon: 40 s
warm_up: 4 s
samples: 10
workload:
  arrivals: {kind: poisson, rate: 10 per s}
  classes:
    job: {prompt: 40 tokens, output: {kind: uniform, low: 2, high: 20}}
architectures:
  fast:
    pools: {p: {steps: {base: 4 ms}, max_num_seqs: 1, price: $2 per h}}
    workflow: {kind: single, pool: p}
  wide:
    pools: {p: {steps: {base: 20 ms}, max_num_seqs: 64, price: $1 per h}}
    workflow: {kind: single, pool: p}
"""

SMALL = """\
name: small
question: One or two?
seed: 7
horizon: 20 s
samples: 10
workload:
  arrivals: {kind: poisson, rate: 20 per s}
  classes:
    chat: {share: 2, prompt: 40 tokens, output: {kind: uniform, low: 2, high: 20}, slo: {ttft: 1 s}}
    code: {domains: {code: 1}, prompt: 300 tokens, output: 10 tokens}
architectures:
  one:
    description: All in one pool.
    pools:
      big:
        steps: {base: 4 ms, per_token: 10 us, idle_power: 0 W, prefill_power: 0 W, decode_power: 100 W}
        replicas: 2
        price: $2 per h
    workflow: {kind: single, pool: big}
  split:
    pools:
      router: {steps: {base: 1 ms}, price: $0 per h}
      talk: {steps: {base: 3 ms, context: 200 tokens}, price: $0 per h}
      code: {steps: {base: 5 ms}, price: $1 per h}
    workflow: {kind: route, classifier: {pool: router, accuracy: 90 %}, routes: {general: talk, code: code}}
"""

SERVERS = """\
name: servers
question: How many servers, of which kind?
seed: 5
horizon: 60 s
warm_up: 5 s
samples: 10
workload:
  arrivals: {kind: poisson, rate: 30 per s}
  classes:
    job: {prompt: 50 tokens, output: {kind: uniform, low: 2, high: 30}, sizes: {short: 20, long: 60}}
architectures:
  small:
    pools:
      small:
        steps: {base: 10 ms, decode_power: 100 W, prefill_power: 100 W, idle_power: 20 W}
        max_num_seqs: 1
        price: $1 per h
    workflow: {kind: single, pool: small}
  large:
    pools:
      large:
        steps: {base: 4 ms, decode_power: 300 W, prefill_power: 300 W, idle_power: 60 W}
        max_num_seqs: 2
        price: $4 per h
    workflow: {kind: single, pool: large}
capacity:
  variables:
    architectures.small.pools.small.replicas: "1:40"
    architectures.large.pools.large.replicas: "1:20"
  baseline: large
  constraints: [{figure: e2e_mean, at_most: 300 ms}]
  loads: [0.5, 1.0]
"""


def write(folder: Path, text: str = SMALL, name: str = "small.yaml", more: str = "") -> Path:
    """The scenario as a file."""
    path = folder / name
    path.write_text(text + more, encoding="utf-8")
    return path
