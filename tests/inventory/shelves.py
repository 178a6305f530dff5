from tests.builders import *  # noqa: F403  (moved to tests/builders.py: import from there)
