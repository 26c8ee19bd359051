"""A provider of single sign-on in a process of its own: OpenID Connect, strict, or told to lie.

``python -m tests.provider PORT PLAN``: PLAN is a file of JSON, read at each request, that says
whom it signs in and what is wrong about it. It holds each client to what it asked for: the
return address, the client's secret, the code once, and the verifier of the code challenge.
"""

import base64
import hashlib
import json
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT, SECRET = "cimic", "a secret of the client"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER = rsa.generate_private_key(public_exponent=65537, key_size=2048)
CODES: dict[str, dict[str, Any]] = {}


class Provider(BaseHTTPRequestHandler):
    """The few addresses that a client needs."""

    issuer = ""
    plan = Path()

    def log_message(self, *args: Any) -> None:
        """Say nothing."""

    def told(self) -> dict[str, Any]:
        """What this request is to go by."""
        return dict(json.loads(self.plan.read_text()))

    def say(self, said: dict[str, Any], status: int = 200) -> None:
        """Answer with an object."""
        body = json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        """Publish, sign in at once whom the plan names, or tell of them."""
        parts = urlsplit(self.path)
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if parts.path == "/.well-known/openid-configuration":
            self.say(
                {
                    "issuer": self.issuer,
                    "authorization_endpoint": f"{self.issuer}/authorize",
                    "token_endpoint": f"{self.issuer}/token",
                    "userinfo_endpoint": f"{self.issuer}/userinfo",
                    "jwks_uri": f"{self.issuer}/keys",
                }
            )
        elif parts.path == "/keys":
            public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key()))
            self.say({"keys": [{**public, "kid": "one", "use": "sig", "alg": "RS256"}]})
        elif parts.path == "/authorize":
            self.authorize(asked)
        elif parts.path == "/userinfo":
            self.say(self.told().get("userinfo", {}))
        else:
            self.say({"error": "not_found"}, 404)

    def authorize(self, asked: dict[str, str]) -> None:
        """Send the browser back with a code, as the plan has it."""
        if asked["client_id"] != CLIENT or asked.get("code_challenge_method") != "S256":
            self.say({"error": "invalid_request"}, 400)
            return
        told = self.told()
        code = hashlib.sha256(f"{time.time()}{len(CODES)}".encode()).hexdigest()
        CODES[code] = asked
        answer = {"code": code, "state": told.get("state", asked["state"]), "iss": self.issuer}
        if told.get("error"):
            answer = {"error": told["error"], "state": asked["state"]}
        self.send_response(302)
        self.send_header("Location", f"{asked['redirect_uri']}?{urlencode(answer)}")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_POST(self) -> None:
        """Change a code for tokens, once, for the client that it was given to."""
        size = int(self.headers["Content-Length"])
        form = {
            name: values[0] for name, values in parse_qs(self.rfile.read(size).decode()).items()
        }
        scheme, _space, pair = self.headers.get("Authorization", "").partition(" ")
        client, _colon, secret = base64.b64decode(pair).decode().partition(":")
        asked = CODES.pop(form.get("code", ""), None)
        challenge = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        if (
            scheme != "Basic"
            or (client, unquote(secret.replace("+", " "))) != (CLIENT, SECRET)
            or asked is None
            or asked["redirect_uri"] != form["redirect_uri"]
            or asked["code_challenge"] != base64.urlsafe_b64encode(challenge).decode().rstrip("=")
        ):
            self.say({"error": "invalid_grant"}, 400)
            return
        self.say({"access_token": "open", "token_type": "Bearer", "id_token": self.id_token(asked)})

    def id_token(self, asked: dict[str, str]) -> str:
        """Sign who it is, or what the plan says instead."""
        told, at = self.told(), int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT,
            "sub": "one",
            "nonce": asked["nonce"],
            "iat": at,
            "exp": at + 300,
            **told.get("claims", {}),
        }
        claims = {name: value for name, value in claims.items() if value is not None}
        algorithm = told.get("algorithm", "RS256")
        key: Any = {"none": None, "HS256": SECRET}.get(
            algorithm, OTHER if told.get("forged") else KEY
        )
        return jwt.encode(claims, key, algorithm, headers={"kid": told.get("kid", "one")})


if __name__ == "__main__":
    Provider.issuer = f"http://127.0.0.1:{sys.argv[1]}"
    Provider.plan = Path(sys.argv[2])
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Provider).serve_forever()
