"""Slinga: customer-lifecycle marketing that loops.

The map, which is also the package list:

    sense    ingest -> identity -> people -> segments -> lifecycle
    decide   journeys (documents, runs), messages.policy -> engine (advance, worker)
    act      messages -> delivery -> channels ; onsite
    learn    insight ; reactions re-enter at ingest as ordinary events

Always true: `engine.advance` is a pure function of (person, input, program); only files named
`store`, `jobs`, `api` and the packages `runtime`, `channels`, `connectors` and `testing` may do I/O.
"""

__version__ = "0.2.0"
