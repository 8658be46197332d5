"""Where a visit came from, and whether a person or a program made it.

In: a page's address, its referrer, campaign parameters, a user agent. Out: an `Origin` with one of the
closed `CHANNELS`; yes or no for programs.
Always true: pure; the channel rules are those of Google Analytics 4's default channel group, in its order;
lists are short names of our own: a site that they miss counts as a referral, never as the wrong kind.
"""

import re
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec

CHANNELS = (
    "Direct",
    "Cross-network",
    "Paid Shopping",
    "Paid Search",
    "Paid Social",
    "Paid Video",
    "Display",
    "Paid Other",
    "Organic Shopping",
    "Organic Social",
    "Organic Video",
    "Organic Search",
    "Referral",
    "Email",
    "Affiliates",
    "Audio",
    "SMS",
    "Mobile Push Notifications",
    "Unassigned",
)


class Origin(msgspec.Struct, frozen=True, omit_defaults=True):
    """The source of a visit. `explicit`: tagged by campaign parameters or a click id, not merely referred."""

    source: str = "(direct)"
    medium: str = "(none)"
    campaign: str = ""
    channel: str = "Direct"
    explicit: bool = False


DIRECT = Origin()

_SEARCH = frozenset(
    """
    google bing yahoo duckduckgo ecosia baidu yandex ask aol qwant naver daum seznam sogou startpage
    brave rambler so 360 biglobe auone alice avg babylon centrum cnn comcast conduit dogpile eniro
    exalead excite firmy globo google-play incredimail kvasir lycos msn najdi onet rakuten search-
    results startsiden terra tut ukr virgilio kagi mojeek swisscows presearch hitta docomo
    """.split()  # noqa: SIM905
)
_SHOPPING = frozenset(
    """
    alibaba aliexpress amazon amazon-adsystem amazonaws ebay etsy mercadolibre shopify shopzilla
    shopping igshopping walmart stripe simplycodes shop prisjakt pricerunner pricespy ceneo allegro
    idealo kelkoo zalando temu
    """.split()  # noqa: SIM905
)
_VIDEO = frozenset(
    """
    youtube vimeo twitch dailymotion netflix hulu disneyplus crackle curiositystream wistia youku iqiyi
    iq ted utreon veoh justin viadeo
    """.split()  # noqa: SIM905
)
_SOCIAL = frozenset(
    """
    facebook fb instagram ig twitter x t linkedin lnkd pinterest tiktok snapchat reddit tumblr whatsapp
    wa telegram discord vk vkontakte ok odnoklassniki weibo wechat qq line threads mastodon bsky bluesky
    quora meetup flickr xing viber messenger myspace livejournal blogger blogspot wordpress medium
    stackoverflow github deviantart goodreads last soundcloud slideshare scribd digg delicious
    stumbleupon renren douban mixi hatena nextdoor yelp tripadvisor foursquare buzzfeed ycombinator
    classmates couchsurfing ravelry academia researchgate producthunt behance dribbble 43things 5ch
    activerain activeworlds addthis airg plurk diigo badoo tagged hi5 bebo orkut friendster ning
    gaiaonline habbo cafemom care2 plus hootsuite skype yammer slashdot wykop nk nasza
    """.split()  # noqa: SIM905
)
# Hosts whose name alone would mislead: mail and documents of search engines are not their search.
_NOT_SEARCH = re.compile(
    r"^(mail|docs|drive|accounts|calendar|classroom|sites|meet|groups|e|email|deref-\w+)\."
)
_SEARCH_AFTER_ALL = ("mail.rambler.ru", "mail.yandex.ru", "email.seznam.cz")
_WITH_SUFFIX = {"x": "x.com", "t": "t.co", "so": "so.com", "360": "360.cn", "iq": "iq.com", "fb": "fb.com"}
_WITH_SUFFIX |= {
    "ok": "ok.ru",
    "line": "line.me",
    "last": "last.fm",
    "plus": "plus.google.com",
    "tut": "tut.by",
}
_WITH_SUFFIX |= {
    "shop": "shop.app",
    "ig": "ig.me",
    "wa": "wa.me",
    "justin": "justin.tv",
    "medium": "medium.com",
}
# Parts of search companies where people talk to each other.
_TALK = frozenset(
    """
    answers blog bookmarks cafe chiebukuro kin lifestream messages pulse plus groups sites
    """.split()  # noqa: SIM905
)
_SUFFIXES = frozenset(
    """
    com net org co io app tv me ru cz se de fr it es nl no dk fi pl uk us ca au nz br mx ar cl pe in id
    my sg th vn tw hk jp kr cn tr by kz ua uz be at ch ie pt gr hu ro bg edu gov info biz www m
    """.split()  # noqa: SIM905
)


