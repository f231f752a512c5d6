"""A reader that knows language: a small tuned encoder beside the lexical model. Needs the extra ``reader``."""
