"""One sound example of every workflow kind, on pools a, b, c and domains x, y."""

from __future__ import annotations

VERIFIER = {"auc": 0.8}
AGENT = {"steps": {"kind": "geometric", "mean": 4}, "most": 8, "tool": "20 ms", "growth": 30, "output": 5}
STAGES = {
    "one": {"pool": "a"},
    "two": {"pool": "b", "share": 0.4, "tool": "20 ms", "verifier": {"detects": 0.8}, "retries": 1},
    "three": {"pool": "c"},
}
TEAM = {"flight": {"pool": "b"}, "hotel": {"pool": "c", "agent": AGENT}}
SHELVES = {"draft": {"offers": ["a", "b"]}, "check": {"offers": ["b", "c"]}}
NODES = {
    "ask": {"kind": "call", "pool": "a", "keeps": True, "next": "slow", "if_refused": "end"},
    "slow": {"kind": "verify", "within": "300 ms", "passes": "pick", "fails": "end"},
    "pick": {
        "kind": "select",
        "to": ["b once", "c once"],
        "rule": {"kind": "ucb1"},
        "informed": 0.4,
        "guess": 0.7,
        "learns": True,
        "per_domain": True,
        "discount": 0.99,
        "feedback_error": 0.1,
    },
    "b once": {"kind": "call", "pool": "b", "prompt": "context", "added": 7, "next": "end", "streams": True},
    "c once": {"kind": "call", "pool": "c", "prompt": 20, "output": 3, "next": "end"},
    "end": "end",
}

CASES = {
    "by_size": {"routes": {"x": "a", "y": {"b": 3, "c": 1}}},
    "single": {"pool": "a"},
    "moe": {"pool": "a"},
    "route": {"classifier": {"pool": "a", "accuracy": 0.9}, "routes": {"x": "b", "y": ["b", "c"]}},
    "cascade": {"pools": ["a", "b", "c"], "verifier": VERIFIER | {"pool": "b"}},
    "pipeline": {"stages": STAGES},
    "boss": {"boss": "a", "workers": ["b", "c"], "agent": AGENT, "verifier": VERIFIER, "retries": 2},
    "agent": {"pool": "a", "agent": AGENT, "verifier": VERIFIER, "retries": 2},
    "multi_agent": {"coordinator": "a", "side_by_side": TEAM, "in_sequence": {"book": {"pool": "b"}}},
    "ensemble": {"pools": {"a": 3, "b": 2}, "early": True, "weights": {"b": 1.5}},
    "mixture_of_agents": {"proposers": ["a", "b", "b"], "layers": 2, "aggregator": "c"},
    "abmcts": {"pools": ["a", "b"], "budget": 6, "verifier": VERIFIER},
    "roulette": {"pools": ["a", "b"], "agent": AGENT},
    "edge_first": {"edge": "a", "cloud": "b", "confidence": VERIFIER, "deadline": "50 ms"},
    "constellation": {"tiers": ["a", "b", "c"], "classes": {"x": "b"}},
    "novelty_split": {"small": "a", "large": "b", "shares": {"x": 0.9, "y": 0.0}, "verifier": VERIFIER},
    "market": {"vendors": ["a", "b", "c"], "learns": True, "rule": "thompson"},
    "marketplace": {"shelves": SHELVES},
    "session": {"pools": ["a", "b"], "subjects": 2, "turns": {"kind": "geometric", "mean": 2}, "think": "30 ms"},
    "graph": {"nodes": NODES},
}
