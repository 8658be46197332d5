"""Webhook: tell another system, wait for its answer if wanted. In: an address. Out: the call."""

from typing import Any, ClassVar

from slinga.journeys.decision import Ask, Decision, Goto, Webhook
from slinga.journeys.node import Document, Here, Label, Node, check_length
from slinga.kernel.errors import Invalid
from slinga.kernel.ids import digest


class WebhookNode(Node, frozen=True, kw_only=True, tag="webhook"):
    """Call an address."""

    label: ClassVar[str] = "Webhook"
    group: ClassVar[str] = "world"
    icon: ClassVar[str] = "webhook"
    labels: ClassVar[dict[str, Label]] = {
        "url": Label("Address"),
        "body": Label("Values to send"),
        "wait_for": Label("Wait for the answer at most", "length"),
        "on_timeout": Label("When no answer comes", "exit"),
    }
    fresh: ClassVar[Document] = {"url": "https://"}

    url: str
    body: dict[str, Any] = {}
    """Values to send; {"trigger": path} and {"trait": name} are filled in."""
    wait_for: str | None = None
    """Wait this long for the answer; without it, go on at once."""
    next: str | None = None
    on_timeout: str | None = None

    def exits(self) -> dict[str, str | None]:
        return {"next": self.next} | ({"on_timeout": self.on_timeout or self.next} if self.wait_for else {})

    def passes(self) -> dict[str, str | None]:
        return {} if self.wait_for else self.exits()

    def check(self) -> None:
        if not self.url.startswith(("https://", "http://")):
            raise Invalid("an address starts with https://", field="url")
        if self.wait_for is not None:
            check_length(self.wait_for, "wait_for")

    def step(self, here: Here) -> Decision:
        ask = digest("webhook", here.run, here.node, here.visit)
        if here.answer is not None and here.answer.ask == ask:
            if here.answer.outcome == "answered":
                return Goto(to=self.next, outcome="answered", witness={"answer": here.answer.value})
            return Goto(to=self.on_timeout or self.next, outcome="on_timeout")
        due = None if self.wait_for is None else here.later(here.since, self.wait_for)
        body = {name: here.value(value) for name, value in self.body.items()}
        call = Webhook(ask=ask, url=self.url, body=body, wait_until=due)
        if due is None:
            return Goto(to=self.next, outcome="next", effects=(call,))
        if due <= here.now and here.since < here.now:
            return Goto(to=self.on_timeout or self.next, outcome="on_timeout")
        return Ask(ask=ask, effect=call, due=due)
