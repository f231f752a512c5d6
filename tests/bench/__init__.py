"""Measured times, by hand: ``make bench``."""
