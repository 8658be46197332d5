"""Channels against Google's published cases, robots against a public list of user agents."""

import csv
import json
from pathlib import Path

import pytest
import yaml

from slinga.people.sources import CHANNELS, DIRECT, Origin, category, channel, is_robot, origin

LISTS = Path(__file__).resolve().parents[3] / "../shared/data/lists"
needs_lists = pytest.mark.skipif(not LISTS.is_dir(), reason="the shared data sets are not beside the project")


@needs_lists
def test_channels_are_those_of_ga4():
    cases = json.loads((LISTS / "ga4_channels/expected_channel_cases.json").read_text())
    differ = {
        (c["source"], c["medium"], c["expected_channel"])
        for c in cases
        if channel(c["source"], c["medium"], c["campaign"]) != c["expected_channel"]
    }
    # Google's rule for Paid Shopping asks for a paid medium in either case; the set's author reads it as
    # "a shopping site, or (a shopping campaign and a paid medium)".
    assert differ == {("alibaba", "", "Paid Shopping")}
    assert channel("alibaba", "cpc") == "Paid Shopping"
    assert {c["expected_channel"] for c in cases} <= set(CHANNELS)


@needs_lists
def test_sites_are_never_of_the_wrong_kind():
    with (LISTS / "ga4_channels/ga4_source_categories.csv").open() as file:
        rows = [(r["source"], r["source_category"].rpartition("_")[2].lower()) for r in csv.DictReader(file)]
    wrong = [(source, kind, category(source)) for source, kind in rows if category(source) not in ("", kind)]
    assert wrong == []
    for kind, share in (("search", 0.98), ("shopping", 1.0), ("video", 0.97)):
        mine = [category(source) == kind for source, k in rows if k == kind]
        assert sum(mine) / len(mine) >= share, kind


@needs_lists
def test_robots_are_told_from_browsers():
    def agents(name):
        found = yaml.safe_load((LISTS / "isbot" / name).read_text())
        return [agent for listed in found.values() for agent in listed or ()]

    robots, browsers = agents("crawlers.yml"), agents("browsers.yml")
    assert sum(map(is_robot, robots)) / len(robots) >= 0.84
    assert sum(map(is_robot, browsers)) / len(browsers) <= 0.02
    assert not is_robot("")


PAGE = "https://shop.example/p/1"


@pytest.mark.parametrize(
    "properties,context,expected",
    [
        ({"url": PAGE}, {}, DIRECT),
        ({}, {}, DIRECT),
        ({"url": PAGE, "referrer": "https://www.shop.example/"}, {}, None),
        (
            {"url": PAGE, "referrer": "https://www.google.com/"},
            {},
            Origin("google.com", "organic", "", "Organic Search"),
        ),
        (
            {"url": PAGE, "referrer": "https://blog.example/a"},
            {},
            Origin("blog.example", "referral", "", "Referral"),
        ),
        ({"url": PAGE, "referrer": "https://t.co/x"}, {}, Origin("t.co", "referral", "", "Organic Social")),
        (
            {"url": PAGE + "?utm_source=newsletter&utm_medium=email&utm_campaign=May"},
            {},
            Origin("newsletter", "email", "May", "Email", True),
        ),
        ({"url": PAGE + "?gclid=x"}, {}, Origin("google", "cpc", "", "Paid Search", True)),
        ({"url": PAGE + "?fbclid=x"}, {}, Origin("facebook", "social", "", "Organic Social", True)),
        (
            {},
            {"campaign": {"source": "ceneo", "medium": "cpc", "name": "x"}, "page": {"url": PAGE}},
            Origin("ceneo", "cpc", "x", "Paid Shopping", True),
        ),
        ({"url": 7, "referrer": ["x"]}, {"page": "no", "campaign": 3}, DIRECT),
        ({"url": "http://[broken", "referrer": "http://[also"}, {}, DIRECT),
    ],
)
def test_where_a_visit_came_from(properties, context, expected):
    assert origin(properties, context) == expected
