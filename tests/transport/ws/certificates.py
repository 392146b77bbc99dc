"""TLS certificates for tests, made by the command `openssl` as an operator would."""

import ssl
import subprocess
from pathlib import Path


def certificate(folder: Path, name: str = "server", *more: str) -> tuple[Path, Path]:
    """A new certificate for 127.0.0.1, localhost and `more` names that signs itself, and its key."""
    hosts = "".join(f",DNS:{host}" for host in ("localhost", *more))
    cert, key = folder / f"{name}.pem", folder / f"{name}.key"
    command = [
        *(
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-days",
            "2",
        ),
        *("-subj", f"/CN={name}", "-addext", f"subjectAltName=IP:127.0.0.1{hosts}"),
        *("-keyout", str(key), "-out", str(cert)),
    ]
    subprocess.run(command, check=True, capture_output=True)
    return cert, key


def trusting(cert: Path) -> ssl.SSLContext:
    """A client that trusts this certificate alone."""
    return ssl.create_default_context(cafile=str(cert))
