"""Two real years of a shop, in one command: what stands in the log is what the files are known to hold."""

import os
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner

from slinga.cli import slinga
from slinga.testing.world import World

DATA = Path(__file__).resolve().parents[2] / "../shared/data/retail_uci"
FILES = [DATA / f"online_retail_{years}.parquet" for years in ("2009_2010", "2010_2011")]
LONG = bool(os.environ.get("SLINGA_LONG"))

pytestmark = pytest.mark.skipif(
    not DATA.is_dir(), reason="the shared retail data set is not beside the project"
)


def sample(tmp_path: Path, share: int) -> list[Path]:
    """Every so many invoices of both files, whole, as Parquet of the same shape."""
    made = []
    for file in FILES:
        made.append(tmp_path / file.name)
        picked = f"hash(invoice_no) % {share} = 0"
        duckdb.sql(f"SELECT * FROM '{file}' WHERE {picked}").write_parquet(str(made[-1]))
    return made


def counted(files: list[Path]) -> dict[str, float]:
    """What a query over the raw files says, the overlap dropped."""
    (row,) = duckdb.sql(
        f"""
        WITH line AS (SELECT 1 AS file, * FROM '{files[0]}' UNION ALL SELECT 2, * FROM '{files[1]}'),
             kept AS (SELECT * FROM line QUALIFY file = min(file) OVER (PARTITION BY invoice_no))
        SELECT count(*), count(DISTINCT invoice_no), count(DISTINCT customer_id),
               count(*) FILTER (customer_id IS NULL), count(*) FILTER (invoice_no LIKE 'C%'), sum(quantity),
               round(sum(quantity::DECIMAL(18, 3) * unit_price::DECIMAL(18, 3)), 2)
        FROM kept
        """
    ).fetchall()
    return dict(zip(NAMES, map(float, row), strict=True))


NAMES = ("lines", "invoices", "customers", "nobody's lines", "cancelled lines", "quantity", "value")
KNOWN = (1_044_847, 53_628, 5_942, 235_287, 19_165, None, 18_909_744.12)
"""Of both files together; those of the second alone are the ones that others have published."""
SECOND = (541_909, 25_900, 4_372, 135_080, 9_288, 5_176_450, 9_747_747.93)


def in_the_log(world: World, since: str = "2000-01-01") -> dict[str, float]:
    row = world.db.execute(
        """
        WITH invoice AS (
            SELECT person, name, body -> 'properties' AS p,
                   CASE name WHEN 'Order Refunded' THEN -1 ELSE 1 END AS sign
            FROM input WHERE kind = 'history' AND occurred_at >= %(since)s::text::timestamptz
        ), line AS (
            SELECT i.*, (l ->> 'quantity')::numeric * sign AS quantity, (l ->> 'price')::numeric AS price
            FROM invoice i, jsonb_array_elements(p -> 'products') AS l
        ), known AS (SELECT person FROM profile WHERE identified)
        SELECT (SELECT count(*) FROM line), (SELECT count(*) FROM invoice),
               (SELECT count(DISTINCT person) FROM invoice JOIN known USING (person)),
               (SELECT count(*) FROM line WHERE person NOT IN (SELECT person FROM known)),
               (SELECT count(*) FROM line WHERE name = 'Order Refunded'),
               (SELECT sum(quantity) FROM line),
               (SELECT round(sum((p ->> 'total')::numeric * sign), 2) FROM invoice)
        """,
        {"since": since},
    ).fetchone()
    assert row is not None
    return dict(zip(NAMES, map(float, row), strict=True))


