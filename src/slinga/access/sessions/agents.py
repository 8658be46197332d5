"""What a browser says of itself, in two words.

In: a User-Agent. Out: such as "Firefox, Linux". Always true: pure; nothing of the header itself is kept.
"""

BROWSERS = (
    ("Edg", "Edge"), ("OPR/", "Opera"), ("SamsungBrowser", "Samsung Internet"), ("Firefox/", "Firefox"),
    ("FxiOS", "Firefox"), ("CriOS", "Chrome"), ("Chrome/", "Chrome"), ("Safari/", "Safari"),
)  # fmt: skip
SYSTEMS = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("CrOS", "ChromeOS"),
    ("Windows", "Windows"), ("Mac OS X", "macOS"), ("Linux", "Linux"),
)  # fmt: skip


def agent(header: str) -> str:
    """The browser and the system by name; empty where neither is known."""
    found = [next((name for mark, name in known if mark in header), "") for known in (BROWSERS, SYSTEMS)]
    return ", ".join(filter(None, found))
