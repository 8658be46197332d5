"""The calendar: what will go out, what went out, and what somebody planned by hand.

In: broadcasts, journeys with dates, planned messages, daily sums, plan items. Out: a month or a week.
Always true: what is expected is said to be about; what went out is counted.
"""
