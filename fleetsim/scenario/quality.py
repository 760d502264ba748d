"""The part of the scenario language that says how right the models' answers are, and how that hangs together."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Strict, Tag, model_validator

from fleetsim.scenario.fields import Fraction, Model, Name, SignedFraction, Text

MOST_OPTIONS = 14
"""Wrong answers that the engines tell apart (tables.LABELS less the right one and the blank)."""

MOST_MODELS = 255
"""Judged models that the engines tell apart."""

Options = Annotated[int, Strict(), Field(ge=1, le=MOST_OPTIONS)]
Sigma = Annotated[float, Strict(), Field(ge=0, le=3)]


def _is_table(value: Any) -> str:
    return "domains" if isinstance(value, dict) else "share"


Accuracy = Annotated[
    Annotated[Fraction, Tag("share")] | Annotated[dict[Name, Fraction], Tag("domains")], Discriminator(_is_table)
]
"""A share of right answers in every domain, or one for each."""

Common = Annotated[
    Annotated[SignedFraction, Tag("share")] | Annotated[dict[Name, SignedFraction], Tag("domains")],
    Discriminator(_is_table),
]
"""A share of the ease in every domain, or one for each that has its own."""


class DomainQuality(Model):
    """How the models' answers to tasks of a domain hang together. What is left out is as in `quality.every_domain`."""

    capability: Name | None = Field(
        None, description="which accuracy of the model profiles it is, such as math; its own name by default"
    )
    rho_between: Fraction | None = Field(
        None, description="correlation of the ease of a task for two models; 0.6 by default"
    )
    rho_family: Fraction | None = Field(
        None, description="what more it is for two models of one family; 0.05 by default"
    )
    rho_parts: Fraction | None = Field(
        None, description="correlation of the ease of two parts of a task, at most rho_between; 0.3 by default"
    )
    unsolvable: Fraction | None = Field(None, description="share of tasks that no model solves; 0 by default")
    answer: Literal["unique", "open"] | None = Field(
        None, description="unique: right answers agree and can be voted on; open: many answers are right; unique"
    )
    same_wrong: Fraction | None = Field(
        None, description="probability that two wrong answers are the same; by the number of options if left out"
    )
    options: Options | None = Field(None, description="how many wrong answers there are; 14 (free text) by default")


class Lengths(Model):
    """How the lengths of a model's answers scatter and follow difficulty, where a workflow couples the two."""

    sigma: Sigma = Field(0.45, description="standard deviation of the log of lengths")
    kappa: Fraction = Field(0.38, description="correlation of that log with difficulty")
    shared: Fraction = Field(0.25, description="share of its variance that the task brings, in the workload's lengths")

    @model_validator(mode="after")
    def _variance_is_enough(self) -> Lengths:
        if self.kappa**2 + self.shared > 1:
            raise ValueError(f"kappa^2 + shared is {self.kappa**2 + self.shared:.3g}; at most 1")
        return self


class ModelQuality(Model):
    """What is known of a model's answers beside how often they are right."""

    family: Name | None = Field(None, description="models of one family err alike; its profile's family by default")
    rho_between: Common | None = Field(
        None,
        description="its own rho_between, or domain -> its own: two models correlate by the geometric mean of theirs; "
        "below 0: the other way round, it finds easy what others find hard",
    )
    rho_within: Fraction | None = Field(
        None,
        description="correlation of the ease of a task for two of its samples; "
        "0.86 by default, or rho_between + rho_family where that is more",
    )
    blank_share: Fraction = Field(0.13, description="share of wrong answers that are malformed or none")
    length: Lengths = Lengths()

    def own_share(self, domain: str) -> float | None:
        """Its own rho_between in a domain; None if it has none."""
        return self.rho_between.get(domain) if isinstance(self.rho_between, dict) else self.rho_between


class QualitySettings(Model):
    """Which answers are right. Without it, and without an `accuracy` in any pool, no answer is judged."""

    every_domain: DomainQuality = Field(DomainQuality(), description="for all domains that do not say otherwise")
    domains: dict[Name, DomainQuality] = Field({}, description="domain of the workload -> what differs there")
    models: dict[Name, ModelQuality] = Field({}, description="model -> what is known of it beside its accuracy")
    accuracy: dict[Name, Accuracy] = Field({}, description="model -> share of right answers, or domain -> share")
    table: Text | None = Field(
        None, description="CSV with columns model, domain, accuracy, beside the scenario; `accuracy` goes first"
    )
    outcomes: Text | None = Field(
        None, description="CSV or Parquet of recorded right and wrong answers, which are replayed instead of drawn"
    )


@dataclass(frozen=True)
class DomainFigures:
    """The settings of one domain with every default."""

    capability: str
    rho_between: float
    rho_family: float
    rho_parts: float
    unsolvable: float
    votes: bool  # right answers are one answer
    same_wrong: float
    options: int


def settled(quality: QualitySettings, domain: str) -> DomainFigures:
    """The settings of a domain: its own, else those of every domain, else what public data say (docs/quality.md).

    A default gives way to what is written: rho_parts and rho_family are never more than rho_between leaves room for,
    a model's own included.
    """

    def pick(name: str) -> Any:
        own = getattr(quality.domains.get(domain, quality.every_domain), name)
        return getattr(quality.every_domain, name) if own is None else own

    def or_else(name: str, default: Any) -> Any:
        given = pick(name)
        return default if given is None else given

    rho_between = or_else("rho_between", 0.6)
    most = max([rho_between, *(abs(model.own_share(domain) or 0.0) for model in quality.models.values())])
    votes, options = or_else("answer", "unique") == "unique", or_else("options", MOST_OPTIONS)
    return DomainFigures(
        capability=or_else("capability", domain),
        rho_between=rho_between,
        rho_family=or_else("rho_family", min(0.05, 1.0 - most)),
        rho_parts=or_else("rho_parts", min(0.3, rho_between)),
        unsolvable=or_else("unsolvable", 0.0),
        votes=votes,
        same_wrong=or_else("same_wrong", _same_wrong(votes, options)),
        options=options,
    )


def common_share(quality: QualitySettings, model: str, domain: str) -> float:
    """The share of the ease that a model has in common with all: its own, else the domain's rho_between."""
    own = quality.models[model].own_share(domain) if model in quality.models else None
    return settled(quality, domain).rho_between if own is None else own


def _same_wrong(votes: bool, options: int) -> float:
    """P(same wrong answer | both wrong) as measured, by the number of wrong answers; never below that of chance.

    0.60 of 3 (HELM MMLU), 0.35 of 9 (MMLU-Pro), 0.30 of free text with one right answer, 0.10 of open tasks.
    """
    least, values = (1 / MOST_OPTIONS, 1 / 9, 1 / 3, 1.0), (0.30, 0.35, 0.60, 1.0)
    if votes:
        at = bisect_left(least, 1 / options)
        if least[at] == 1 / options:
            return values[at]
        share = (1 / options - least[at - 1]) / (least[at] - least[at - 1])
        return values[at - 1] + share * (values[at] - values[at - 1])
    return max(0.10, 1 / options)
