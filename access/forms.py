"""What is typed at the door."""

import datetime as dt
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from access.queries import missions_kept_by
from access.services.mail import ask_new_password
from common.errors import FieldError, Malformed
from missions.models import Post, User
from missions.services import TOKEN_LASTS_AT_MOST
from missions.vocabulary import Capacity, Scope


class PostField(forms.ModelChoiceField):
    """A post with its mission, by its code or its number."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.title} · {obj.mission.code}"


class InvitationForm(forms.Form):
    """Who is invited, to which post, from when to when."""

    email = forms.EmailField(
        label=_("E-mail"), help_text=_("The link goes there; it opens once, for three days.")
    )
    post = PostField(queryset=Post.objects.none(), label=_("Post"))
    capacity = forms.ChoiceField(
        label=_("As"),
        choices=[(value, label) for value, label in Capacity.choices if value != Capacity.DELEGATE],
        initial=Capacity.HOLDER,
    )
    from_on = forms.DateField(
        label=_("First day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    until_on = forms.DateField(
        label=_("Last day"),
        required=False,
        help_text=_("Empty if it is not known yet."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    rank = forms.CharField(label=_("Rank or title"), max_length=40, required=False)
    first_name = forms.CharField(label=_("First name"), max_length=150, required=False)
    last_name = forms.CharField(label=_("Last name"), max_length=150, required=False)
    language = forms.ChoiceField(
        label=_("Language of the letter"), choices=settings.LANGUAGES, initial="en"
    )

    def __init__(self, actor: User, *args: Any, to_field: str = "pk", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["post"]
        field.queryset = (
            Post.objects.filter(mission__in=missions_kept_by(actor))
            .select_related("mission")
            .order_by("mission__code", "title")
        )
        field.to_field_name = to_field

    def values(self) -> dict[str, Any]:
        """Return what was typed; raise ``Malformed`` with everything that cannot be read."""
        if self.is_valid():
            return dict(self.cleaned_data)
        raise Malformed(
            errors=[
                FieldError(name, str(message))
                for name, messages in self.errors.items()
                for message in messages
            ]
        )


class AcceptForm(forms.Form):
    """The account that somebody invited opens."""

    username = forms.CharField(
        label=_("Username"),
        max_length=150,
        help_text=_("You sign in with it, or with your e-mail address."),
        widget=forms.TextInput(attrs={"autocomplete": "username"}),
    )
    rank = forms.CharField(label=_("Rank or title"), max_length=40, required=False)
    first_name = forms.CharField(
        label=_("First name"),
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "given-name"}),
    )
    last_name = forms.CharField(
        label=_("Last name"),
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "family-name"}),
    )
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        help_text=_("At least 15 signs; a few words in a row are easy to keep in mind."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )


class TokenForm(forms.Form):
    """What a key to the API is for, and for how long."""

    name = forms.CharField(
        label=_("Name"), max_length=80, help_text=_("So that you find it again: what uses it.")
    )
    scopes = forms.MultipleChoiceField(
        label=_("It may"),
        choices=Scope.choices,
        widget=forms.CheckboxSelectMultiple,
        initial=[Scope.READ.value],
    )
    days = forms.IntegerField(
        label=_("Days until it expires"),
        min_value=1,
        max_value=TOKEN_LASTS_AT_MOST.days,
        initial=30,
    )

    @property
    def lasts(self) -> dt.timedelta:
        """How long the key is asked for."""
        return dt.timedelta(days=self.cleaned_data["days"])


class AskPasswordForm(forms.Form):
    """The address that a link to a new password goes to, if anybody has it."""

    email = forms.EmailField(
        label=_("E-mail"), widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )

    def save(self, request: Any) -> str:
        """Owe the letter; who it is for, only the worker looks up."""
        email = str(self.cleaned_data["email"])
        ask_new_password(email)
        return email
