"""Findings for people who judge Signpost: every figure that the evaluation notebook shows, without the pictures."""
