"""Act, last step: ways to reach people.

In: parcels, each one message to one address. Out: one result per parcel.
Always true: a channel knows nothing of people, journeys or retries; concrete providers are made only by
`registry.make`, so a plug-in is equal to what is shipped.
"""

from slinga.channels.model import Channel, Parcel, Receipt, Refused, Result, TryLater, Unknown, Untouched

__all__ = ["Channel", "Parcel", "Receipt", "Refused", "Result", "TryLater", "Unknown", "Untouched"]
