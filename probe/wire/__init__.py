"""Codecs and validators without I/O: bytes in, values or LookFailed out."""
