"""What a benchmark says.

In: measurements. Out: `Figure`, one row of the table.
Always true: a ratio is always of two things measured in the same run.
"""

import msgspec


class Figure(msgspec.Struct):
    """One figure. `ratio` is value / reference_value; `met` is None where nothing was asked for."""

    name: str
    value: float
    unit: str
    reference: str = ""
    """What it is compared with, in words."""
    reference_value: float | None = None
    ratio: float | None = None
    wanted: str = ""
    """What was asked for, in words, such as "at least 0.7 of the reference"."""
    met: bool | None = None
    peak_mb: float = 0.0
    """Peak memory of all processes, PostgreSQL with them; the runner fills it in where it is 0."""
    note: str = ""


def compared(
    name: str,
    value: float,
    unit: str,
    *,
    reference: str,
    reference_value: float,
    ratio_at_least: float | None = None,
    at_least: float | None = None,
    note: str = "",
) -> Figure:
    """A rate beside the rate of a named reference; wanted are a ratio, a rate, or both."""
    ratio = value / reference_value if reference_value else 0.0
    wanted, met = [], []
    if ratio_at_least is not None:
        wanted.append(f"at least {ratio_at_least:g} of the reference")
        met.append(ratio >= ratio_at_least)
    if at_least is not None:
        wanted.append(f"at least {at_least:,.0f} {unit}")
        met.append(value >= at_least)
    return Figure(
        name,
        value,
        unit,
        reference,
        reference_value,
        ratio,
        " and ".join(wanted),
        all(met) if met else None,
        note=note,
    )


def bounded(
    name: str,
    value: float,
    unit: str,
    *,
    at_least: float | None = None,
    at_most: float | None = None,
    note: str = "",
) -> Figure:
    """A figure with a bound of its own."""
    wanted, met = "", None
    if at_least is not None:
        wanted, met = f"at least {at_least:,g} {unit}", value >= at_least
    if at_most is not None:
        wanted, met = f"at most {at_most:,g} {unit}", value <= at_most
    return Figure(name, value, unit, wanted=wanted, met=met, note=note)
