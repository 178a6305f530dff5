"""Working in the admin as a person does: pages fetched, forms sent, messages read."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Group
from django.contrib.messages import get_messages
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from merchants.models import User
from tests.builders import house


def browser(user: User | None = None) -> Client:
    """A client logged in as the house, or as this user."""
    client = Client()
    client.force_login(user or house())
    return client


def member_of(group: str) -> Client:
    """A client logged in as one of the staff with the permissions of this group."""
    call_command("set_up_groups", verbosity=0)
    user = User.objects.create_user(group.replace(" ", "-"), password="x", is_staff=True)
    user.groups.add(Group.objects.get(name=group))
    return browser(user)


def page(name: str, *args: Any) -> str:
    return reverse(f"admin:inventory_{name}", args=args)


def html(response: Any) -> str:
    """The page as text, with every white space one space."""
    return " ".join(response.content.decode().split())


def says(response: Any) -> list[str]:
    """The messages that the next page will show."""
    return [str(message) for message in get_messages(response.wsgi_request)]


def errors(response: Any) -> dict[str, list[str]]:
    """What the form on the page complains of, by field; "__all__" for the whole form."""
    context = response.context
    form = context["adminform"].form if "adminform" in context else context["form"]
    return {name: list(found) for name, found in form.errors.items()}
