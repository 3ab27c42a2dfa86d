"""Secrets that can be told from everything else, an installation that is given them, and where they might be."""
