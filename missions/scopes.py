"""Which part of the API a key opens."""

from missions.vocabulary import Scope

API = "/api/v1/"
READS = frozenset({"GET", "HEAD", "OPTIONS"})

# The first word of an address, and the room it is in. What is not here needs a whole scope.
ROOMS = {
    "requests": "requests",
    "extreme-situations": "requests",
    "referrals": "requests",
    "complaints": "requests",
    "imports": "requests",
    "inbox": "decisions",
    "steps": "decisions",
    "processes": "decisions",
    "priorities": "decisions",
    "standing-policies": "decisions",
    "register": "register",
    "register.csv": "register",
    "register.xlsx": "register",
    "register.json": "register",
    "register.geojson": "register",
    "exports": "register",
    "compliance": "register",
    "compliance.pdf": "register",
    "statistics": "register",
    "views": "register",
    "evaluation": "register",
    "archive": "register",
    "ledger": "register",
    "delegations": "people",
    "posts": "people",
    "handover": "people",
    "protection-duties": "people",
    "people": "people",
    "invitations": "people",
    "notices": "notices",
}
EVERYONES = frozenset({"me", "schema", "health"})


def opens(scopes: list[str], method: str, path: str) -> bool:
    """Whether a key with these scopes may make a call; ``write`` includes ``read``."""
    if Scope.WRITE in scopes:
        return True
    reads = method in READS
    if reads and Scope.READ in scopes:
        return True
    first, _slash, rest = path.removeprefix(API).partition("/")
    if first == "me" and rest.startswith("notices"):
        first = "notices"
    if reads and first in EVERYONES:
        return True
    room = ROOMS.get(first, "")
    if not room:
        return False
    return f"{room}:write" in scopes or (reads and f"{room}:read" in scopes)
