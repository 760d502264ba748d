"""How well the quality model predicts recorded answers it has not seen: a table for every data set in a folder.

    python benchmarks/quality.py DATA_FOLDER [--splits 16]

DATA_FOLDER holds what there is of: calibration_routerbench_subset.csv.gz, calibration_routellm.csv.gz,
calibration_routerarena.csv.gz (recorded answers), calibration_aider.csv.gz (two tries),
model_dataset_scores.csv (accuracies of LLMRouterBench). Columns as those projects publish them.
"""

from __future__ import annotations

import argparse
import csv
import gzip
from collections.abc import Callable, Iterator
from itertools import groupby
from pathlib import Path

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtr, ndtri

from fleetsim.cli.text import grid
from fleetsim.quality.exact.groups import counts
from fleetsim.quality.exact.router_by_domain import router_by_domain
from fleetsim.quality.fit import fit
from fleetsim.quality.heldout import check
from fleetsim.quality.outcomes import Outcomes

Row = dict[str, str]


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--splits", type=int, default=16)
    given = parser.parse_args()
    for name, read in (("routerbench_subset", routerbench), ("routellm", routellm), ("routerarena", routerarena)):
        path = given.folder / f"calibration_{name}.csv.gz"
        if path.exists():
            print(f"\n{name}\n{heldout(read(list(rows(path))), given.splits)}")
    if (path := given.folder / "calibration_routellm.csv.gz").exists():
        print(f"\nrouters between the two models of RouteLLM on MMLU\n{routers(list(rows(path)))}")
    if (path := given.folder / "calibration_aider.csv.gz").exists():
        print(f"\naider: a second try that sees the tests' output\n{retries(list(rows(path)))}")
    if (path := given.folder / "model_dataset_scores.csv").exists():
        print(f"\nLLMRouterBench: an oracle among all models\n{oracles(list(rows(path)))}")


def rows(path: Path) -> Iterator[Row]:
    """The rows of a CSV file."""
    opener: Callable = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as file:
        yield from csv.DictReader(file)


def matrix(answers: list[tuple[str, str, str, int, float]]) -> Outcomes:
    """Outcomes from (domain, query, model, right, cost in USD)."""
    models = tuple(dict.fromkeys(model for _, _, model, _, _ in answers))
    queries = {key: number for number, key in enumerate(dict.fromkeys((d, q) for d, q, *_ in answers))}
    domains = tuple(dict.fromkeys(domain for domain, _ in queries))
    right, cost_usd = np.full((len(queries), len(models)), -1, np.int8), np.full((len(queries), len(models)), np.nan)
    for domain, query, model, value, usd in answers:
        place = queries[domain, query], models.index(model)
        right[place], cost_usd[place] = value, usd
    numbers = np.array([domains.index(domain) for domain, _ in queries])
    return Outcomes(models, domains, numbers, right, None if np.isnan(cost_usd).all() else cost_usd)


def routerbench(table: list[Row]) -> Outcomes:
    """Eleven models with costs."""
    graded = [r for r in table if r["score"]]
    return matrix([(r["eval_name"], r["sample_id"], r["model"], right(r), float(r["cost_usd"])) for r in graded])


def right(row: Row) -> int:
    """Graded scores count as right from one half on."""
    return int(float(row["score"]) >= 0.5)


def routellm(table: list[Row]) -> Outcomes:
    """Two models; subjects of MMLU are domains."""
    models = {"mixtral": "mixtral_8x7b_correct", "gpt-4": "gpt4_1106_correct"}
    return matrix(
        [(r["subject"], r["idx"], model, int(r[column]), np.nan) for r in table for model, column in models.items()]
    )


def routerarena(table: list[Row]) -> Outcomes:
    """Two models over many data sets."""
    return matrix([("all", r["global_index"], r["model"], right(r), float(r["cost_usd"])) for r in table])


def heldout(outcomes: Outcomes, splits: int) -> str:
    """Errors on held-out halves, and what was fitted to the whole.

    Beside the error of the fit: that of one correlation a domain for all models (one rho); its standard deviation from
    one halving and choice of sets to another; what chance alone does (floor); and the error to expect of twice the
    queries, where the floor's share of it is half.
    """
    found = [["measure", "unit", "independent", "one rho", "fitted", "sd of one", "floor", "at twice the queries"]]
    sets = 150 if len(outcomes.models) > 2 else 1
    for several in zip(*(check(outcomes, seed=seed, sets=sets) for seed in range(splits)), strict=True):
        errors = np.array([(s.independent, s.alike, s.fitted, s.floor) for s in several])
        apart, alike, fitted, floor = errors.mean(axis=0)
        more = np.sqrt(max(fitted**2 - floor**2 / 2, 0.0))
        own = (apart, alike, fitted, errors[:, 2].std(), floor, more)
        found.append([several[0].measure, several[0].unit, *(f"{value:.2f}" for value in own)])
    fitted = fit(outcomes)
    ties, coupling = fitted.all_domains, fitted.coupling
    size = f"{len(outcomes.right)} queries, {len(outcomes.models)} models, {len(outcomes.domains)} domains"
    told = f"{size}; rho_between {ties.rho_between:.3f}, unsolvable {ties.unsolvable:.3f}, kappa {coupling.kappa:.2f}"
    return f"{told}\n{grid(found, right=range(2, 8))}"


