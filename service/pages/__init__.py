"""The page for people: paste a narrative, see what the model makes of it and why."""

from service.pages.routes import router

__all__ = ["router"]