@lru_cache(maxsize=4096)
def category(source: str) -> str:
    """search, social, shopping, video or "" for a host or a bare source name."""
    name = source.strip().lower()
    if name == "google shopping":
        return "shopping"
    if name.startswith("plus.google"):
        return "social"
    if name.startswith(("mail.google", "docs.google")) or (
        _NOT_SEARCH.match(name) and name not in _SEARCH_AFTER_ALL and "." in name
    ):
        return ""
    labels = name.split(".")
    if len(labels) == 1:
        found = {name}
    else:
        found = {
            label
            for label in labels
            if label not in _SUFFIXES
            and (
                label not in _WITH_SUFFIX
                or name == _WITH_SUFFIX[label]
                or name.endswith("." + _WITH_SUFFIX[label])
            )
        }
        if name == "t.co":
            found = {"t"}
    if found & _SEARCH and set(labels) & _TALK:
        return "social"
    for kind, names in (("shopping", _SHOPPING), ("video", _VIDEO), ("social", _SOCIAL), ("search", _SEARCH)):
        if found & names:
            return kind
    return ""


_PAID = re.compile(r"(.*cp.*|ppc|retargeting|paid.*)")
_SHOP = re.compile(r"(.*(([^a-df-z]|^)shop|shopping).*)")
_EMAIL = ("email", "e-mail", "e_mail", "e mail")
_SOCIAL_MEDIA = ("social", "social-network", "social-media", "sm", "social network", "social media")


@lru_cache(maxsize=4096)
def channel(source: str, medium: str, campaign: str = "") -> str:
    """GA4's default channel group of a source, a medium and a campaign (its published order and patterns)."""
    source, medium, campaign = source.strip().lower(), medium.strip().lower(), campaign.strip().lower()
    kind = category(source)
    paid = bool(_PAID.fullmatch(medium))
    shop = kind == "shopping" or bool(_SHOP.fullmatch(campaign))
    if source == "(direct)" and medium in ("(none)", "(not set)"):
        return "Direct"
    if "cross-network" in campaign:
        return "Cross-network"
    if paid:
        if shop:
            return "Paid Shopping"
        if kind in ("search", "social", "video"):
            return f"Paid {kind.title()}"
    if medium in ("display", "banner", "expandable", "interstitial", "cpm"):
        return "Display"
    if paid:
        return "Paid Other"
    if shop:
        return "Organic Shopping"
    if kind == "social" or medium in _SOCIAL_MEDIA:
        return "Organic Social"
    if kind == "video" or "video" in medium:
        return "Organic Video"
    if kind == "search" or medium == "organic":
        return "Organic Search"
    if medium in ("referral", "app", "link"):
        return "Referral"
    if source in _EMAIL or medium in _EMAIL:
        return "Email"
    if medium in ("affiliate", "affiliates"):
        return "Affiliates"
    if medium == "audio":
        return "Audio"
    if "sms" in (source, medium):
        return "SMS"
    if medium.endswith("push") or "mobile" in medium or "notification" in medium or source == "firebase":
        return "Mobile Push Notifications"
    return "Unassigned"


_CLICK_IDS = {
    "gclid": ("google", "cpc"),
    "gbraid": ("google", "cpc"),
    "wbraid": ("google", "cpc"),
    "dclid": ("google", "display"),
    "msclkid": ("bing", "cpc"),
    "yclid": ("yandex", "cpc"),
    "ttclid": ("tiktok", "cpc"),
    "twclid": ("twitter", "cpc"),
    "li_fat_id": ("linkedin", "cpc"),
    "epik": ("pinterest", "cpc"),
    "ScCid": ("snapchat", "cpc"),
    "rdt_cid": ("reddit", "cpc"),
    "irclickid": ("impact", "affiliate"),
    "awc": ("awin", "affiliate"),
    # Added to every link that leaves the site, paid or not.
    "fbclid": ("facebook", "social"),
    "igshid": ("instagram", "social"),
}


