"""Settings: from the environment alone, each wrong value named."""

import pytest

from slinga.kernel.errors import Invalid
from slinga.runtime.settings import Settings, explain, load


def test_an_empty_environment_gives_the_defaults() -> None:
    found = load({"PATH": "/bin"})
    assert found.base_url == "http://127.0.0.1:8470"
    assert {row.origin for row in explain(found)} == {"default"}


def test_values_are_read_and_their_origin_is_known() -> None:
    found = load({"SLINGA_PORT": "9_000", "SLINGA_LOG_TEXT": "Yes", "SLINGA_ZONE": "Europe/Prague"})
    assert (found.port, found.log_text, found.zone) == (9000, True, "Europe/Prague")
    assert [row.variable for row in explain(found) if row.origin != "default"] == [
        "SLINGA_PORT",
        "SLINGA_ZONE",
        "SLINGA_LOG_TEXT",
    ]


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("SLINGA_PROT", "1", "Did you mean SLINGA_PORT"),
        ("SLINGA_PORT", "eighty", "whole number"),
        ("SLINGA_PORT", "70000", "between 0 and 65535"),
        ("SLINGA_LOG_TEXT", "maybe", "yes or no"),
        ("SLINGA_ZONE", "Europe/Prag", "IANA"),
        ("SLINGA_WORKERS", "0", "at least 1"),
        ("SLINGA_DATABASE_URL", "mysql://x/y", "postgresql://"),
        ("SLINGA_SMTP_URL", "mail.example.org", "smtp://"),
        ("SLINGA_PUBLIC_URL", "https://example.org/mail", "without a path"),
        ("SLINGA_SECRET", "short", "32 characters"),
        ("SLINGA_LOG_LEVEL", "loud", "one of debug"),
    ],
)
def test_a_wrong_value_is_named(variable: str, value: str, message: str) -> None:
    with pytest.raises(Invalid, match=message) as fault:
        load({variable: value})
    assert fault.value.field == variable


def test_no_secret_is_printed() -> None:
    found = load(
        {
            "SLINGA_DATABASE_URL": "postgresql://me:hu%40nter@db/slinga?password=hu%40nter&x=1",
            "SLINGA_SMTP_URL": "smtp://me:hu@nter@relay:587",
            "SLINGA_SECRET": "hu@nter" * 6,
        }
    )
    text = "".join(row.value for row in explain(found))
    assert "nter" not in text
    assert "postgresql://me:***@db/slinga?password=***&x=1" in text


def test_all_addresses_listen_but_one_is_shown() -> None:
    assert Settings(host="0.0.0.0", port=80).base_url == "http://127.0.0.1:80"
    assert Settings(public_url="https://mail.example.org/").base_url == "https://mail.example.org"
