"""What is checked when a row is written: its fields' rules, and that its name is free."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Model

from merchants.errors import FieldError, Malformed


def check_fields(instance: Model) -> None:
    """Hold a row against its fields' rules (length, choices, ranges).

    Raises: Malformed with one error per field. Foreign keys and constraints are left to the
    database.
    """
    relations = {field.name for field in instance._meta.fields if field.is_relation}
    try:
        instance.clean_fields(exclude=relations)
        instance.clean()
    except ValidationError as wrong:
        errors = [
            FieldError(field=field, code=one.code or "invalid", message=" ".join(one.messages))
            for field, many in wrong.error_dict.items()
            for one in many
        ]
        raise Malformed(message=errors[0]["message"], errors=errors) from wrong


@contextmanager
def while_free(refuse_taken: Callable[[], None]) -> Iterator[None]:
    """Write what must be unique: refused before, or after another act took the name meanwhile.

    ``refuse_taken`` raises the refusal where the name is taken. Only the database knows of an act
    that is not committed yet; it waits for that one, and then the refusal is the same.
    """
    refuse_taken()
    try:
        with transaction.atomic():
            yield
    except IntegrityError:
        refuse_taken()
        raise
