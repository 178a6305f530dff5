from collections.abc import Iterator

import pytest

from inventory.queries.audit import differences


@pytest.fixture
def sound(db: None) -> Iterator[None]:
    """The ledger agrees with itself when the test is over."""
    yield
    assert list(differences()) == []
