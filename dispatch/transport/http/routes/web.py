"""The files that browsers get: modules, styles, texts, pages. They come with a policy that lets a page speak to this server alone."""

import gzip
import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from http import HTTPStatus
from os.path import isfile  # false, and no error, for a name that is longer than names of files can be
from pathlib import Path, PurePosixPath
from typing import Final, NamedTuple

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route


def policy_for(origins: Sequence[str] = ()) -> str:
    """What a page may load and speak to. Inline scripts and styles are not in it, and no other host is but `origins`, with which a page
    may speak: their scripts and styles it never runs.
    """
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' data:",
            " ".join(("connect-src 'self'", *origins)),
            "media-src 'self'",
            "worker-src 'self'",
            "manifest-src 'self'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )


POLICY: Final = policy_for()
TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".webmanifest": "application/manifest+json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".wav": "audio/wav",
    ".gz": "application/gzip",
    ".ts": "text/plain; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
}
"""The kinds of files that are served. Nothing else is, wherever it lies."""
PACKED: Final = frozenset((".html", ".js", ".mjs", ".css", ".json", ".svg", ".webmanifest", ".ts", ".txt"))
"""Of these, what is worth packing."""
LEAST_PACKED_BYTES: Final = 500
WORDS: Final = {"passenger": "passenger", "driver": "driver", "desk": "desk", "developer": "client"}
"""With what the keys of each page's own sentences begin."""
WORDS_OF_ALL: Final = ("shell", "login", "error", "map", "sandbox")


class Content(NamedTuple):
    """A file as it was when it was read; `packed` is empty where packing saves nothing."""

    changed_ns: int
    plain: bytes
    packed: bytes
    tag: str


class Files:
    """The files of one folder, read when they are first asked for and again when they have changed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()
        self._kept: dict[Path, Content] = {}
        self._words: dict[tuple[str, str], Content] = {}

    def find(self, path: str) -> tuple[Content, str]:
        """The file with this path in the folder, and its media type.

        Raises:
            HTTPException: 404: there is none, it lies elsewhere, or it is of no kind that is served.
        """
        suffix = PurePosixPath(path).suffix
        file = (self._folder / path).resolve() if "\0" not in path else self._folder
        hidden = any(part.startswith(".") for part in PurePosixPath(path).parts)
        if suffix not in TYPES or hidden or not file.is_relative_to(self._folder) or not isfile(file):
            raise HTTPException(HTTPStatus.NOT_FOUND)
        return self._read(file, suffix), TYPES[suffix]

    def words(self, language: str, page: str) -> tuple[Content, str]:
        """The sentences of a language that a page says, and their media type.

        Raises:
            HTTPException: 404: there is no such language or page.
        """
        if page not in WORDS:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        whole, media_type = self.find(f"texts/{language}.json")
        kept = self._words.get((language, page))
        if kept is None or kept.changed_ns != whole.changed_ns:
            said = words_for(page, json.loads(whole.plain))
            kept = content_of(json.dumps(said, ensure_ascii=False).encode(), ".json", whole.changed_ns)
            self._words[language, page] = kept
        return kept, media_type

    def _read(self, file: Path, suffix: str) -> Content:
        changed_ns = file.stat().st_mtime_ns
        kept = self._kept.get(file)
        if kept is None or kept.changed_ns != changed_ns:
            kept = self._kept[file] = content_of(file.read_bytes(), suffix, changed_ns)
        return kept


def content_of(plain: bytes, suffix: str, changed_ns: int) -> Content:
    """A file with these bytes, packed where that saves something."""
    worth_it = suffix in PACKED and len(plain) >= LEAST_PACKED_BYTES
    packed = gzip.compress(plain, 9, mtime=0) if worth_it else b""
    return Content(changed_ns, plain, packed, hashlib.sha256(plain).hexdigest()[:32])


def words_for(page: str, sentences: Mapping[str, str]) -> dict[str, str]:
    """Of all sentences by their keys those that this page says: its own, and those of all pages."""
    parts = {*WORDS_OF_ALL, WORDS[page]}
    return {key: text for key, text in sentences.items() if key.partition(".")[0] in parts}


def answer(request: Request, found: tuple[Content, str], policy: str = POLICY) -> Response:
    """The file, packed where the browser takes that, or 304 where the browser has it already. It is asked for anew each time, so a page
    is never made of files of two versions.
    """
    content, media_type = found
    tag = f'"{content.tag}"'
    headers = {
        "ETag": tag,
        "Cache-Control": "no-cache",
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Vary": "Accept-Encoding",
    }
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    if content.packed and "gzip" in request.headers.get("accept-encoding", ""):
        return Response(content.packed, headers={**headers, "Content-Encoding": "gzip"}, media_type=media_type)
    return Response(content.plain, headers=headers, media_type=media_type)


PAGES: Final = {
    "/": "passenger/index.html",
    "/driver": "driver/index.html",
    "/desk": "desk/index.html",
    "/client/": "developer/index.html",
    "/client": "developer/index.html",
    "/docs": "docs/index.html",
    "/docs/sockets": "docs/sockets.html",
    "/sw.js": "sw.js",
}
"""Which file is shown at an address of its own. The service worker has one because it looks after what lies below its address alone."""


def web_routes(folder: Path, origins: Sequence[str] = ()) -> list[Route]:
    """Routes for the files in `folder`: pages at their own addresses, the client for app developers under `/client/`, and under `/web/`
    what pages are made of. `origins`: other hosts that pages may ask, as for tiles of a map.
    """
    files, policy = Files(folder), policy_for(origins)

    def page(file: str) -> Callable[[Request], Awaitable[Response]]:
        async def show(request: Request) -> Response:
            return answer(request, files.find(file), policy)

        return show

    async def client(request: Request) -> Response:
        return answer(request, files.find(f"client/{request.path_params['file']}"), policy)

    async def words(request: Request) -> Response:
        language, page_name = request.path_params["language"], request.path_params["page"]
        return answer(request, files.words(language, page_name), policy)

    async def part(request: Request) -> Response:
        return answer(request, files.find(request.path_params["file"]), policy)

    return [
        *(Route(path, page(file)) for path, file in PAGES.items()),
        Route("/client/{file:path}", client),
        Route("/web/texts/{language}/{page}.json", words),
        Route("/web/{file:path}", part),
    ]
