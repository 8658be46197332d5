"""Trap 17: a copy of the installation, with the same database and another home, never writes to anybody."""

from pathlib import Path

from click.testing import CliRunner

from slinga.cli import slinga
from slinga.loops import make_courier
from slinga.runtime.settings import load
from slinga.testing.plans import one_mail
from slinga.testing.world import World


def test_a_copy_holds_its_mail_until_somebody_confirms(world: World, tmp_path: Path) -> None:
    world.publish_shipped(policy={"quiet_hours": "none", "caps": []})
    world.publish(one_mail("first", "First"), one_mail("second", "Second", "win-back-2"))
    world.known("anna")
    world.track("anna", "First")
    assert world.templates("anna") == ["win-back-1"]  # the first on a new database needs no confirmation

    staging = {
        "SLINGA_DATABASE_URL": world.settings.database_url,
        "SLINGA_DATA_DIR": str(tmp_path / "staging"),
        "SLINGA_SMTP_URL": world.settings.smtp_url,
        "SLINGA_MAIL_FROM": "hello@localhost",
    }
    copy = make_courier(load(staging), world.pool)
    world.track("anna", "Second", settle=False)
    world.worker.drain()
    copy.run_until_idle()
    assert [mail.recipient for mail in world.sink.mails] == ["anna@example.org"]

    terminal = CliRunner()
    said = terminal.invoke(slinga, ["doctor"], env=staging).output
    assert "sending: held" in said and "slinga confirm" in said
    assert "may send" in terminal.invoke(slinga, ["confirm"], env=staging).output
    assert "this installation may send" in terminal.invoke(slinga, ["doctor"], env=staging).output
    copy.run_until_idle()
    assert len(world.sink.mails) == 2  # nothing was lost


def test_a_fixed_name_survives_a_new_host_and_a_new_directory(world: World, tmp_path: Path) -> None:
    world.publish_shipped(policy={"quiet_hours": "none"})
    world.publish(one_mail("first", "First"))
    for number, user in enumerate(("anna", "berta"), 1):
        world.known(user)
        world.track(user, "First", settle=False)
        world.worker.drain()
        place = {
            "SLINGA_DATABASE_URL": world.settings.database_url,
            "SLINGA_DATA_DIR": str(tmp_path / f"container-{number}"),
            "SLINGA_SMTP_URL": world.settings.smtp_url,
            "SLINGA_MAIL_FROM": "hello@shop.example",
            "SLINGA_INSTANCE": "production",
        }
        make_courier(load(place), world.pool).run_until_idle()
        assert len(world.sink.mails) == number
