"""Hooks in: registries tell what was pushed, and rules make tasks of it."""
