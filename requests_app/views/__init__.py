"""The first page of asking: which kind."""

from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin
from django.views.generic import TemplateView

from missions.vocabulary import Role
from requests_app import policy
from requests_app.pages import LEADS
from requests_app.vocabulary import Kind

SIGNS = {
    Kind.CIVIL_ASSISTANCE: "hand-helping",
    Kind.SECURITY_ASSISTANCE: "shield",
    Kind.QIP: "hammer",
}


class ChooseKindView(LoginRequiredMixin, TemplateView):
    """Ask which kind it is, with a sentence on how each travels."""

    template_name = "requests_app/new.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        verdict = policy.may_ask(self.request.user)
        standing = policy.asking_as(self.request.user)
        return super().get_context_data(
            verdict=verdict,
            kinds=[
                {"code": kind, "label": kind.label, "lead": LEADS[kind], "sign": sign}
                for kind, sign in SIGNS.items()
            ],
            extreme_lead=LEADS[Kind.EXTREME_SITUATION],
            may_report=verdict and standing is not None and standing.role != Role.PARTNER,
            focal_point=standing.post.mission.asset_focal_point if standing else None,
            **kwargs,
        )
