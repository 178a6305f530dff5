"""The one scoped base of all API views.

A view names its `model`; its rows are always `model.objects.for_user(request.user)`, so that a
query without a scope cannot be written by accident, and another merchant's id answers like none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cached_property, partial, wraps
from typing import Any, ClassVar

from django.core.exceptions import ImproperlyConfigured
from django.db.models import Model, QuerySet
from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.permissions import IsAuthenticated
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from merchants.api.authentication import KeyAuthentication
from merchants.api.filters import refuse_parameters
from merchants.api.idempotency import once
from merchants.api.pagination import CursorPages
from merchants.api.parsers import FormParser, OnlyJSON, StrictJSONParser
from merchants.api.schema import AutoSchema
from merchants.api.serializers import NoBody, StrictSerializer
from merchants.api.throttling import KeyThrottle
from merchants.models import CODE_SHAPE, Merchant, User

PAGE_PARAMETERS = ("cursor", "page_size")


class ApiViewSet(GenericViewSet):
    """What every endpoint has: a key, strict input, one clock, one answer to a repeated POST.

    `staff_only`: the actions that a merchant's key is told do not exist, before its body is read;
    `ALL` for all. `names_merchant`: the actions in which staff must name a merchant, because no
    id in the request tells it; `self.merchant` is then that merchant.
    """

    ALL: ClassVar[tuple[str, ...]] = ("*",)

    staff_only: ClassVar[tuple[str, ...]] = ()
    names_merchant: ClassVar[tuple[str, ...]] = ()
    ordering: ClassVar[str] = "id"

    authentication_classes = (KeyAuthentication,)
    permission_classes = (IsAuthenticated,)
    throttle_classes = (KeyThrottle,)
    parser_classes = (StrictJSONParser,)
    renderer_classes = (JSONRenderer,)
    content_negotiation_class = OnlyJSON
    pagination_class = CursorPages
    metadata_class = None
    schema = AutoSchema()
    http_method_names = ["get", "post", "patch", "delete", "head"]

    # What happens before an action ---------------------------------------------------------------

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if self.is_staff_only() and not request.user.is_house:
            raise Http404
        if self.action is None:
            return  # a method that this path does not have: 405 follows
        refuse_parameters(request.query_params, self.known_parameters())
        if request.method == "POST":
            # Looked up by name after this, so that no POST can go past its Idempotency-Key.
            perform = getattr(self, "post")  # noqa: B009
            self.post = lambda *args, **kwargs: once(request, partial(perform, *args, **kwargs))

    def is_staff_only(self) -> bool:
        if self.staff_only == self.ALL or self.action in self.staff_only:
            return True
        return getattr(self.handler(), "staff", False)

    def must_name_merchant(self) -> bool:
        """Whether staff must name a merchant in this action."""
        return self.action in self.names_merchant or getattr(
            self.handler(), "names_merchant", False
        )

    def handler(self) -> Any:
        return getattr(self, self.action or "", None)

    def known_parameters(self) -> list[str]:
        known: list[str] = []
        if self.action == "list":
            known += PAGE_PARAMETERS if self.pagination_class else ()
            known += self.filterset_class.base_filters if self.has_filters() else ()
        if self.request.user.is_house and (self.must_name_merchant() or self.filters_merchant()):
            known.append("merchant")
        return known

    def has_filters(self) -> bool:
        return getattr(self, "filterset_class", None) is not None

    def filters_merchant(self) -> bool:
        """Whether staff may narrow this list to one merchant."""
        return False

    # What an action works with -------------------------------------------------------------------

    @property
    def actor(self) -> User:
        user: User = self.request.user
        return user

    @property
    def now(self) -> datetime:
        now: datetime = self.request.now
        return now

    @cached_property
    def merchant(self) -> Merchant:
        """The merchant whom the request concerns: the key's own, else the one that staff name.

        Raises: ValidationError (400) where staff name none, two, or one that does not exist.
        """
        own: Merchant | None = self.actor.merchant
        if own is not None:
            return own
        named = [self.request.query_params.get("merchant"), self.merchant_in_body()]
        codes = {code for code in named if code is not None}
        if not codes:
            raise ValidationError({"merchant": ["Name the merchant by its code."]}, "required")
        if len(codes) > 1:
            raise ValidationError({"merchant": ["Body and query differ."]}, "invalid")
        return merchant_by_code(codes.pop())

    def merchant_in_body(self) -> str | None:
        if self.request.method == "GET" or not isinstance(self.request.data, Mapping):
            return None
        code = self.request.data.get("merchant")
        if code is not None and not isinstance(code, str):
            raise ValidationError({"merchant": ["Not a valid string."]}, "invalid")
        return code

    def get_serializer_context(self) -> dict[str, Any]:
        context = super().get_serializer_context()
        if getattr(self, "swagger_fake_view", False):
            return context
        if self.actor.merchant is not None or self.must_name_merchant():
            context["merchant"] = self.merchant
        return context

    def read(
        self,
        serializer_class: type[StrictSerializer] | None = None,
        *,
        partial: bool = False,
        **context: Any,
    ) -> dict[str, Any]:
        """The validated body; `context` goes to the serializer, over what the view puts there.

        Raises: ValidationError with every field that is wrong.
        """
        shape = serializer_class or self.get_serializer_class()
        context = self.get_serializer_context() | context
        data: dict[str, Any] = shape.data_of(self.body(), partial=partial, context=context)
        return data

    def body(self) -> Any:
        """The body as sent, without the merchant where staff name it there."""
        data = self.request.data
        if isinstance(data, Mapping) and self.actor.is_house and self.must_name_merchant():
            return {name: value for name, value in data.items() if name != "merchant"}
        return data

    def answer(self, made: Any) -> Any:
        """The body that describes what an action made or changed."""
        return self.get_serializer(made).data


class ScopedViewSet(ApiViewSet):
    """Rows of one table: those of the caller's merchant, all for staff.

    Set `model`; override `rows` to select, prefetch or leave some out. The mixins below add
    `list`, `retrieve`, `create`, `partial_update` and `destroy`; `verb` the rest.
    """

    model: ClassVar[type[Model]]
    names_merchant = ("create",)
    lookup_value_regex = "[^/]+"  # so that an id with a dot is answered like any other unknown one

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if cls.queryset is not None:
            raise ImproperlyConfigured(f"{cls.__name__}: name a `model`, a queryset has no scope.")
        model = getattr(cls, "model", None)
        if model is not None and not hasattr(model.objects, "for_user"):
            raise ImproperlyConfigured(f"{cls.__name__}: {model.__name__} has no `for_user`.")

    def get_queryset(self) -> QuerySet[Any]:
        if getattr(self, "swagger_fake_view", False):
            return self.model.objects.none()  # type: ignore[attr-defined, no-any-return]
        rows = self.model.objects.for_user(self.actor)  # type: ignore[attr-defined]
        if self.filters_merchant() and "merchant" in self.request.query_params:
            rows = rows.for_merchant(self.merchant)
        return self.rows(rows)

    def rows(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Select related rows, prefetch, annotate, or leave some out, within the scope."""
        return rows

    def filters_merchant(self) -> bool:
        return self.action == "list" and hasattr(self.model.objects, "for_merchant")

    def get_object(self) -> Any:
        """The row that the path names, among those that the caller may see, else 404."""
        name = self.lookup_url_kwarg or self.lookup_field
        text = self.kwargs[name]
        if not (text.isascii() and text.isdigit() and len(text) < 19):
            raise Http404
        row = self.get_queryset().filter(**{self.lookup_field: int(text)}).first()
        if row is None:
            raise Http404
        return row

    def answer(self, made: Any) -> Any:
        """Read the row again, so that the answer is what a GET would give.

        What the act took off the list (a case worked off) is answered as the act left it.
        """
        row = self.get_queryset().filter(pk=made.pk).first()
        return self.get_serializer(row or made).data


