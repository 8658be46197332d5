"""What an operator can set: about thirty values, all from the environment, all with an explanation.

In: an environment mapping. Out: frozen `Settings`; `explain` says each value and where it came from.
Always true: importing reads nothing; a value that does not fit is an error that names the variable; an
unknown `SLINGA_` variable is an error too, so a typo never passes in silence.
"""

import difflib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, NamedTuple, get_args, get_type_hints
from urllib.parse import urlsplit

import msgspec

from slinga.kernel.calendar import is_zone, period
from slinga.kernel.errors import Invalid
from slinga.kernel.words import noted as N_

PREFIX = "SLINGA_"
LEVELS = ("debug", "info", "warning", "error")


def _secret(doc: str) -> msgspec.Meta:
    return msgspec.Meta(description=doc, extra={"secret": True})


def _doc(doc: str) -> msgspec.Meta:
    return msgspec.Meta(description=doc)


class Settings(msgspec.Struct, frozen=True):
    """All settings. Fields are in the order in which they are printed and documented."""

    data_dir: Annotated[
        str, _doc("Where the embedded database, the installation's secret and the development mailbox live.")
    ] = "var/slinga"
    database_url: Annotated[
        str,
        _secret(
            "A PostgreSQL 16 or later, as postgresql://user:password@host/name. "
            "Empty: the embedded PostgreSQL 18."
        ),
    ] = ""
    host: Annotated[str, _doc("The address to listen on; 0.0.0.0 for all.")] = "127.0.0.1"
    port: Annotated[int, _doc("The port to listen on.")] = 8470
    public_url: Annotated[
        str, _doc("The address under which visitors and mail readers reach Slinga. Empty: http://host:port.")
    ] = ""
    zone: Annotated[
        str, _doc("The workspace's IANA time zone, such as Europe/Prague, until one is set at the desk.")
    ] = "UTC"
    smtp_url: Annotated[
        str,
        _secret(
            "Where mail goes: smtp://user:password@host:587 (STARTTLS) or smtps://host:465. "
            "Empty: what is set at the desk, else the development mailbox, which sends nothing."
        ),
    ] = ""
    smtp_private: Annotated[
        bool,
        _doc(N_("Whether the desk may name a mail server whose address is not public, and any port.")),
    ] = False
    mail_from: Annotated[str, _doc("The sender of mail whose template names none.")] = (
        "Slinga <hello@localhost>"
    )
    bounce_domain: Annotated[
        str, _doc(N_("The domain of return addresses. Empty: what the desk says, else the sender's."))
    ] = ""
    bounce_url: Annotated[
        str,
        _secret(
            N_(
                "The mailbox to which bounces come: imaps://user:password@host/INBOX?every=60&done=Archive. "
                "Empty: none is read."
            )
        ),
    ] = ""
    bounce_listen: Annotated[
        str,
        _doc(N_("Where to take returned mail over SMTP, as 0.0.0.0:25 or 127.0.0.1:2525. Empty: nowhere.")),
    ] = ""
    dkim: Annotated[
        str,
        _doc(
            N_(
                "DKIM signing as selector:/path/to/private-key.pem. "
                "Empty: with a key made at the desk, else the relay signs."
            )
        ),
    ] = ""
    erased_url: Annotated[
        str,
        _doc("Where another system is told of erasures, by the webhook profile.erased. Empty: nobody is."),
    ] = ""
    webhook_private: Annotated[
        bool,
        _doc(N_("Whether webhooks may call addresses that are not public, such as 10.0.0.7 or localhost.")),
    ] = False
    secret: Annotated[
        str,
        _secret(
            "The master secret, at least 32 characters, the same on every machine of one installation. "
            "Empty: made once and kept in the data directory."
        ),
    ] = ""
    journal: Annotated[
        str,
        _doc(
            "The obligations journal, a file that outlives the database: who said no, who was erased. Best "
            "on another volume than the database. Empty: obligations.jsonl in the data directory."
        ),
    ] = ""
    instance: Annotated[
        str,
        _doc(
            "A fixed name of this installation, where the host's name changes, as in containers. A copy of "
            "the database sends nothing under another name until `slinga confirm`. "
            "Empty: host, data directory and database."
        ),
    ] = ""
    web_processes: Annotated[int, _doc("How many processes answer HTTP.")] = 1
    workers: Annotated[int, _doc("How many processes advance people.")] = 1
    pool_size: Annotated[int, _doc("Database connections per web process.")] = 8
    max_body_bytes: Annotated[int, _doc("The largest HTTP request body accepted, packed or unpacked.")] = (
        4_000_000
    )
    import_max_bytes: Annotated[
        int, _doc("The largest file that can be handed over for import at the desk.")
    ] = 1_000_000_000
    trusted_proxies: Annotated[
        int,
        _doc(
            "How many reverse proxies stand before Slinga: so many entries of X-Forwarded-For are believed."
        ),
    ] = 0
    stop_within_s: Annotated[
        int, _doc("Seconds that a process may take to finish its work when stopping.")
    ] = 20
    metrics_port: Annotated[
        int,
        _doc("The port on which `slinga serve` answers /metrics for Prometheus, on 127.0.0.1. 0: none."),
    ] = 0
    keep_events: Annotated[
        str,
        _doc(
            N_(
                "How long events are kept, such as 25mo; `never`: for ever. "
                "No condition may look back further."
            )
        ),
    ] = "25mo"
    keep_anonymous: Annotated[
        str, _doc(N_("How long somebody is kept who never said who they are, after their last event."))
    ] = "13mo"
    keep_mail: Annotated[
        str, _doc(N_("How long the words of messages are kept: their variables and the development mailbox."))
    ] = "90d"
    keep_replies: Annotated[
        str, _doc(N_("How long is kept what receivers answered, and raw hits of links and pictures."))
    ] = "90d"
    keep_quarantine: Annotated[
        str, _doc(N_("How long refused calls and reports of rows that no import took are kept."))
    ] = "30d"
    keep_audit: Annotated[str, _doc(N_("How long is kept who did what at the desk and by keys."))] = "2y"
    log_level: Annotated[str, _doc("How much is logged: debug, info, warning or error.")] = "info"
    log_text: Annotated[bool, _doc("Log lines for people instead of JSON.")] = False
    origins: dict[str, str] = {}

    @property
    def data(self) -> Path:
        """The data directory."""
        return Path(self.data_dir)

    @property
    def journal_path(self) -> Path:
        """The file of the obligations journal."""
        return Path(self.journal) if self.journal else self.data / "obligations.jsonl"

    @property
    def base_url(self) -> str:
        """The public address without a slash at its end."""
        host = "127.0.0.1" if self.host in ("0.0.0.0", "::") else self.host
        return self.public_url.rstrip("/") or f"http://{host}:{self.port}"


