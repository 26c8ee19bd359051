"""The administrator's pages of the mission's webhooks: which there are, and the log of each."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.cache import never_cache

from common.errors import Refusal
from common.kept import read_aloud
from common.pages import labels_of, lines_of, summary_of, text_of
from notices.models import Webhook
from notices.vocabulary import EVENTS, PING, DeliveryState, WebhookState
from notices.webhooks import keeping
from notices.webhooks.forms import WebhookForm, asked_of
from notices.webhooks.policy import mission_kept_by
from notices.webhooks.queries import NEWEST_FIRST, deliveries_of, webhooks_of

A_PAGE = 30
TONES = {
    WebhookState.ACTIVE: "good",
    WebhookState.PAUSED: "wait",
    WebhookState.STOPPED: "bad",
    DeliveryState.OWED: "wait",
    DeliveryState.DELIVERED: "good",
    DeliveryState.GIVEN_UP: "bad",
    DeliveryState.WITHHELD: "line",
}


def _errors(form: WebhookForm, refusal: Refusal | None) -> list[dict[str, str]]:
    if refusal is None:
        return []
    for error in refusal.errors:
        if error.field in form.fields and error.field not in form.errors:
            form.add_error(error.field, error.message)
    ids = {name: f"id_{name}" for name in form.fields}
    return summary_of(refusal.errors, ids, labels_of(form)) or [
        {"message": refusal.detail, "paragraph": refusal.paragraph}
    ]


def _crumbs(*labels: str) -> list[dict[str, str]]:
    found = [{"label": _("Webhooks"), "url": reverse("notices:webhooks")}]
    return found + [{"label": label, "url": ""} for label in labels]


def _show_secret(request: HttpRequest, webhook: Webhook, secret: str) -> HttpResponse:
    found = {"webhook": webhook, "secret": secret, "crumbs": _crumbs(webhook.name)}
    return render(request, "notices/webhook_secret.html", found)


def _label(event: str) -> str:
    return _("Trial") if event == PING else str(EVENTS.get(event, event))


@method_decorator(never_cache, "dispatch")
class WebhooksView(LoginRequiredMixin, View):
    """The mission's webhooks, and a form to register another."""

    def get(self, request: HttpRequest) -> HttpResponse:
        mission = mission_kept_by(request.user)
        return self._show(request, WebhookForm(mission))

    def post(self, request: HttpRequest) -> HttpResponse:
        form = WebhookForm(mission_kept_by(request.user), request.POST)
        try:
            webhook, secret = keeping.register(actor=request.user, values=form.values())
        except Refusal as refusal:
            return self._show(request, form, refusal)
        return _show_secret(request, webhook, secret)

    def _show(
        self, request: HttpRequest, form: WebhookForm, refusal: Refusal | None = None
    ) -> HttpResponse:
        rows = [
            {
                "webhook": webhook,
                "tone": TONES[WebhookState(webhook.state)],
                "failing": webhook.state == WebhookState.ACTIVE and webhook.failing_since,
                "events": [_label(event) for event in webhook.events],
            }
            for webhook in webhooks_of(form.mission).order_by("name", "pk")
        ]
        found = {"rows": rows, "form": form, "errors": _errors(form, refusal)}
        status = refusal.status if refusal else 200
        return render(request, "notices/webhooks.html", found, status=status)


class _OneWebhook(LoginRequiredMixin, View):
    """A webhook of the mission that the reader keeps; another's is not there."""

    def webhook(self, pk: int) -> Webhook:
        found = webhooks_of(mission_kept_by(self.request.user)).filter(pk=pk).first()
        if found is None:
            raise Http404
        return found


@method_decorator(never_cache, "dispatch")
class WebhookView(_OneWebhook):
    """One webhook: what it is told, how it fares, its log; and a form to change it."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        webhook = self.webhook(pk)
        return self._show(request, webhook, WebhookForm(webhook.mission, initial=asked_of(webhook)))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        webhook = self.webhook(pk)
        form = WebhookForm(webhook.mission, request.POST)
        said = text_of(request.POST, "version")
        version = int(said) if said.isdecimal() and len(said) < 9 else -1
        try:
            keeping.change(
                actor=request.user, webhook=webhook, version=version, values=form.values()
            )
        except Refusal as refusal:
            return self._show(request, webhook, form, refusal)
        messages.success(request, _("Kept. From now on it is told this way."))
        return redirect("notices:webhook", pk)

    def _show(
        self,
        request: HttpRequest,
        webhook: Webhook,
        form: WebhookForm,
        refusal: Refusal | None = None,
    ) -> HttpResponse:
        page = lines_of(request, deliveries_of(webhook), NEWEST_FIRST, A_PAGE)
        found: dict[str, Any] = {
            "webhook": webhook,
            "tone": TONES[WebhookState(webhook.state)],
            "active": webhook.state == WebhookState.ACTIVE,
            "form": form,
            "errors": _errors(form, refusal),
            "page": page,
            "lines": [
                {
                    "delivery": delivery,
                    "event": _label(delivery.event),
                    "reference": delivery.entry.chain.reference if delivery.entry else "",
                    "tone": TONES[DeliveryState(delivery.state)],
                    "error": read_aloud(delivery.last_error or ""),
                    "again": webhook.state == WebhookState.ACTIVE and delivery.attempts,
                    "owed": delivery.state == DeliveryState.OWED,
                }
                for delivery in page.rows
            ],
            "crumbs": _crumbs(webhook.name),
        }
        status = refusal.status if refusal else 200
        return render(request, "notices/webhook.html", found, status=status)


@method_decorator(never_cache, "dispatch")
class RotateView(_OneWebhook):
    """Show a new secret, once."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        webhook, secret = keeping.rotate(actor=request.user, webhook=self.webhook(pk))
        return _show_secret(request, webhook, secret)


class ActView(_OneWebhook):
    """Pause, resume, end or try out a webhook."""

    http_method_names = ["post"]
    act = ""

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        webhook = self.webhook(pk)
        deeds: dict[str, Any] = {
            "pause": (keeping.pause, _("It is told nothing until you resume it.")),
            "resume": (keeping.resume, _("It is told again.")),
            "end": (keeping.end, _("It has ended; its secrets are forgotten.")),
            "try": (keeping.try_out, _("A trial message is on its way: look in the log below.")),
        }
        deed, words = deeds[self.act]
        try:
            deed(actor=request.user, webhook=webhook)
        except Refusal as refusal:
            messages.error(request, refusal.detail)
        else:
            messages.success(request, words)
        if self.act == "end":
            return redirect("notices:webhooks")
        return redirect("notices:webhook", pk)


class AgainView(_OneWebhook):
    """Owe a message again."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int, delivery_id: int) -> HttpResponse:
        delivery = deliveries_of(self.webhook(pk)).filter(pk=delivery_id).first()
        if delivery is None:
            raise Http404
        try:
            keeping.send_again(actor=request.user, delivery=delivery)
        except Refusal as refusal:
            messages.error(request, refusal.detail)
        else:
            messages.success(request, _("It is sent again, under the same id."))
        return redirect("notices:webhook", pk)
