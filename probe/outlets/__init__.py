"""Where the answer goes. Outlets show one immutable Status and know nothing of probes."""
