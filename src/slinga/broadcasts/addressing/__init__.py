"""Addressing an audience in portions."""
