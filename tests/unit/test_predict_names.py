"""Names as benchmarks write them lead to profiles, or to a reason."""

import pytest

from fleetsim.errors import FleetsimError
from fleetsim.predict.frameworks import framework_keys, framework_name
from fleetsim.predict.names import hardware_key, model_key
from fleetsim.predict.rows import Point


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("h100", "h100"),
        ("H100-SXM-80GB", "h100"),
        ("NVIDIA H100-SXM-80GB", "h100"),
        ("h100-80gb", "h100"),
        ("NVIDIA H200-SXM-141GB-CTS", "h200"),
        ("GB200-NVL72", "gb200"),
        ("AMD Instinct MI300X-NPS1-SPX-192GB-750W", "mi300x"),
        ("NVIDIA L40S", "l40s"),
        ("L4", "l4"),
        ("Intel 265K Custom PC (Nvidia RTX 4090)", "rtx-4090"),
        ("4090 24GB", "rtx-4090"),
        ("Pi 5 - 16GB", "raspberry-pi-5"),
        ("Cerebras CS-3 cloud", "wse-3"),
    ],
)
def test_a_device_is_found_under_the_names_benchmarks_give_it(name, key):
    assert hardware_key(name) == key


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("meta-llama/Llama-3.1-8B-Instruct", "llama-3.1-8b"),
        ("LLaMA v3.1 70B", "llama-3.1-70b"),
        ("llama2-70b-99.9", "llama-2-70b"),
        ("Llama-3-8B", "llama-3.1-8b"),
        ("Llama 3.2:3b", "llama-3.2-3b"),
        ("nvidia/Llama-3.1-8B-Instruct-FP8", "llama-3.1-8b"),
        ("mistralai/Mixtral-8x7B-v0.1", "mixtral-8x7b"),
        ("Mixtral 8x7B", "mixtral-8x7b"),
        ("nvidia/DeepSeek-V3.1-NVFP4", "deepseek-v3"),
        ("Deepseek R1 0528", "deepseek-r1"),
        ("DeepSeek R1 14b", "qwen2.5-14b"),
        ("openai/gpt-oss-120b", "gpt-oss-120b"),
        ("Qwen3 30B A3B", "qwen3-30b-a3b"),
    ],
)
def test_a_model_is_found_under_its_hub_id_and_its_common_names(name, key):
    assert model_key(name) == key


def test_an_unknown_device_is_named_in_the_reason():
    with pytest.raises(FleetsimError, match="no hardware profile for 'Abacus 9000'"):
        hardware_key("Abacus 9000")


def test_an_endpoint_that_hides_its_hardware_says_so():
    with pytest.raises(FleetsimError, match="does not say what it runs on"):
        hardware_key("API:somebody")


def test_an_unknown_model_is_not_taken_for_one_whose_name_it_begins_with():
    with pytest.raises(FleetsimError, match="no model profile"):
        model_key("gpt-oss-120b-turbo")


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("TensorRT 10.2.0, CUDA 12.4", "trtllm"),
        ("vLLM 0.4.3+rocm614, PyTorch 2.3.0, ROCm 6.1.2", "vllm"),
        ("llama.cpp/ollama", "llama.cpp"),
        ("sglang", "sglang"),
        ("", "other"),
    ],
)
def test_frameworks_have_one_short_name(name, short):
    assert framework_name(name) == short


@pytest.mark.parametrize(
    ("name", "version", "keys"),
    [
        ("vllm", "0.19.0", ["vllm"]),
        ("vllm", "", ["vllm"]),
        ("vLLM", "0.15.1", ["vllm"]),
        ("vLLM", "0.6.x (Nov 2024)", ["vllm-v0", "vllm"]),
        ("vLLM (Splitwise, 2023)", "", ["vllm-2023", "vllm"]),
        ("vLLM 0.4.3+rocm614, PyTorch 2.3.0, ROCm 6.1.2", "", ["vllm-v0", "vllm"]),
        ("vLLM(ROCm)", "0.10.0 / ROCm 6.4.1", ["vllm"]),
        ("trtllm", "1.0.0rc3", ["trtllm"]),
        ("TensorRT-LLM", "0.17", ["trtllm-engine", "trtllm"]),
        ("TensorRT-LLM", "v0.6.1", ["trtllm-engine", "trtllm"]),
        ("TensorRT-LLM", "1.x (PyTorch backend)", ["trtllm"]),
        ("TensorRT 10.2.0, CUDA 12.4", "", ["trtllm-mlperf", "trtllm-engine", "trtllm"]),
        ("llama.cpp", "May 2024", ["llama.cpp-2024", "llama.cpp"]),
        ("llama.cpp/ollama", "2024-2025", ["llama.cpp"]),
        ("sglang", "0.5.9", ["sglang"]),
    ],
)
def test_older_releases_have_a_profile_of_their_own_if_there_is_one(name, version, keys):
    point = Point("rtx-4090", "llama-3.1-8b", "static_batch", framework=name, framework_version=version)
    assert framework_keys(point) == keys


def test_a_framework_on_a_device_that_its_kernels_are_not_made_for_is_one_of_its_own():
    point = Point("A100 PCIe 80GB", "llama-3.1-8b", "static_batch", framework="llama.cpp", framework_version="May 2024")
    assert framework_keys(point)[0] == "llama.cpp-data-centre"
