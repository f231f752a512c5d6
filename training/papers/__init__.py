"""The papers of a model: for the public, for who must answer for it, for who assesses it. Written from its report."""
