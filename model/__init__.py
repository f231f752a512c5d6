"""Signpost's model: what a narrative is and how it becomes a score."""

from model.artefact import load
from model.narrative import Narrative
from model.score import Score

__all__ = ["Narrative", "Score", "load"]
