"""Field rules, checked before a row is written."""

from django.core.exceptions import ValidationError
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