class ListMixin(mixins.ListModelMixin):
    """GET of many, as cursor pages."""


class RetrieveMixin(mixins.RetrieveModelMixin):
    """GET of one."""


class CreateMixin:
    """POST: validate, `make`, 201 with what was made."""

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return Response(self.answer(self.make(self.read())), status=201)  # type: ignore[attr-defined]

    def make(self, data: dict[str, Any]) -> Any:
        """Call the service that makes it, with `self.merchant`, `self.actor` and `self.now`."""
        raise NotImplementedError


class UpdateMixin:
    """PATCH: validate the fields that were sent, `change`, 200 with the row."""

    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        row = self.get_object()  # type: ignore[attr-defined]
        data = self.read(partial=True, **of_row(row))  # type: ignore[attr-defined]
        return Response(self.answer(self.change(row, data)))  # type: ignore[attr-defined]

    def change(self, row: Any, data: dict[str, Any]) -> Any:
        """Call the service that changes the row; `data` has only what was sent."""
        raise NotImplementedError


class DestroyMixin:
    """DELETE: `remove`, 204."""

    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        self.remove(self.get_object())  # type: ignore[attr-defined]
        return Response(status=204)

    def remove(self, row: Any) -> None:
        """Call the service that removes the row."""
        raise NotImplementedError


