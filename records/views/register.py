"""The register: every record in one's sight, narrowed by questions, and its export."""

from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import FileResponse, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views import View

from approvals.pages import line_of
from approvals.queries import visible_to
from common.clock import now
from common.errors import FieldError
from common.pages import FragmentMixin, lines_of, said, summary_of, text_of
from missions.models import Post
from missions.queries import standings_of
from records.exports import start_export, write_csv
from records.filters import RegisterFilter, refuse_misread, register_for
from requests_app.vocabulary import Kind, Status

OPEN = [
    Status.UNDER_REVIEW,
    Status.RETURNED,
    Status.IN_CONSULTATION,
    Status.AWAITING_DECISION,
    Status.APPROVED,
    Status.IN_PROGRESS,
    Status.REPORTED,
    Status.ACKNOWLEDGED,
]


def _query(**named: Any) -> str:
    pairs = [
        f"{name}={value}"
        for name, values in named.items()
        for value in (values if isinstance(values, list) else [values])
    ]
    return "?" + "&".join(pairs)


def _without_cursor(asked: QueryDict) -> QueryDict:
    kept = asked.copy()
    kept.pop("cursor", None)
    return kept


def ready_made(request: HttpRequest) -> list[dict[str, Any]]:
    """List the ready-made questions, each an address that can be kept and shared."""
    asked = set(_without_cursor(said(request.GET)).urlencode().split("&")) - {""}
    views = [
        (_("Everything"), "?"),
        (_("Open"), _query(status=[status.value for status in OPEN])),
        (_("Waiting on me"), _query(waiting_on="me")),
        (_("To decide"), _query(status=Status.AWAITING_DECISION.value)),
        (_("Under way"), _query(status=Status.IN_PROGRESS.value)),
        (_("Refused, follow-up open"), _query(status=Status.NOT_APPROVED.value)),
        (_("Extreme situations"), _query(kind=Kind.EXTREME_SITUATION.value)),
    ]
    return [
        {
            "label": label,
            "url": url,
            "current": set(url.lstrip("?").split("&")) - {""} == asked,
        }
        for label, url in views
    ]


class RegisterView(LoginRequiredMixin, FragmentMixin, View):
    """The register; a changed question swaps only its lines. A reference opens its record."""

    template_name = "records/register.html"
    fragment_name = "records/_register_lines.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        words = text_of(request.GET, "search")
        if words:
            one = visible_to(request.user).filter(reference__iexact=words).first()
            if one is not None:
                return redirect("records:case", one.reference)
        asked = said(request.GET)
        register = register_for(request.user, asked)
        page = lines_of(request, register.qs)
        posts = Post.objects.filter(
            mission__in={held.post.mission_id for held in standings_of(request.user)}
        ).order_by("title")
        return render(
            request,
            self.template_for(request),
            {
                "lines": [line_of(rfa) for rfa in page.rows],
                "page": page,
                "filter": register,
                "errors": _errors(register),
                "chips": ready_made(request),
                "posts": posts,
                "export_url": f"{reverse('records:csv')}?{_without_cursor(asked).urlencode()}",
                "asked": {
                    "search": words,
                    "status": request.GET.getlist("status"),
                    "kind": request.GET.getlist("kind"),
                    "sector": request.GET.get("sector", ""),
                    "waiting_on": request.GET.get("waiting_on", ""),
                    "needed_before": request.GET.get("needed_before", ""),
                },
            },
        )


def _errors(register: RegisterFilter) -> list[dict[str, str]]:
    return summary_of(
        [
            FieldError(name, " ".join(str(message) for message in messages))
            for name, messages in register.form.errors.items()
        ],
        {name: f"filter-{name}" for name in register.filters},
        {name: each.label for name, each in register.filters.items()},
    )


class RegisterCsvView(LoginRequiredMixin, View):
    """The register as shown, as CSV; who took it, by which filter and its hash are recorded."""

    def get(self, request: HttpRequest) -> FileResponse:
        asked = said(request.GET)
        register = register_for(request.user, asked)
        rows = refuse_misread(register)
        run = start_export(actor=request.user, form="csv", params=asked)
        file = write_csv(rows, run)
        return FileResponse(
            file,
            as_attachment=True,
            filename=f"register-{now():%Y-%m-%d-%H%M}.csv",
            content_type="text/csv; charset=utf-8",
        )
