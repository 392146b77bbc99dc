"""What tests of docs/deploy share: the files read as what they are, and the real programs before a server, where they are installed."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import socket
import ssl
import warnings
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import NamedTuple

from tests.transport.ws.certificates import certificate

ROOT = Path(__file__).parent.parent
DEPLOY = ROOT / "docs" / "deploy"
NAME = "ride.example"
"""The name of the server in all files and examples."""
UPSTREAM = "127.0.0.1:8067"
STARTED_WITHIN_S = 20.0


def installed(program: str) -> str | None:
    """Where this program is; None: it is not here, of which whoever runs the tests is told."""
    found = shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if found is None:
        warnings.warn(f"{program} is not installed: what docs/deploy has for it was read, and not run", stacklevel=2)
    return found


def unit(name: str) -> dict[str, dict[str, list[str]]]:
    """A unit of systemd: by section and key, the values in their order."""
    told: dict[str, dict[str, list[str]]] = {}
    section = ""
    for line in (DEPLOY / name).read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif line and not line.startswith("#"):
            key, _, value = line.partition("=")
            told.setdefault(section, {}).setdefault(key, []).append(value)
    return told


class Directive(NamedTuple):
    """A directive of nginx or Caddy: its words, and what stands in its braces."""

    words: tuple[str, ...]
    inside: tuple[Directive, ...] = ()

    def all(self, *begins: str) -> Iterator[Directive]:
        """Every directive in here, however deep, whose first words are these."""
        for each in self.inside:
            if each.words[: len(begins)] == begins:
                yield each
            yield from each.all(*begins)


def nginx(text: str) -> Directive:
    """The directives of a file of nginx."""
    tokens = iter(re.findall(r'"[^"]*"|[{};]|[^\s{};"]+', re.sub(r"(?m)(^|\s)#.*$", "", text)))
    return Directive((), tuple(_nginx(tokens)))


def _nginx(tokens: Iterator[str]) -> Iterator[Directive]:
    words: list[str] = []
    for token in tokens:
        if token == "}":
            return
        if token in (";", "{"):
            yield Directive(tuple(words), tuple(_nginx(tokens)) if token == "{" else ())
            words = []
        else:
            words.append(token.strip('"'))


def caddy(text: str) -> Directive:
    """The directives of a Caddyfile: one a line."""
    return Directive((), tuple(_caddy(iter(text.splitlines()))))


def _caddy(lines: Iterator[str]) -> Iterator[Directive]:
    for line in lines:
        words = [word.strip('"') for word in re.findall(r'"[^"]*"|\S+', re.sub(r"(^|\s)#.*$", "", line))]
        if words == ["}"]:
            return
        if words and words[-1] == "{":
            yield Directive(tuple(words[:-1]), tuple(_caddy(lines)))
        elif words:
            yield Directive(tuple(words))


def free_port() -> int:
    """One that nobody had a moment ago."""
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        return int(taken.getsockname()[1])


class Front(NamedTuple):
    """A proxy that runs: its port for HTTPS, and the file of the authority that apps must trust."""

    port: int
    authority: Path

    def trust(self) -> ssl.SSLContext:
        """For a client."""
        return ssl.create_default_context(cafile=self.authority)


def nginx_command(program: str, folder: Path, upstream: str, port: int, cert: Path, key: Path) -> list[str]:
    """Run the file that is shipped, with these ports and this certificate, inside the smallest nginx.conf."""
    text = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    live = f"/etc/letsencrypt/live/{NAME}"
    for old, new in (
        (r"listen \[::\].*", ""),
        ("listen 80;", f"listen 127.0.0.1:{free_port()};"),
        ("listen 443", f"listen 127.0.0.1:{port}"),
        (f"{live}/fullchain.pem", str(cert)),
        (f"{live}/privkey.pem", str(key)),
        (UPSTREAM, upstream),
    ):
        text, found = re.subn(old, new, text)
        assert found, old
    (folder / "site.conf").write_text(text)
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = " ".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds)
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "main.conf").write_text(
        f"{user} daemon off; pid {folder}/pid; error_log stderr; events {{ worker_connections 256; }}"
        f" http {{ access_log off; {temporary} include {folder}/site.conf; }}"
    )
    return [program, "-e", "stderr", "-c", str(folder / "main.conf")]


def caddy_command(program: str, folder: Path, upstream: str, port: int, cert: Path, key: Path) -> list[str]:
    """Run the file that is shipped, with this port and this certificate."""
    text = (DEPLOY / "Caddyfile").read_text(encoding="utf-8")
    assert f"\n{NAME} {{\n" in text and UPSTREAM in text
    text = text.replace(f"\n{NAME} {{\n", f"\nhttps://{NAME}:{port} {{\n\tbind 127.0.0.1\n\ttls {cert} {key}\n")
    (folder / "Caddyfile").write_text(
        "{\n\tadmin off\n\tauto_https disable_redirects\n\tskip_install_trust\n}\n" + text.replace(UPSTREAM, upstream)
    )
    return [program, "run", "--adapter", "caddyfile", "--config", str(folder / "Caddyfile")]


COMMANDS = {"nginx": nginx_command, "caddy": caddy_command}


@asynccontextmanager
async def in_front(name: str, program: str, folder: Path, upstream: str) -> AsyncIterator[Front]:
    """The proxy `name` with its shipped file before the server at `upstream`."""
    folder.mkdir(exist_ok=True)
    port = free_port()
    cert, key = certificate(folder, NAME, NAME)
    command = COMMANDS[name](program, folder, upstream, port, cert, key)
    process = await asyncio.create_subprocess_exec(
        *command,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "HOME": str(folder)},
    )
    try:
        async with asyncio.timeout(STARTED_WITHIN_S):
            while True:
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", port)
                    writer.close()
                    break
                except OSError:
                    assert process.returncode is None, (await process.stderr.read()).decode() if process.stderr else ""
                    await asyncio.sleep(0.02)
        yield Front(port, cert)
    finally:
        if process.returncode is None:
            process.terminate()
        await process.communicate()
