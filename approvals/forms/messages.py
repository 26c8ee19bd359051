"""Reading what somebody says beside a request: to whom, and naming whom."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from approvals.answering import LONGEST
from missions.models import Post

INSIDE, OPENLY = "internal", "requester"
AUDIENCES = [
    (INSIDE, _("Inside the mission: the requester does not see it")),
    (OPENLY, _("With the requester: all who see this request read it")),
]


class MessageForm(forms.Form):
    """Something said about a request. Whoever may speak inside chooses who reads it."""

    text = forms.CharField(
        label=_("Message"),
        max_length=LONGEST,
        help_text=_("@ and a post's code names it, such as @chief.cimic: it is told at once."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    audience = forms.ChoiceField(
        label=_("Who reads it"), choices=AUDIENCES, widget=forms.RadioSelect, initial=INSIDE
    )
    mentions = forms.MultipleChoiceField(
        label=_("Tell"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(
        self, *args: Any, offered: Iterable[Post] = (), inside: Any = True, **more: Any
    ) -> None:
        super().__init__(*args, **more)
        posts = [(post.code, post.title) for post in offered]
        if posts:
            self.fields["mentions"].choices = posts  # type: ignore[attr-defined]
        else:
            del self.fields["mentions"]
        if not inside:
            del self.fields["audience"]
