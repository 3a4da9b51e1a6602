"""A small world on loopback, real servers and all, with faults to stage."""