def of_row(row: Any) -> dict[str, Any]:
    """The serializer's context for a change of this row: its merchant is the one concerned."""
    merchant = getattr(row, "merchant", None)
    return {"row": row} if merchant is None else {"row": row, "merchant": merchant}


def verb(
    *,
    body: type[StrictSerializer] | None = None,
    answer: Any = None,
    staff: bool = False,
    takes_file: bool = False,
    url_path: str | None = None,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """POST `{id}/<name>/`: the method gets the row and the validated body, and calls a service.

    It returns the row, which is read again and answered with 200. `answer` is another serializer,
    of what the method returns. `staff` hides the verb from a merchant's key. `takes_file`: the
    body comes as multipart/form-data, with a field of `fields.Uploaded`.
    """

    def decorate(method: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(method)
        def perform(view: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
            row = view.get_object()
            data = view.read(body or NoBody, **of_row(row))
            return respond(view, method(view, row, data), answer)

        routed = as_action(perform, body, answer, staff, detail=True, url_path=url_path)
        return with_file(routed, body) if takes_file else routed

    return decorate


def collection_verb(
    *,
    body: type[StrictSerializer] | None = None,
    answer: Any = None,
    staff: bool = False,
    names_merchant: bool = False,
    url_path: str | None = None,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """POST `<name>/` on the collection, such as `lots/bulk-update/`: like `verb`, without a row."""

    def decorate(method: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(method)
        def perform(view: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
            return respond(view, method(view, view.read(body or NoBody)), answer)

        perform.names_merchant = names_merchant  # type: ignore[attr-defined]
        return as_action(perform, body, answer, staff, detail=False, url_path=url_path)

    return decorate


def respond(view: Any, made: Any, answer: Any) -> Response:
    if isinstance(made, Response):
        return made
    if answer is None:
        return Response(view.answer(made))
    return Response(answer(made, context=view.get_serializer_context()).data)


def as_action(
    perform: Any, body: Any, answer: Any, staff: bool, *, detail: bool, url_path: str | None
) -> Callable[..., Any]:
    perform.staff = staff
    path = url_path or perform.__name__.replace("_", "-")
    routed = action(detail=detail, methods=["post"], url_path=path)(perform)
    documented = extend_schema(request=body, responses={200: answer} if answer else {})
    return documented(routed) if answer else extend_schema(request=body)(routed)


def with_file(routed: Any, body: Any) -> Callable[..., Any]:
    routed.kwargs["parser_classes"] = (StrictJSONParser, FormParser)
    documented: Callable[..., Any] = extend_schema(request={FormParser.media_type: body})(routed)
    return documented


def merchant_by_code(code: str) -> Merchant:
    """Raises: ValidationError `unknown_merchant`."""
    is_code = CODE_SHAPE.regex.fullmatch(code)
    merchant: Merchant | None = Merchant.objects.by_code(code).first() if is_code else None
    if merchant is None:
        raise ValidationError(
            {"merchant": [f"There is no merchant {code}."]}, code="unknown_merchant"
        )
    return merchant
