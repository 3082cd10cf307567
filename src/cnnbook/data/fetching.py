"""Fetch a file once: checked by its checksum, and gone on with where it was interrupted."""

from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

CHUNK = 1 << 16  # bytes
TIMEOUT = 30  # seconds without a byte
ALREADY_WHOLE = 416  # the server's answer when nothing is left after the bytes that are there


def fetch(url: str, checksum: str, group: str, folder: Path | None = None) -> Path:
    """Return the path of a file in the cache, fetched first if it is not there.

    Args:
        url: of the file.
        checksum: "md5:..." or "sha256:...", which the file must have, now and each later time.
        group: name of the folder inside `folder`: files of two groups may have one name.
        folder: for all files; without it the user's cache, `pooch.os_cache("cnnbook")`.

    Raises:
        ModuleNotFoundError: if pooch is not installed.
        OSError: if the file cannot be fetched, or not wholly; what came is kept for the next try.
        ValueError: if it came with another checksum; it is deleted.
    """
    try:
        import pooch
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError("downloads need pooch: pip install pooch") from error
    path = Path(folder or pooch.os_cache("cnnbook")) / group / url.rsplit("/", 1)[1]

    def downloader(url: str, output_file: str, pooch: object) -> None:
        part = path.with_name(f"{path.name}.part")
        try:
            _go_on(url, part)
        except (OSError, HTTPException) as error:
            raise OSError(_advice(url, path, error)) from error
        part.replace(output_file)  # pooch checks it there, then moves it to its place

    # pooch (1.9) cannot go on with half a file itself, but takes any downloader
    return Path(pooch.retrieve(url, checksum, path.name, path.parent, downloader=downloader))


def _go_on(url: str, part: Path) -> None:
    """Append to a file what it still lacks."""
    have = part.stat().st_size if part.exists() else 0
    request = Request(url, headers={"Range": f"bytes={have}-"} if have else {})
    try:
        response = urlopen(request, timeout=TIMEOUT)
    except HTTPError as error:
        if have and error.code == ALREADY_WHOLE:
            return
        raise
    with response, part.open("ab" if response.status == 206 else "wb") as file:
        have = file.tell()  # 0 if the server sends all of it again
        length = response.headers.get("Content-Length")
        while chunk := response.read(CHUNK):
            file.write(chunk)
        came = file.tell() - have
    if length is not None and came < int(length):  # read() is silent about a lost connection
        raise ConnectionError(f"the connection ended after {came} of {length} bytes")


def _advice(url: str, path: Path, error: Exception) -> str:
    return (
        f"could not fetch {url}: {error}. Without a network, use what is in the package, such as "
        f"data.load('fashion-mnist'); or bring the file on another way and put it at {path}. "
        "Calling again goes on where this ended."
    )
