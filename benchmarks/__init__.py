"""Measurements that are made by hand; the gates keep to what is right or wrong."""