def origin(properties: dict[str, Any], context: dict[str, Any]) -> Origin | None:
    """Where a page view came from; None for a move within the site, DIRECT where nothing tells.

    Campaign parameters (utm_*, or context.campaign) come before click ids, those before the referrer.
    """
    seen = context.get("page")
    page = seen if isinstance(seen, dict) else {}
    url = _text(properties.get("url") or page.get("url"))
    referrer = _text(properties.get("referrer") or page.get("referrer"))
    query = _query(url or _text(properties.get("search") or page.get("search")))
    campaign = context.get("campaign")
    tags = campaign if isinstance(campaign, dict) else {}
    source = _text(tags.get("source")) or query.get("utm_source", "")
    medium = _text(tags.get("medium")) or query.get("utm_medium", "")
    name = _text(tags.get("name")) or query.get("utm_campaign", "")
    for parameter, (by, how) in _CLICK_IDS.items():
        if parameter in query:
            source, medium = source or by, medium or how
            break
    if source or medium or name:
        source, medium = source or "(not set)", medium or "(not set)"
        return Origin(source[:100], medium[:100], name[:100], channel(source, medium, name), True)
    here, there = _host(url), _host(referrer)
    if not there:
        return DIRECT
    if here and (there == here or there.removeprefix("www.") == here.removeprefix("www.")):
        return None
    there = there.removeprefix("www.")
    medium = "organic" if category(there) == "search" else "referral"
    return Origin(there[:100], medium, "", channel(there, medium), False)


def _text(value: Any) -> str:
    return value.strip()[:2000] if isinstance(value, str) else ""


def _query(url: str) -> dict[str, str]:
    query = url.partition("#")[0].partition("?")[2]
    try:
        return {k: v[0] for k, v in parse_qs(query, max_num_fields=100).items()} if query else {}
    except ValueError:
        return {}


def _host(url: str) -> str:
    if not url:
        return ""
    try:
        return (urlsplit(url if "//" in url else f"//{url}").hostname or "").lower()
    except ValueError:
        return ""


_ROBOT = re.compile(
    r"""
     (?<!cu)(?<!fu)bot(?!tle|h\b)(?![a-z]*\ ?phone) | crawl | spider | scrap[ei] | slurp | archiv
    | indexer | (?<!mozac)fetch | monitor(?!ing) | preview | (?<!cam)scan(?!ia) | validat
    | check(?!out) | analy[sz]er | headless | facebookexternalhit | lighthouse | pingdom | uptime
    | feed(?!ly/ios) | \brss | reader(?!/ios) | http-?client | detector
    | ^(curl|wget|python|java/|ruby|perl|go[-\ ]|php|axios|node|okhttp|libwww-|lwp[-:]|httpie|apache-|ahc/
        |faraday|guzzle|drupal\ |postman|insomnia|rest-|dart|winhttp|aiohttp|urllib|http|jakarta|restsharp
        |reactornetty|undici|got\b|wordpress|microsoft-|microsoft\ (url|bits))
    | https?:// | www\.[a-z] | @[a-z0-9-]+\.[a-z] | phantomjs | selenium | puppeteer | playwright
    | electron/\d.*headless
    | google(?:-|web|weblight|other|\ page|\ favicon|agency|producer|imageproxy|doc|association)
    | cortex | datadog | newrelic | nagios | zabbix | prometheus | securit | audit | download
    | grab(?!\ pass) | collect | survey | (?<![a-z]hi)(?<!job\ )(?<!ya)(?<!\ )search(?!browser|/)
    | sitemap | seo\b | proxy | adsnaver | cloudfront | transcoder | snoop | yahoo!
    | mediapartners
    | ^(whatsapp|telegram|skype|slack|discord|pinterest|snap)(?!.*(iphone|android)) | vkshare
    | outbrain | ^[\w.:;,'-]{1,30}$ | synthetic | inspect | research | agent | capture | health
    | lib(www(?!-fm|/)|rss|curl) | \bapi\b | webpage | screenshot | embed | url
    | (?<!up\.)link(?!ed|s\b) | proximic | bingbot | dataprovider | gomez | ptst/ | catchpoint
    | cloudflare | \bbw/1 | datanyze | dmbrowser | clamav | collapsify | dareboost | nutch
    | pageburst | splash | rigor | statuscake | site24x7 | thumbor | google_partner | nuclei
    | marketgoo | monit/ | munin | webcollage | grpc | scalaj | ifttt | observator | classifier
    | webhook | -user/\d | advisor\b | cypress | burpcoll | onetrust | kube-probe | keycdn | hwcdn
    | exractor
    """,
    re.X | re.I,
)
# Nothing but a platform: what real browsers sent only before 2010.
_TERSE = re.compile(r"^mozilla/[\d.]+(\s\([^()]*\))?$", re.I)
_OLD_BROWSER = re.compile(
    r"msie|trident|iemobile|konqueror|netscape|gecko|khtml|opera|presto|beos|amiga|outlook|office|browse|charon",
    re.I,
)


@lru_cache(maxsize=4096)
def is_robot(agent: str) -> bool:
    """Whether a user agent says that a program, not a person, made the request. An empty one does not."""
    return bool(agent) and bool(
        _ROBOT.search(agent) or (_TERSE.match(agent) and not _OLD_BROWSER.search(agent))
    )
