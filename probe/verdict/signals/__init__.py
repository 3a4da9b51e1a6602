"""One pure function per signal: from what was seen to where the signal stands.

This is where truth is lost or kept. Each returns a Reading; none guesses: a look that is missing,
stale, of another network or unconfirmed leaves its signal unknown.
"""
