"""Replay recorded history through the real engine, in virtual time (docs/backtest.md)."""
