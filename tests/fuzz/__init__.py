"""Inputs that nobody would write, by the thousand: `make fuzz`, and a few in the suite."""