def routers(table: list[Row]) -> str:
    """APGR of routers between the two models: by subjects of MMLU, and as if MMLU were one domain.

    Accuracies are moved in probit to means .681 and .806; the signal has correlation r with the weak model's margin, or
    with its lead over the strong one.
    """
    mmlu = routellm([row for row in table if row["dataset"] == "mmlu"])
    counted = [mmlu.right[mmlu.domain == d] for d in range(len(mmlu.domains))]
    queries = np.array([len(own) for own in counted])
    smooth = np.array([(own.sum(axis=0) + 0.5) / (len(own) + 1) for own in counted])
    share = queries / queries.sum()
    weak, strong = (
        ndtr(ability + brentq(lambda by, a=ability, m=mean: share @ ndtr(a + by) - m, -1, 1))
        for ability, mean in zip(ndtri(smooth).T, (0.681, 0.806), strict=True)
    )
    within = fit(mmlu).all_domains.rho_between
    over = fit(Outcomes(mmlu.models, ("all",), np.zeros_like(mmlu.domain), mmlu.right)).all_domains.rho_between
    parts, whole = (weak, strong, share), ((0.681,), (0.806,), (1.0,))
    cases = [("by subject", within, parts), ("by subject", 0.62, parts)]
    cases += [("as one", rho, whole) for rho in (0.62, 0.65, over)]
    found = [["domains", "rho", *(f"{of} r={r}" for of in ("difficulty", "advantage") for r in (0.2, 0.4, 0.6, 0.8))]]
    for name, rho, given in cases:
        own = [router_by_domain(*given, rho, r, of)["APGR"] for of in (0, 1) for r in (0.2, 0.4, 0.6, 0.8)]
        found.append([name, f"{rho:.3f}", *(f"{value:.3f}" for value in own)])
    told = f"rho_between {within:.3f} within a subject, {over:.3f} over all as one domain"
    return f"{told}\n{grid(found, right=range(1, 10))}"


def retries(table: list[Row]) -> str:
    """Probit gain of a second try and P(right | first try failed), by leaderboard."""
    found = [["leaderboard", "runs", "probit gain", "sd", "right if first failed"]]
    for name, group in groupby(sorted(table, key=lambda r: r["table"]), key=lambda r: r["table"]):
        rates = [(float(r["pass_rate_1"] or 0) / 100, float(r["pass_rate_2"] or 0) / 100) for r in group]
        kept = np.array([pair for pair in rates if 0 < pair[0] < pair[1] < 1])
        if len(kept) >= 5:
            gain = ndtri(kept[:, 1]) - ndtri(kept[:, 0])
            rescued = (kept[:, 1] - kept[:, 0]) / (1 - kept[:, 0])
            found.append([name, str(len(kept)), f"{gain.mean():.2f}", f"{gain.std():.2f}", f"{rescued.mean():.2f}"])
    return grid(found, right=(1, 2, 3, 4))


def oracles(table: list[Row]) -> str:
    """Union of all models at three correlations, beside independence."""
    found = [["pool", "data sets", "mean", "best of each set", "independent", "rho .60", "rho .655", "rho .68"]]
    for pool, group in groupby(sorted(table, key=lambda r: r["pool"]), key=lambda r: r["pool"]):
        sets: dict[str, list[float]] = {}
        for r in group:
            if r["score_pct"]:
                sets.setdefault(r["dataset"], []).append(float(r["score_pct"]) / 100)
        unions = [np.mean([1 - counts(s, rho)[0] for s in sets.values()]) for rho in (0.0, 0.60, 0.655, 0.68)]
        means = np.mean([np.mean(s) for s in sets.values()]), np.mean([max(s) for s in sets.values()])
        found.append([pool, str(len(sets)), *(f"{value:.3f}" for value in (*means, *unions))])
    return grid(found, right=range(1, 8))


if __name__ == "__main__":
    main()