def run(world: World, *arguments: object, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.delenv("SLINGA_LONG", raising=False)  # no setting of a Slinga
    monkeypatch.setenv("SLINGA_DATABASE_URL", world.settings.database_url)
    monkeypatch.setenv("SLINGA_DATA_DIR", str(world.settings.data))
    done = CliRunner().invoke(slinga, ["import", *map(str, arguments)], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


@pytest.mark.timeout(3600)
def test_both_years_in_one_command_count_as_they_are_known_to(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.publish_shipped("win-back", "post-purchase")
    files = sample(tmp_path, 1 if LONG else 150)
    known = counted(files)
    if LONG:
        assert all(value is None or known[n] == value for n, value in zip(NAMES, KNOWN, strict=True))
    said = run(world, *files, "--as", "uci-retail", monkeypatch=monkeypatch)
    assert f"{known['lines']:,.0f} taken in" in said and "0 not taken" in said
    world.worker.drain()
    assert in_the_log(world) == known
    assert world.db.execute("SELECT count(*) FROM message").fetchone() == (0,)
    if LONG:
        # Of invoices that both files have, the first file's copy stands; the second year begins with them.
        assert in_the_log(world, "2010-12-01 00:00:00+00")["lines"] == SECOND[0]
    again = run(world, *files, "--as", "uci-retail", "--again", monkeypatch=monkeypatch)
    assert "0 taken in" in again and "; 0 inputs" in again
    assert in_the_log(world) == known


@pytest.mark.timeout(3600)
def test_the_second_year_alone_is_what_others_have_published(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not LONG:
        pytest.skip("takes minutes; set SLINGA_LONG=1")
    run(world, FILES[1], "--as", "uci-retail", monkeypatch=monkeypatch)
    world.worker.drain()
    assert tuple(in_the_log(world).values()) == SECOND


def test_a_year_from_a_spreadsheet_is_the_same_year(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Semicolons, decimal commas, Windows' letters: the invoices come out the same, so nothing is new."""
    (parquet, _) = sample(tmp_path, 2_000)
    run(world, parquet, "--as", "uci-retail", monkeypatch=monkeypatch)
    sheet = tmp_path / "year.csv"
    rows = duckdb.sql(f"SELECT * FROM '{parquet}'")
    lines = [";".join(rows.columns)]
    for row in rows.fetchall():
        cells = [("" if cell is None else str(cell)) for cell in row]
        cells[5] = cells[5].replace(".", ",")
        lines.append(";".join('"' + cell.replace('"', '""') + '"' for cell in cells))
    sheet.write_bytes("\r\n".join(lines).encode("cp1252"))
    mapping = tmp_path / "mapping.yaml"
    shown = run(world, "mapping", "uci-retail", monkeypatch=monkeypatch)
    mapping.write_text(shown + "csv:\n  decimal: ','\n")
    said = run(world, sheet, "--mapping", mapping, monkeypatch=monkeypatch)
    assert (
        ": 0 taken in" in said.replace(f"{len(lines) - 1:,} rows", "") and "0 not taken; 0 inputs" in said
    ), said


VISITORS = """
WITH event AS (
    SELECT 1430622000000 + n * 4 * {scale} AS timestamp,
           (hash(n) % (1407580 // {scale}))::INT AS visitorid,
           CASE WHEN n % 120 = 0 THEN 'transaction' WHEN n % 40 = 1 THEN 'addtocart' ELSE 'view' END AS event,
           (hash(n + 7) % 235061)::INT AS itemid,
           CASE WHEN n % 120 = 0 THEN n // 240 END AS transactionid
    FROM range(2755641 // {scale}) AS r(n)
)
SELECT * FROM event
UNION ALL
SELECT * FROM event WHERE timestamp % (5990 * 4 * {scale}) = 0
ORDER BY timestamp
"""
"""As many events, visitors and repetitions as the real log has, or a share of them."""


@pytest.mark.timeout(3600)
def test_views_carts_and_transactions_of_a_shop_of_visitors(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The schema timestamp, visitorid, event, itemid, transactionid, with exact repetitions in it."""
    path = tmp_path / "events.csv"
    duckdb.sql(VISITORS.format(scale=1 if LONG else 400)).write_csv(str(path))

    def ask(text: str) -> tuple[int, ...]:
        return duckdb.sql(f"SELECT {text} FROM (SELECT DISTINCT * FROM '{path}')").fetchall()[0]  # type: ignore[return-value]

    (kept,) = ask("count(*)")
    ((rows,),) = duckdb.sql(f"SELECT count(*) FROM '{path}'").fetchall()
    assert rows > kept
    said = run(world, path, "--as", "retailrocket", monkeypatch=monkeypatch)
    assert f"{rows:,} rows: {kept:,} taken in, {rows - kept:,} known before or repeated, 0 not taken" in said
    found = dict(
        world.db.execute("SELECT name, count(*) FROM input WHERE kind = 'history' GROUP BY name").fetchall()
    )
    assert (found["Product Viewed"], found["Product Added"], found["Order Completed"]) == ask(
        "count(*) FILTER (event = 'view'), count(*) FILTER (event = 'addtocart'), "
        "count(DISTINCT (visitorid, transactionid)) FILTER (event = 'transaction')"
    )
    lines = world.db.execute(
        "SELECT sum(jsonb_array_length(body -> 'properties' -> 'products')) FROM input "
        "WHERE name = 'Order Completed'"
    ).fetchone()
    assert lines == ask("count(*) FILTER (event = 'transaction')")
