"""Names as data sets write them, and the profiles they mean.

Benchmarks call one device `H100-SXM-80GB`, `NVIDIA H100-SXM-80GB` or `h100-80gb`. A name is reduced to lower-case
letters and digits and looked up: among the patterns below, first match first, then among the names of the profiles.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from fleetsim.catalog import hardware_names, model_names
from fleetsim.errors import FleetsimError

_HARDWARE = (
    (r"groq|lpu", "groq-lpu"),
    (r"^api", ""),  # a rented endpoint does not say what it runs on, unless it is known to be of one kind
    (r"gh200.*96gb", "gh200-96"),
    (r"gh200", "gh200-144"),
    (r"gb300", "gb300"),
    (r"gb200", "gb200"),
    (r"b300", "b300"),
    (r"b200", "b200"),
    (r"h200", "h200"),
    (r"h100nvl", "h100-nvl"),
    (r"h100pcie", "h100-pcie"),
    (r"h100", "h100"),
    (r"a100pcie.*40gb", "a100-pcie-40"),
    (r"a100pcie", "a100-pcie-80"),
    (r"a100.*40gb", "a100-40"),
    (r"a100", "a100-80"),
    (r"mi(300x|325x|355x|250)", r"mi\1"),
    (r"rtxpro6000", "rtx-pro-6000"),
    (r"rtx6000ada", "rtx-6000-ada"),
    (r"rtxa6000", "rtx-a6000"),
    (r"rtxa4000|nvidiaa4000", "rtx-a4000"),
    (r"nvidiaa400", "rtx-a400"),
    (r"l40s", "l40s"),
    (r"l40", "l40"),
    (r"a10g", "a10g"),
    (r"(?:^|nvidia)l4(?:24gb)?$", "l4"),
    (r"(?:^|nvidia|tesla)t4(?:16gb)?$", "t4"),
    (r"v100", "v100"),
    (r"(?:rtx|^)(2080|3070|3080|3090|4060|4070|4080|4090|5070|5080|5090)ti", r"rtx-\1-ti"),
    (r"(?:rtx|^)(3060|3070|3080|3090|4060|4070|4080|4090|5070|5080|5090)", r"rtx-\1"),
    (r"r9700", "radeon-ai-pro-r9700"),
    (r"w7700", "radeon-pro-w7700"),
    (r"7900xtx", "rx-7900-xtx"),
    (r"7900xt", "rx-7900-xt"),
    (r"6700xt", "rx-6700-xt"),
    (r"arca310", "arc-a310"),
    (r"trn1", "trainium1"),
    (r"trn2|trainium2", "trainium2"),
    (r"inf2|inferentia2", "inferentia2"),
    (r"gaudi(\d)", r"gaudi-\1"),
    (r"cerebras|cs3|wse3", "wse-3"),
    (r"sn40l", "sn40l"),
    (r"tpuv(5e|5p|6e)", r"tpu-v\1"),
    (r"jetsonagxorin", "jetson-agx-orin"),
    (r"orinnano", "jetson-orin-nano"),
    (r"^(?:applesilicon|apple)?m([1-5])(ultra|max|pro)?", r"m\1-\2"),
    (r"dgxspark|gb10", "dgx-spark"),
    (r"395|ryzenaimax", "ryzen-ai-max-395"),
    (r"framework13|ryzenai5340", "ryzen-ai-5-340"),
    (r"cm5cluster", "raspberry-pi-5"),
    (r"^(?:raspberry)?pi(?:5|cm5|500)", "raspberry-pi-5"),
    (r"orion", "radxa-orion-o6"),
    (r"n150", "intel-n150"),
    (r"q8400", "core2-quad-q8400"),
)

_MODELS = (
    (
        r"^deepseekr1(?:distillqwen)?(\d+)b",
        r"qwen2.5-\1b",
    ),  # a distillation keeps the shape of its base
    (r"^deepseekr1", "deepseek-r1"),
    (r"^deepseekv3", "deepseek-v3"),
    (r"^(?:meta)?llama(?:v?2|)(7|13|70)b$", r"llama-2-\1b"),  # llama 1 and 2 have the same shapes, bar 70B
    (r"^(?:meta)?llamav?31?(8|70|405)b$", r"llama-3.1-\1b"),  # llama 3 and 3.1 differ in context only
    (r"^(?:meta)?llamav?32(1|3)b$", r"llama-3.2-\1b"),
    (r"^(?:meta)?llamav?33(70)b$", r"llama-3.3-\1b"),
    (r"^codellama(7|13)b$", r"llama-2-\1b"),
    (r"^codellama(34|70)b$", r"codellama-\1b"),
    (r"^gptj6b$", "gpt-j-6b"),
    (r"^mistral7b", "mistral-7b"),
)

_SUFFIXES = re.compile(
    r"-?(?:instruct|chat|hf|it|fp8|fp4|nvfp4|mxfp4|awq|gptq|int8|int4|w4a16|w8a8|bf16|v0\.\d|\d{4}|99(?:\.9)?)$"
)


@cache
def hardware_key(name: str) -> str:
    """The hardware profile that a name means: a .yaml file, a profile's own name, or a device as benchmarks write it.

    Raises FleetsimError if there is no such profile.
    """
    if name.endswith((".yaml", ".yml")) or name in hardware_names():
        return name
    plain = _plain(name)
    found = next((match.expand(key) for pattern, key in _HARDWARE if (match := re.search(pattern, plain))), None)
    return _existing("hardware profile", name, found, plain, hardware_names())


@cache
def model_key(name: str) -> str:
    """The model profile that a name means: a .yaml file, a profile's own name, a Hugging Face id or a common name.

    Raises FleetsimError if there is no such profile.
    """
    if name.endswith((".yaml", ".yml")) or name in model_names():
        return name
    bare = Path(name).name.lower().replace(" ", "-").replace(":", "-")
    while (shorter := _SUFFIXES.sub("", bare)) != bare:
        bare = shorter
    plain = _plain(bare)
    found = next((match.expand(key) for pattern, key in _MODELS if (match := re.search(pattern, plain))), None)
    return _existing("model profile", name, found, plain, model_names())


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _existing(noun: str, name: str, found: str | None, plain: str, names: list[str]) -> str:
    if found is None:
        found = next((key for key in names if _plain(key) == plain), None)
    if found is not None and found.rstrip("-") in names:
        return found.rstrip("-")
    if found == "":
        known = "`fleetsim list vendors` shows whose times are known"
        raise FleetsimError(f"{name}: whoever rents it out does not say what it runs on; {known}")
    raise FleetsimError(f"no {noun} for {name!r}" + (f" (it would be {found.rstrip('-')})" if found else ""))
