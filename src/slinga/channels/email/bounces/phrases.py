"""What receivers write when they refuse, by what they mean.

In: nothing. Out: `WORDS`: types with patterns, the surest first. Always true: a pattern is searched in text
on one line, whatever its case; it says what receivers mean by it, not which receiver said it.

Each line holds alternatives; one that begins with blanks goes on with the line above.
"""

import re

from slinga.channels.email.bounces.model import Type

_TEXT = r"""
[user_unknown]
recipient address rejected\W*$|\]: recipient address rejected: access denied
[filtered]
refused due to recipient preferences|^550 : user unknown$
[host_unknown]
account or domain may not exist
[has_moved]
has moved|user moved|no longer (uses|at) this address|new address is|moved; please try
[require_ptr]
\bptr\b|reverse (dns|hostname|lookup|mapping)|rdns|no reverse
does not (have|resolve) .{0,30}(reverse|hostname)|(can.?t|cannot) (find|resolve) your (hostname|reverse)
fix reverse|hostname .{0,40}not (resolve|match)|unresolvable (relay )?host|lookup of the (sending|ip)
[auth_failure]
\bdmarc\b|\bdkim\b|\bspf\b|sender policy framework|unauthenticated (mail|email|message)
is not authorized to (use|send)|authentication (checks?|results?) fail|not pass authentication
[virus_detected]
\bvirus|infected|malware|trojan|worm\b
[too_many_conn]
ip frequency limit|too many (concurrent )?(connections?|sessions)|connection (rate|frequency)
max(imum)? .{0,20}connections|concurrent connection|connection .{0,20}limit(ed)?
connecting ip .{0,40}(limit|exceed)
[speeding]
(messages?|mail) (too quickly|rate)|receiving mail (at a rate|too quickly)|rate limit|throttl
sending (too|mail) .{0,20}(fast|rate)|unusual rate
[bad_reputation]
(low|poor|bad|very low) reputation|reputation (of|is|score)|reputation.{0,30}(low|poor|bad)|senderbase
[blocked]
spamhaus|spamcop|\brbl\b|dnsbl|\bsbl\b|\bpbl\b|\bxbl\b|sorbs|(block|black|deny) ?-?list
blocked (using|by|from|because|due|for)
(ip|host|address|client|server|you|access) .{0,60}(is |are |been |was )?(block(ed)?|denied|banned|
  not (allowed|welcome|accepted) to connect)
refused to talk to me|connections? (from .{0,40})?(refused|rejected|not accepted)
client host .{0,60}(rejected|blocked)|bad (hostname|helo)|access denied.{0,40}(ip|host|connection)
dynamic ip|no access from mail server|not accept(ed)? mail from (your|this) (ip|host|server)
unable to receive .{0,20}your ip|temporarily deferred
[spam_detected]
\bspam\b|junk mail|unsolicited|bulk mail|looks like (spam|junk)|considered spam
message (content )?(was )?(identified|classified|detected) as|score .{0,20}spam
appears to be (spam|unsolicited)
[no_relaying]
relay(ing)? (access )?(is )?(denied|not (permitted|allowed)|prohibited)|not (permitted|allowed) to relay
unable to relay|we do not relay|relaying
[mailbox_full]
(mailbox|mail box|mail folder|inbox|account|user|quota|recipient).{0,40}(is |are )?(full|
  over ?quota|exceed.{0,20}(quota|storage|allow|limit)|out of storage|quota)
over ?quota|quota (exceeded|has been)|disk ?space
exceeded (its|the|his|her|their) (storage|quota|space|mailbox)|exceeds (the )?(quota|storage)
not enough (storage|space)|storage (space )?(exceeded|quota|full)|mail ?box.{0,20}size limit
too much mail
[exceed_limit]
(message|mail|size) .{0,30}(too (large|big|long)|exceeds? .{0,40}(limit|maximum|size|fixed)|larger than)
size limit|max(imum)? message size|exceeded .{0,20}message length
[not_accept]
couldn.t find a mail exchanger|(mx|srv) record indicated no smtp|returned null mx
(does|do|did) ?n.?o?t accept (any )?(mail|e-?mail|messages)|null ?mx|no mx .{0,20}accept
system not accepting (network )?messages|not accepting mail|mail server .{0,20}does not accept|nullmx
host does not (accept|receive) mail|(smtp )?protocol (returned|is not) .{0,30}accept
no smtp service here
[host_unknown]
account or domain may not exist|domain is not reachable
\b(host|domain|name|dns)\b(?! (said|says)).{0,30}(not found|unknown|does ?n.?o?t exist|not exist|
  could not be found|no such|non-?exist|unrout|unresolv)
unknown host|host (name )?lookup (did not|failed|failure)|no such (host|domain)
unrout(e)?able (address|mail domain)|name or service not known|nxdomain|domain (name )?not found
couldn.t find any host|domain (is )?invalid|invalid domain|no mail hosts for|illegal host
(unable|failed) to (look ?up|resolve) (the )?(mx|host|domain)
recipient.{0,20}domain .{0,30}not (found|exist)|no (valid )?mx
[suspend]
(account|mailbox|user|address|recipient|addressee|e-?mail) .{0,60}(suspend|disabled|inactive|
  deactivated|not active|locked|terminated|discontinued|expired|closed|dormant|frozen)
inactive (user|account|mailbox)|(disabled|suspended|deactivated) (user|account|mailbox)
temporarily (disabled|suspended)|not active|currently suspended|sender .{0,10}suspended
[user_unknown]
(user|recipient|mailbox|address|account|addressee|alias|person|name|id|login|
  member) .{0,50}(unknown|not (be )?(found|exist|known|listed|here|valid|available)|un?known|
  does ?n.?o?t exist|doesn.t (exist|have)|no longer (available|exist|valid|in use)|invalid|
  not a (known|valid)|nonexist|non-exist|undefined|unavailable|is not in|couldn.t be found|
  has been removed|no such|not our)
(unknown|no such|invalid|undefined|nonexistent|non-existent|bad) .{0,20}(user|recipient|mailbox|
  address|account|local|login|person|name|destination)
no mailbox|not (a )?(known|our) (user|customer)|user doesn.t|isn.t (a )?(known|valid)
recipient not found|does not like recipient|(no|not) .{0,20}(by|with) that name|not listed in
resolver\.adr\.recip|mail ?(box)? (is )?(not exist|unavailable)|delivery to (this|the) (user|address)
email account that you tried to reach|no account|destination addresses? (is|were) unknown
[filtered]
recipient preferences|recipient (address )?(rejected|refused)|user .{0,30}(reject|refus|not accept)
undisclosed recipient|due to (extended )?(inactivity|filter)
(because|by|due to) .{0,30}(filter|settings|restrict)|message filtered
(recipient|user|restricted) .{0,40}restrict|sender .{0,20}not in .{0,20}(list|contacts)
blocked by (the )?recipient|permission to (post|send)|not allowed to (post|send) .{0,20}(group|list)
this account is protected|rejected by .{0,30}(rule|user)|no longer accepting mail from|mail filters?
the following recipients? did not receive
[on_hold]
on hold|greylist|grey-list|try again later.{0,20}grey
[expired]
(connection|smtp|operation|conversation|delivery|session) .{0,30}timed? ?out|time-?out|timed out
retry (time|timeout)|retr(y|ies) .{0,30}exceed
(queue|message|delivery) .{0,40}(expired|too long|too old)|could not be delivered (for|within|in)
for (more than|the last|over) .{0,20}(hours|days)|not been (able|delivered) .{0,40}(hours|days|minutes)
(delivery|message) (has been )?delayed|still (un)?deliver|giving up|gave up|undeliverable for
connection (was )?(refused|dropped|lost|reset|closed)|no route to host|not respond|unable to connect
could not connect|cannot connect|failed to connect|couldn.t (establish|connect)|attempt.{0,20}exceed
been in the queue too long|expired
[network_error]
mail (forwarding )?loop|loop(ing|s)? (detected|back)|too many hops|hop count
network (is )?(unreach|error)|unreachable|malformed or unexpected name server|host .{0,20}not reach
dns .{0,20}(fail|error)|name server .{0,30}|loops back to myself|(no|bad) route|routing loop
mail for .{0,40} loops
[system_full]
(file ?system|disk|mail system|system) (is )?full|insufficient (system )?(storage|resources|disk)
no space left|requested mail action .{0,20}insufficient
[not_compliant_rfc]
rfc ?-?5?[28]\d\d|not (rfc )?complian|multiple .{0,20}headers?|duplicate header|missing .{0,20}header
header .{0,20}(missing|invalid|malformed)|headers? .{0,40}not compliant
[content_error]
improper use of 8-?bit|content (type|format)|conversion|mime (error|format)|message (body|format) 
attachment|header error|8 ?bit|charset|improper
[security_error]
security|authenticat(e|ion) (required|failed|turned on)|\btls\b|ssl|encrypt|password|not authorized
authorization (failed|required)|unauthori[sz]ed|insecure|verification (failed|required)
[policy_violation]
polic(y|ies)|prohibited|against .{0,20}rules?|forbidden|not permitted|violat|disallowed
restricted content|rejected (by|due to|for) .{0,30}(content|polic|rule)
[rejected]
(sender|from|return|envelope|domain of sender|originator).{0,50}(reject|denied|refus|not (exist|
  accept|allow|found|valid|verif|permit)|invalid|unknown|verif|blocked|must)
<>.{0,20}(invalid|not)|bad sender|null sender|invalid (mail from|sender|return)|empty (envelope|sender)
access denied|administrative prohibition|group .{0,60}(permission|may not exist)|may not exist
you may not have permission|not allowed to send|does not have permission
[system_error]
(local|server|system|internal|configuration|mail system|resource|temporary|dns|
  service).{0,30}(error|problem|fail|config|unavailable|down|not available)
input/output error|(can.?t|cannot|could not) (create|open|write|lock|read|stat)|try again later
interrupted|lost connection|timeout waiting|out of memory
[mailer_error]
command (died|failed|output|time limit)|procmail|mailer|pipe(d| to)|maildrop
exit(ed)? (status|code|with)|local delivery|process fail|x-unix|returned .{0,20}status|delivery agent
unknown mailer
[syntax_error]
syntax
(command|helo|ehlo|argument).{0,30}(not (recogni|implement|support)|unrecogni|invalid|error|require|
  need)
bad (command|sequence|address syntax)|protocol error
"""


def _compiled() -> tuple[tuple[Type, re.Pattern[str]], ...]:
    found: list[tuple[Type, str]] = []
    for line in _TEXT.strip("\n").split("\n"):
        if line.startswith("["):
            found.append((Type(line.strip("[]")), ""))
            continue
        kind, pattern = found[-1]
        glue = "" if not pattern or line.startswith("  ") else "|"
        found[-1] = (kind, pattern + glue + (line[2:] if line.startswith("  ") else line))
    return tuple((kind, re.compile(pattern, re.I | re.S)) for kind, pattern in found)


WORDS = _compiled()
