"""The words for who and where."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """What a post is for. Rights belong to the post, not to the person who holds it."""

    UNIT_CIMIC = "unit_cimic", _("Unit UN-CIMIC officer")
    SECTOR_CIMIC = "sector_cimic", _("Sector UN-CIMIC officer")
    CHIEF_CIMIC = "chief_cimic", _("Chief UN-CIMIC")
    CIMIC_STAFF = "cimic_staff", _("UN-CIMIC staff officer")
    CMCOORD = "cmcoord", _("UN-CMCoord officer (OCHA)")
    CIVIL_AFFAIRS = "civil_affairs", _("Civil Affairs")
    GENDER = "gender", _("Gender adviser")
    HUMAN_RIGHTS = "human_rights", _("Human rights")
    UNPOL = "unpol", _("United Nations Police")
    QIP_MANAGER = "qip_manager", _("QIP programme manager")
    DMS = "dms", _("Director or Chief of Mission Support (DMS/CMS)")
    DSRSG = "dsrsg", _("DSRSG/RC/HC")
    DSRSG_OFFICE = "dsrsg_office", _("Office of the DSRSG/RC/HC")
    DSRSG_POLITICAL = "dsrsg_political", _("DSRSG (political)")
    DESIGNATED_OFFICIAL = "designated_official", _("Designated Official for security")
    UNDSS = "undss", _("UNDSS chief security adviser")
    OPS = "ops", _("Force operations")
    HOMC = "homc", _("Head of the Military Component")
    SRSG = "srsg", _("SRSG")
    CHIEF_OF_STAFF = "chief_of_staff", _("Mission Chief of Staff")
    EVALUATOR = "evaluator", _("Evaluator")
    RECORDS_OFFICER = "records_officer", _("Records officer")
    PARTNER = "partner", _("Partner")
    ADMINISTRATOR = "administrator", _("Administrator")


# The military component's posts that must not see a humanitarian actor's security request
# before the Designated Official has decided (P39). The Chief UN-CIMIC registers it (P41).
FORCE = frozenset({Role.UNIT_CIMIC, Role.SECTOR_CIMIC, Role.CIMIC_STAFF, Role.OPS, Role.HOMC})

UN_CIMIC = frozenset({Role.SECTOR_CIMIC, Role.CHIEF_CIMIC, Role.CIMIC_STAFF})
MISSION_UN_CIMIC = frozenset({Role.CHIEF_CIMIC, Role.CIMIC_STAFF})
# Posts of a sector, of which a mission has one or more for each.
OF_A_SECTOR = frozenset({Role.SECTOR_CIMIC, Role.UNIT_CIMIC})

# Posts whose answer decides, binds the mission or tasks the force, whose word cannot be taken
# back by another, or who let people in: they prove twice who they are. A mission's process
# gives the seats that decide to these alone (``tests/test_second_factor.py`` holds it).
PROVES_TWICE = frozenset(
    {
        Role.SRSG,
        Role.DSRSG,
        Role.DSRSG_POLITICAL,
        Role.DESIGNATED_OFFICIAL,
        Role.HOMC,
        Role.OPS,
        Role.DMS,
        Role.CHIEF_OF_STAFF,
        Role.CHIEF_CIMIC,
        Role.RECORDS_OFFICER,
        Role.ADMINISTRATOR,
    }
)

# Posts that only read, keep or administer: they ask for nothing and decide nothing.
NEVER_ASKS = frozenset({Role.EVALUATOR, Role.RECORDS_OFFICER, Role.ADMINISTRATOR})


class Reach(models.TextChoices):
    """How far a post sees beyond what is its own and what its steps bring it."""

    OWN = "own", _("its own and what is put to it")
    UNIT = "unit", _("its unit")
    SECTOR = "sector", _("its sector")
    MISSION = "mission", _("the whole mission")


class Classification(models.IntegerChoices):
    """ST/SGB/2007/6. The number orders them: a post sees up to its clearance."""

    UNCLASSIFIED = 0, _("Unclassified")
    CONFIDENTIAL = 1, _("Confidential")
    STRICTLY_CONFIDENTIAL = 2, _("Strictly confidential")


class Capacity(models.TextChoices):
    """In what capacity a person acts for a post; named on every decision (P41)."""

    HOLDER = "holder", _("holder")
    OFFICER_IN_CHARGE = "officer_in_charge", _("officer-in-charge")
    DELEGATE = "delegate", _("delegate")


class OrganisationType(models.TextChoices):
    """OCHA's organisation type codes."""

    ACADEMIC = "431", _("Academic and research")
    DONOR = "433", _("Donor")
    EMBASSY = "434", _("Embassy")
    GOVERNMENT = "435", _("Government")
    INTERNATIONAL_NGO = "437", _("International NGO")
    INTERNATIONAL_ORGANISATION = "438", _("International organisation")
    MEDIA = "439", _("Media")
    MILITARY = "440", _("Military")
    NATIONAL_NGO = "441", _("National NGO")
    OTHER = "443", _("Other")
    PRIVATE = "444", _("Private sector")
    RED_CROSS = "445", _("Red Cross and Red Crescent")
    RELIGIOUS = "446", _("Religious")
    UNITED_NATIONS = "447", _("United Nations")


HUMANITARIAN_TYPES = frozenset(
    {
        OrganisationType.INTERNATIONAL_NGO,
        OrganisationType.INTERNATIONAL_ORGANISATION,
        OrganisationType.NATIONAL_NGO,
        OrganisationType.RED_CROSS,
        OrganisationType.RELIGIOUS,
        OrganisationType.UNITED_NATIONS,
    }
)


class AreaLevel(models.IntegerChoices):
    """Administrative levels of the host country."""

    COUNTRY = 0, _("country")
    PROVINCE = 1, _("province")
    DISTRICT = 2, _("district")


class Scope(models.TextChoices):
    """What a key to the API opens. The whole, or one room of it, to read or to write too."""

    READ = "read", _("read everything that I may")
    WRITE = "write", _("do everything that I may")
    REQUESTS_READ = "requests:read", _("read requests and their records")
    REQUESTS_WRITE = "requests:write", _("make and carry out requests")
    DECISIONS_READ = "decisions:read", _("read the inbox, steps and processes")
    DECISIONS_WRITE = "decisions:write", _("answer steps, sign processes")
    REGISTER_READ = "register:read", _("read the register, exports and figures")
    PEOPLE_READ = "people:read", _("read who acts for whom")
    PEOPLE_WRITE = "people:write", _("invite, delegate, hand over")
    NOTICES_READ = "notices:read", _("read my notices")
    NOTICES_WRITE = "notices:write", _("mark my notices as read")
