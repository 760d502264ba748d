"""The catalog: what is shipped, where its figures come from, and how faulty profiles are told."""

import re

import pytest

from fleetsim.catalog import hardware_names, load_hardware, load_model, model_names
from fleetsim.errors import FleetsimError, InputFaults

DEVICES = """
a10g l4 l40s rtx-4090 a100-80 h100 h200 b200 gb200 mi300x mi325x gaudi-3 trainium2 tpu-v5e wse-3 xeon-6980p
m3-ultra m4-max jetson-agx-orin raspberry-pi-5
"""
MODELS = """
qwen2.5-0.5b qwen2.5-7b qwen2.5-32b qwen2.5-72b qwen2.5-coder-32b qwen3-30b-a3b qwen3-235b-a22b llama-2-70b
llama-3.1-8b llama-3.1-70b llama-3.1-405b mistral-7b mixtral-8x7b deepseek-v3 kimi-k2 gpt-oss-20b gpt-oss-120b
gemma-3-27b phi-4 bert-base modernbert-base all-minilm-l6-v2
"""


def test_the_promised_profiles_are_shipped():
    assert not set(DEVICES.split()) - set(hardware_names())
    assert not set(MODELS.split()) - set(model_names())
    assert len(model_names()) >= 24


@pytest.mark.parametrize("name", hardware_names())
def test_every_hardware_figure_has_a_source_and_a_confidence(name):
    profile = load_hardware(name)
    assert profile.key == name
    assert profile.calibration.data
    rows = profile.figures()
    assert len(rows) >= 8
    for figure, value, source, confidence in rows:
        assert len(source) >= 6, figure
        assert confidence, figure
        assert float(value) > 0, figure
    assert all(price.date for price in profile.prices.values())
    assert profile.power.idle_w.value < profile.power.decode_w.value <= profile.power.limit_w.value
    assert profile.power.decode_w.value <= profile.power.prefill_w.value <= profile.power.limit_w.value


@pytest.mark.parametrize("name", model_names())
def test_every_model_has_a_source_and_its_parameters_follow_from_its_shapes(name):
    from fleetsim.hardware.shapes import shapes

    model = load_model(name)
    assert len(model.source) > 10
    assert len(model.parameters_billion.total.source) > 6
    parts = shapes(model)
    experts = parts.moe_layers * parts.expert_parameters * (model.moe.experts if model.moe else 0)
    embeddings = model.vocabulary * model.hidden * (1 if model.tied_embeddings else 2)
    counted = parts.layer_parameters + experts + embeddings
    assert counted == pytest.approx(model.parameters_billion.total.value * 1e9, rel=0.03)


def test_peaks_are_dense_and_in_base_units():
    h100 = load_hardware("h100")
    assert h100.peak["bf16"].value == pytest.approx(989e12)
    assert h100.peak["fp8"].value == pytest.approx(1979e12)
    assert h100.memory.bandwidth_bytes_per_s.value == pytest.approx(3.35e12)
    assert load_hardware("b200").peak["fp4"].value == pytest.approx(9e15)
    assert load_hardware("wse-3").peak["bf16"].value == pytest.approx(15.8e15)
    assert "fp8" not in load_hardware("a100-80").peak


def test_prices_by_tariff():
    assert load_hardware("h100").price_usd_per_s("on_demand") == pytest.approx(3.1615 / 3600)
    with pytest.raises(FleetsimError, match="'gb200' has no spot price"):
        load_hardware("gb200").price_usd_per_s("spot")


def test_unknown_names_suggest_the_nearest():
    with pytest.raises(FleetsimError, match=r"no hardware profile 'h1000'; did you mean 'h100'"):
        load_hardware("h1000")
    with pytest.raises(FleetsimError, match=r"no model profile 'lama-3\.1-8b'; did you mean 'llama-3\.1-8b'"):
        load_model("lama-3.1-8b")


def test_a_profile_of_the_users_own_is_read_from_the_scenarios_folder(tmp_path):
    shipped = load_hardware("h100")
    (tmp_path / "mine.yaml").write_text(_text("h100"))
    mine = load_hardware("mine.yaml", tmp_path)
    assert mine.key == "mine"
    assert mine.model_dump() == shipped.model_dump()
    with pytest.raises(FleetsimError, match=r"other\.yaml"):
        load_hardware("other.yaml", tmp_path)
    with pytest.raises(FleetsimError, match="leaves the scenario's folder"):
        load_hardware("../mine.yaml", tmp_path / "below")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("idle:", "idel:", r"power\.idel  no key 'idel'; did you mean 'idle'"),
        ("80 GiB", "80", r"memory\.capacity\.value  '?80'? has no unit"),
        ("989 TFLOP/s", "989 TB/s", r"peak\.bf16\.value  .* is not a unit of compute speed"),
        ("confidence: datasheet", "confidence: sure", r"peak\.bf16\.confidence  no confidence 'sure'"),
        ("kind: roofline", "kind: roofing", r"calibration(\.kind)?  no kind 'roofing'; did you mean 'roofline'"),
        (
            r"compute_efficiency: \{bf16: [\d.]+, ",
            "compute_efficiency: {",
            r"calibration\.compute_efficiency lacks bf16",
        ),
        ("vendor: NVIDIA", "vendor: NVIDIA\nvendor: NVIDIA", r"vendor  is given twice"),
        (r"memory_efficiency: [\d.]+", "memory_efficiency: 0", r"calibration\.memory_efficiency  .*is not above 0"),
        ("vendor: NVIDIA", "vendor: NVIDIA\nkey: h100", r"key  is not written down"),
    ],
)
def test_faults_name_file_line_and_key(tmp_path, old, new, told):
    text, found = re.subn(old, new, _text("h100"), count=1)
    assert found
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    with pytest.raises(InputFaults, match=rf"mine\.yaml:\d+  .*{told}|mine\.yaml:\d+  {told}"):
        load_hardware("mine.yaml", tmp_path)


def test_a_fault_is_at_its_own_line(tmp_path):
    lines = _text("h100").splitlines()
    at = next(i for i, line in enumerate(lines, 1) if "idle:" in line)
    (tmp_path / "mine.yaml").write_text("\n".join(lines).replace("idle:", "idel:"))
    with pytest.raises(InputFaults) as raised:
        load_hardware("mine.yaml", tmp_path)
    assert at in [fault.line for fault in raised.value.faults if "idel" in fault.path]


@pytest.mark.parametrize("text", ["", "- 1\n", "just words", "a: [1"])
def test_a_file_that_is_no_mapping_is_refused(tmp_path, text):
    (tmp_path / "mine.yaml").write_text(text)
    with pytest.raises(InputFaults, match=r"mine\.yaml:\d+"):
        load_model("mine.yaml", tmp_path)


def test_model_layers_must_add_up(tmp_path):
    import fleetsim.catalog as catalog

    text = (catalog.shipped_folder("model_profiles") / "mixtral-8x7b.yaml").read_text()
    (tmp_path / "mine.yaml").write_text(text.replace("active: 2", "active: 9"))
    with pytest.raises(InputFaults, match="a token goes to 9 of 8 experts"):
        load_model("mine.yaml", tmp_path)


def _text(name: str) -> str:
    import fleetsim.catalog as catalog

    return (catalog.shipped_folder("hardware_profiles") / f"{name}.yaml").read_text()
