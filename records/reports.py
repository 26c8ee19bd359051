"""What leaves as a document: made for one reader, recorded and hashed as every export is."""

import hashlib
from typing import Any

from django.http import FileResponse, HttpResponse

from missions.models import User
from records.compliance.access import reads_as
from records.compliance.pdf import report_as_pdf
from records.compliance.question import read_question
from records.compliance.reading import compliance_of, extreme_by_unit, mission_read_by
from records.evaluation.pack import make_pack
from records.exports import finish_export, start_export


def compliance_pdf(person: User, params: Any) -> HttpResponse:
    """Return the compliance report as a PDF file.

    Raises ``Forbidden`` for who does not read compliance and ``Malformed`` for what cannot be
    read of the query. A failure half-way is recorded as cut.
    """
    mission, _clearance = mission_read_by(person)
    question = read_question(params, mission)
    report = compliance_of(person, question)
    standing = reads_as(person)
    run = start_export(actor=person, form="pdf", params=params)
    try:
        document = report_as_pdf(
            report,
            extreme_by_unit(person, question),
            person,
            standing.post.title if standing else "",
        )
    except Exception:
        finish_export(run, rows=None, digest="", cut=True)
        raise
    digest = hashlib.sha256(document).hexdigest()
    finish_export(run, rows=len(report.lines), digest=digest)
    response = HttpResponse(document, content_type="application/pdf")
    name = f"compliance-{mission.code}-{question.since}-{question.until}.pdf"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["X-Export"] = f"/api/v1/exports/{run.pk}/"
    response["Content-Digest-SHA256"] = digest
    return response


def evaluation_pack(person: User, params: Any) -> FileResponse:
    """Return the evaluation pack of a period as a ZIP file; raises as ``make_pack`` does."""
    pack = make_pack(person, params)
    response = FileResponse(
        pack.file, as_attachment=True, filename=pack.name, content_type="application/zip"
    )
    response["X-Export"] = f"/api/v1/exports/{pack.run.pk}/"
    response["Content-Digest-SHA256"] = pack.digest
    return response