class Explained(NamedTuple):
    """One setting as printed: `value` is masked where it is a secret."""

    name: str
    variable: str
    value: str
    origin: str
    default: str
    doc: str


KEPT = ("keep_events", "keep_anonymous", "keep_mail", "keep_replies", "keep_quarantine", "keep_audit")
NEVER = "never"

_HINTS = get_type_hints(Settings, include_extras=True)
NAMES = tuple(name for name in Settings.__struct_fields__ if name != "origins")
_ALSO_SEEN = {"SLINGA_PARENT"}
"""Variables that Slinga's own processes hand to each other."""


def load(environ: Mapping[str, str]) -> Settings:
    """Settings from an environment. Raises Invalid with the variable as field."""
    values: dict[str, Any] = {}
    origins = dict.fromkeys(NAMES, "default")
    for variable, text in environ.items():
        if not variable.startswith(PREFIX) or variable in _ALSO_SEEN:
            continue
        name = variable.removeprefix(PREFIX).lower()
        if name not in NAMES:
            near = difflib.get_close_matches(name, NAMES, 1)
            hint = f" Did you mean {PREFIX}{near[0].upper()}?" if near else ""
            raise Invalid(f"{variable} is not a setting.{hint} `slinga settings` lists all.", field=variable)
        values[name] = _convert(variable, name, text)
        origins[name] = variable
    found = Settings(**values, origins=origins)
    _check(found)
    return found


def _convert(variable: str, name: str, text: str) -> Any:
    kind = get_args(_HINTS[name])[0]
    if kind is str:
        return text.strip()
    try:
        if kind is bool:
            return {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False, "": False}[
                text.strip().lower()
            ]
        return int(text.strip().replace("_", ""))
    except (KeyError, ValueError):
        wanted = "yes or no" if kind is bool else "a whole number"
        raise Invalid(f"{variable} must be {wanted}, not {text!r}", field=variable) from None


def _check(found: Settings) -> None:
    def refuse(name: str, message: str) -> None:
        raise Invalid(f"{PREFIX}{name.upper()} {message}", field=PREFIX + name.upper())

    if not 0 <= found.port <= 65535:
        refuse("port", "must be between 0 and 65535")
    for name in ("web_processes", "workers", "pool_size", "max_body_bytes", "stop_within_s"):
        if getattr(found, name) < 1:
            refuse(name, "must be at least 1")
    if not 0 <= found.metrics_port <= 65535 or found.metrics_port == found.port:
        refuse("metrics_port", "must be another port than SLINGA_PORT, or 0")
    for name in KEPT:
        if getattr(found, name) != NEVER:
            try:
                period(getattr(found, name))
            except Invalid as fault:
                refuse(name, f"must be a length such as 90d or 25mo, or `never`: {fault.message}")
    if found.trusted_proxies < 0:
        refuse("trusted_proxies", "must not be negative")
    if found.log_level not in LEVELS:
        refuse("log_level", f"must be one of {', '.join(LEVELS)}")
    if not is_zone(found.zone):
        refuse("zone", f"is {found.zone!r}, which is not a time zone of the IANA database")
    if found.database_url and urlsplit(found.database_url).scheme not in ("postgresql", "postgres"):
        refuse("database_url", "must begin with postgresql://")
    if found.smtp_url and (
        urlsplit(found.smtp_url).scheme not in ("smtp", "smtps") or not urlsplit(found.smtp_url).hostname
    ):
        refuse("smtp_url", "must look like smtp://user:password@host:587 or smtps://host:465")
    if found.public_url and not re.match(r"https?://[^/?#\s]+/?$", found.public_url):
        refuse("public_url", "must be like https://mail.example.org, without a path")
    if found.secret and len(found.secret) < 32:
        refuse("secret", "must have at least 32 characters")


def explain(found: Settings) -> list[Explained]:
    """Every setting with its value (secrets masked), where the value came from, and what it is for."""
    default = Settings()
    rows = []
    for name in NAMES:
        meta: msgspec.Meta = get_args(_HINTS[name])[1]
        doc = meta.description or ""
        value = _text(getattr(found, name))
        if meta.extra and value:
            value = _masked(value)
        rows.append(
            Explained(
                name,
                PREFIX + name.upper(),
                value,
                found.origins.get(name, "default"),
                _text(getattr(default, name)),
                doc,
            )
        )
    return rows


def _text(value: Any) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def _masked(value: str) -> str:
    """An address without its password; anything else without everything."""
    if "://" not in value:
        return "(set)"
    return re.sub(r"([?&]password=)[^&]*", r"\1***", re.sub(r"(://[^:/@]*):.*@", r"\1:***@", value))
