"""Send: one message over one channel.

In: a template and a channel. Out: a request to the policy, then the way on.
Always true: the run stays here until the message is planned or dropped, so a send that is put off
(quiet hours, pressure) meets the journey's exit and goal again immediately before it goes.
"""

from typing import Any, ClassVar

from slinga.journeys.decision import Ask, Decision, Goto, SendRequest
from slinga.journeys.node import Document, Here, Label, Node, check_length
from slinga.kernel.errors import Invalid
from slinga.kernel.ids import digest


class Send(Node, frozen=True, kw_only=True, tag="send"):
    """Send a message."""

    label: ClassVar[str] = "Send"
    group: ClassVar[str] = "send"
    icon: ClassVar[str] = "mail"
    labels: ClassVar[dict[str, Label]] = {
        "channel": Label("By", "ref:channel"),
        "template": Label("Message", "ref:template"),
        "topic": Label("Topic", "ref:topic"),
        "priority": Label("Priority"),
        "expires": Label("Drop it when it is put off for", "length"),
        "variables": Label("Values for the message"),
        "on_drop": Label("When it is refused", "exit"),
    }
    fresh: ClassVar[Document] = {"template": ""}

    channel: str = "email"
    """email, push, sms or another channel that is set up."""
    template: str
    """The template's key."""
    topic: str | None = None
    """The topic people can leave; without it, the journey's."""
    priority: int | None = None
    """Higher goes first when the pressure budget is short; without it, the journey's."""
    expires: str = "72h"
    """A message put off for longer than this is dropped."""
    variables: dict[str, Any] = {}
    """Extra values for the template; {"trigger": "properties.total"} takes one from the trigger."""
    next: str | None = None
    on_drop: str | None = None
    """Where to go when the message was refused (no consent, no address, too late); without it, to `next`."""

    def exits(self) -> dict[str, str | None]:
        return {"next": self.next, "on_drop": self.on_drop or self.next}

    def references(self) -> dict[str, str]:
        return {"template": self.template, "channel": self.channel}

    def check(self) -> None:
        if not self.template:
            raise Invalid("say which template to send", field="template")
        check_length(self.expires, "expires")

    def send_key(self, here: Here) -> str:
        """The key under which this send can leave at most once."""
        return digest("send", here.run, here.node, here.visit)

    def step(self, here: Here) -> Decision:
        key = self.send_key(here)
        answer = here.answer if here.answer is not None and here.answer.ask == key else None
        expires_at = here.later(here.since, self.expires)
        if answer is not None and answer.outcome == "planned":
            return Goto(to=self.next, outcome="planned", witness={"send_key": key})
        if answer is not None and answer.outcome == "dropped":
            return Goto(to=self.on_drop or self.next, outcome="dropped", witness={"reason": answer.reason})
        if expires_at <= here.now and here.since < here.now:
            return Goto(to=self.on_drop or self.next, outcome="dropped", witness={"reason": "expired"})
        request = SendRequest(
            journey=here.journey,
            version=here.version,
            run=here.run,
            node=here.node,
            send_key=key,
            message_class="transactional" if here.message_class == "transactional" else "marketing",
            channel=self.channel,
            template=self.template,
            topic=self.topic or here.topic,
            priority=here.priority if self.priority is None else self.priority,
            planned_at=here.since,
            expires_at=expires_at,
            quiet_hours=here.quiet_hours,
            variables={"trigger": here.trigger, **{n: here.value(v) for n, v in self.variables.items()}},
        )
        return Ask(ask=key, effect=request, due=expires_at)
