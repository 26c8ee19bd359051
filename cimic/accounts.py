"""Accounts are made by the mission's administrator: nobody signs up."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):
    """Sign in by username or e-mail; no sign-up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False
