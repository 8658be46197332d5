"""Whom a broadcast would reach, and why not the others."""
