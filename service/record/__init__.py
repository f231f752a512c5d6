"""What is kept and for how long: the audit, its export, the purge, and reviewed incidents for retraining."""
