"""Text messages, recorded where the development mailbox shows them.

In: JSON documents {text}. Out: receipts. Always true: no message leaves the machine.
"""

from slinga.channels.mailbox import Mailbox


class LogSms(Mailbox):
    """The channel `sms.log`."""

    kind = "sms"
