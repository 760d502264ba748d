"""Rented interfaces that do not say what they run on: drawn times by vendor, and how they are fitted."""

import numpy as np
import pytest

from fleetsim.calibration import calibrate, fit
from fleetsim.calibration.vendors import fit_vendors
from fleetsim.calibration.write import block
from fleetsim.catalog import load_model, load_vendor, vendor_names
from fleetsim.predict import predict_points
from fleetsim.predict.hosted import meant, vendor_key
from fleetsim.predict.rows import Point

_POINT = {
    "model": "Llama-2-70b-chat",
    "framework": "hosted API",
    "workload": "online_concurrency",
    "isl": "550",
    "osl": "150",
    "load_type": "closed_loop_concurrency",
    "load_value": "5",
    "num_requests": "150",
    "mode": "agg",
}
_SPEEDS = ("output_speed_p50", "output_speed_p99")
_METRICS = ("ttft_p50", "ttft_p99", "itl_p50", "itl_p99", "e2e_p50", "e2e_p99", *_SPEEDS)


def table(rows):
    import pandas as pd

    return pd.DataFrame(rows)


def rows_of_vendor(vendor, values=None, model="Llama-2-70b-chat", metrics=_METRICS):
    about = _POINT | {"hardware": f"API:{vendor}", "model": model}
    values = values or dict.fromkeys(metrics, 1.0)
    units = {m: "tok/s" if m.startswith("output") else "s" for m in metrics}
    return [about | {"metric": m, "unit": units[m], "value": str(values[m])} for m in metrics]


def known(vendor="bedrock", **figures):
    profile = load_vendor(vendor)
    return profile.model_copy(update={"calibration": profile.calibration.model_copy(update=figures)})


def predicted(profile, **said):
    found = predict_points(table(rows_of_vendor(profile.key, **said)), override={profile.key: profile})
    return dict(zip(said.get("metrics", _METRICS), found, strict=True))


def test_only_a_vendor_with_a_profile_is_drawn():
    assert vendor_key("API:bedrock") == "bedrock"
    assert vendor_key("API:nobody") is None
    assert vendor_key("API:groq (LPU)") is None
    (row,) = rows_of_vendor("nobody", metrics=("ttft_p50",))
    (found,) = predict_points(table([row]))
    assert found.value is None
    assert "does not say what it runs on" in found.note


def test_times_are_the_profiles_and_the_token_time_follows_a_power_of_the_size():
    figures = {"first_token_s": 0.4, "first_token_sigma": 0.0, "token_s": 0.02, "token_sigma": 0.0, "piece_tokens": 3.0}
    profile = known(size_exponent=0.5, **figures)
    large, small = predicted(profile), predicted(profile, model="Llama-2-7b-chat")
    sizes = {n: load_model(f"llama-2-{n}b").parameters_billion.active.value for n in (7, 70)}
    whole_s = 0.4 + 149 * 0.02 * (sizes[70] / 70.0) ** 0.5
    assert large["ttft_p50"].value == pytest.approx(0.4)
    assert large["e2e_p99"].value == pytest.approx(whole_s)
    assert large["itl_p50"].value == pytest.approx(whole_s / 150)
    assert large["output_speed_p50"].value == pytest.approx(50 / whole_s)
    assert small["e2e_p50"].value == pytest.approx(0.4 + 149 * 0.02 * (sizes[7] / 70.0) ** 0.5)
    assert large["ttft_p50"].basis == "calibrated"
    assert "not public" in large["ttft_p50"].note


def test_what_needs_the_devices_behind_it_is_not_predicted():
    (found,) = predicted(known(), metrics=("output_throughput_per_gpu",)).values()
    assert found.value is None
    assert "nobody says" in found.note


def test_what_llmperf_calls_inter_token_latency_holds_the_first_token():
    point = Point("API:groq (LPU)", "llama-2-70b", "closed_loop_concurrency", workload="online_concurrency")
    assert meant(point, "itl_p50") == "itl_p50"
    hosted = Point.of(_POINT | {"hardware": "API:groq (LPU)"})
    assert [meant(hosted, m) for m in ("itl_p50", "output_speed_p99", "ttft_p50")] == [
        "ntpot_p50",
        "request_speed_p99",
        "ttft_p50",
    ]


def test_a_fit_finds_what_made_the_measurements():
    truth = {
        "first_token_s": 0.3,
        "first_token_sigma": 0.25,
        "token_s": 0.03,
        "token_sigma": 0.15,
        "size_exponent": 0.4,
        "piece_tokens": 2.0,
    }
    rows, dice = [], np.random.default_rng(1)
    for size in (7, 13, 70):
        first_s = 0.3 * dice.lognormal(0.0, 0.25, 200_000)
        billion = load_model(f"llama-2-{size}b").parameters_billion.active.value
        whole_s = first_s + 149 * 0.03 * (billion / 70) ** 0.4 * dice.lognormal(0.0, 0.15, 200_000)
        seen = {"ttft": first_s, "itl": whole_s / 150, "e2e": whole_s, "output_speed": 75 / whole_s}
        values = {m: np.percentile(seen[m.rpartition("_p")[0]], int(m.rpartition("_p")[2])) for m in _METRICS}
        rows += rows_of_vendor("bedrock", values, f"Llama-2-{size}b-chat")
    profiles, errors = fit_vendors(table(rows))
    found = profiles["bedrock"].calibration
    for name, value in truth.items():
        assert getattr(found, name) == pytest.approx(value, rel=0.03)
    assert errors["bedrock"].max() < 0.03
    assert set(profiles) == set(vendor_names())
    assert profiles["together"].calibration.token_s == found.token_s  # without rows: as the others are


def test_a_table_without_vendors_fits_none():
    assert fit_vendors(table(rows_of_vendor("nobody"))) == ({}, {})
    assert set(vendor_names()).isdisjoint(fit(table(rows_of_vendor("nobody"))))


def test_calibrate_gives_vendors_with_their_errors_and_writes_their_blocks():
    found = calibrate(table(rows_of_vendor("bedrock")))
    assert found.errors["bedrock"].rows == len(_METRICS)
    text = block(found.profiles["bedrock"].calibration, {"basis": "calibrated", "data": "some", "date": "today"})
    assert text.startswith("calibration:\n  basis: calibrated\n")
    assert "  first_token: " in text
    assert "  size_exponent: " in text


def test_few_numbers_for_a_vendor():
    own = type(load_vendor("bedrock").calibration).model_fields
    assert len(set(own) - {"basis", "data", "date", "error", "command", "size_exponent"}) == 5
    assert len({load_vendor(key).calibration.size_exponent for key in vendor_names()}) == 1
