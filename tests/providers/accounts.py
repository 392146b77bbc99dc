"""Key files of service accounts, as Google gives them to who sends pushes."""

import json
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
_PEM = KEY.private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
).decode()


def service_account(path: Path, token_uri: str) -> Path:
    """Write the key file of one, for its owner alone; access tokens are bought at `token_uri`."""
    named = {"project_id": "our-town", "client_email": "push@our-town.example", "token_uri": token_uri}
    path.write_text(json.dumps({"type": "service_account", **named, "private_key": _PEM}))
    path.chmod(0o600)
    return path
