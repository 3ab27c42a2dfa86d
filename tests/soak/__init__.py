"""IPS for half an hour under everything that can go wrong at once: real processes, random kills, two tenants."""
