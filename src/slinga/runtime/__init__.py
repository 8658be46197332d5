"""The machinery under every stage: PostgreSQL, migrations, settings, HTTP assembly, telemetry.

In: the process environment and the data directory. Out: connections, a web application, log lines.
Always true: `runtime` knows no stage; stages and `app` hand it what it runs.
"""
