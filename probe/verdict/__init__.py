"""From observations to an answer; pure."""
