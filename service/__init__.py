"""How people and machines reach the model: HTTP, a page, health and metrics."""
