from __future__ import annotations

import pytest

from tests.transfers.builders import TwoWarehouses, make_two


@pytest.fixture
def two(db: None) -> TwoWarehouses:
    """CHI with stock to send, and NJ with three empty bins."""
    return make_two()
