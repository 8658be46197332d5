"""The invariants and what was found of each."""

import msgspec

TITLES = {
    "I1": "each message has one end, or a live lease, or waits",
    "I2": "no message was accepted twice",
    "I3": "nothing left after a withdrawal or a suppression",
    "I4": "each planned send has its message, and each end its receipt",
    "I5": "no wake-up is overdue",
    "I6": "each accepted input stands in the log once, and none was skipped",
    "I7": "consents are the fold of the ledger",
    "I8": "memberships are what the question finds",
    "I9": "nothing is left of anybody who was erased",
    "I10": "the rows that questions read are the states",
    "I11": "the ledger's chains verify",
    "I12": "no lease has outlived its holder",
}
"""By number, as published for reliability tests; the text completes "always: ..."."""


class Finding(msgspec.Struct, frozen=True):
    """One invariant: how many rows or people were looked at, how many break it, and some of them."""

    code: str
    looked_at: int
    broken: int
    examples: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """What must hold, in words."""
        return TITLES[self.code]

    @property
    def holds(self) -> bool:
        """Whether nothing breaks it."""
        return not self.broken


MOST_EXAMPLES = 5


def found(code: str, looked_at: int, broken: list[str]) -> Finding:
    """A finding of all that breaks an invariant, with the first few as examples."""
    return Finding(code, looked_at, len(broken), tuple(broken[:MOST_EXAMPLES]))
