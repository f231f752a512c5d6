"""The tests. A package, or the ``tests`` that a dependency ships would be found in its place by ``python -m``."""
