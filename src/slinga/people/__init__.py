"""Sense: the person's value as we know it: traits, things, visits, consents.

In: inputs. Out: the profile slice of a person's state.
Always true: folding the same inputs in any order gives the same profile.
"""

from slinga.people.model import Fact, Profile, Said, Thing

__all__ = ["Fact", "Profile", "Said", "Thing"]
