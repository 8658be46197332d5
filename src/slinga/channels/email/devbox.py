"""E-mail into the development mailbox. In: finished MIME. Out: receipts. Always true: nobody is mailed."""

from slinga.channels.mailbox import Mailbox


class Devbox(Mailbox):
    """The channel `email.devbox`, in force while no SMTP server is configured."""

    kind = "email"
