"""What happened, kept across restarts; when it cannot be kept, the service goes on and says so."""
