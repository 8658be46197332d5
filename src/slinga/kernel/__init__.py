"""Values and pure functions that every stage may use: time, identifiers, JSON, money, errors.

In: plain values. Out: plain values. Always true: no clock, no socket, no database, no randomness
except `ids.new_token`, which only edges call.
"""
