"""Registries are asked about images before anything is pulled: are they there, for which platforms, how big.

As anybody, without credentials, through the outbound guard. What is not sure never fails anything.
"""
