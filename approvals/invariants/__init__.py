"""What never bends: the policy as small functions, each naming its paragraph.

Over a process (may it be used?) and over a record (may it go on, does it comply?). The
database refuses the first four as well; these say it in words, for guards, co-signing,
tests and the compliance page.
"""

from approvals.invariants.breaches import Breach, Rule, conditions_on
from approvals.invariants.process import (
    COMPETENT,
    PROCESS_RULES,
    Broken,
    Checked,
    broken_by_process,
    broken_by_rule,
    check_process,
    rules_for,
)
from approvals.invariants.shape import NEVER_SEATED, kinds_on
from approvals.invariants.start import approval_of, capability_of, tasking_of, why_it_may_not_start

__all__ = [
    "Breach",
    "Broken",
    "NEVER_SEATED",
    "PROCESS_RULES",
    "Rule",
    "COMPETENT",
    "Checked",
    "approval_of",
    "broken_by_process",
    "broken_by_rule",
    "check_process",
    "conditions_on",
    "kinds_on",
    "capability_of",
    "rules_for",
    "tasking_of",
    "why_it_may_not_start",
]
