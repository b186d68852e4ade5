"""Links from a report to the line of the declaration, where the CI environment says which repository and commit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import quote, urlsplit

from reconciler.model.diagnostic import Location


@dataclass(frozen=True, slots=True)
class SourceLinks:
    """Where a repository is browsed. `prefix` is the project folder within the repository ("" for its top)."""

    server: str
    repository: str
    commit: str
    prefix: str = ""
    route: str = "blob"
    """The path between repository and commit: `blob`, or `-/blob` at GitLab."""

    def link(self, location: Location) -> str:
        """Return the address of a line at the commit that was planned."""
        path = quote(
            "/".join(part for part in (self.prefix.strip("/"), location.file) if part), errors="backslashreplace"
        )
        repository = quote(self.repository.strip("/"))
        return (
            f"{self.server.rstrip('/')}/{repository}/{self.route}/{quote(self.commit, safe='')}/{path}#L{location.line}"
        )


def lie_within(links: SourceLinks | None, folder: str) -> SourceLinks | None:
    """Return the links for a project in another folder of the repository; the same where it is not known."""
    return replace(links, prefix=folder) if links and folder else links


def source_links(environ: Mapping[str, str], *, prefix: str = "") -> SourceLinks | None:
    """Read where the source is browsed from the variables of GitHub Actions or GitLab CI; None elsewhere."""
    server, repository, commit = (environ.get(f"GITHUB_{name}", "") for name in ("SERVER_URL", "REPOSITORY", "SHA"))
    if _is_web(server) and repository and commit:
        return SourceLinks(server, repository, commit, prefix)
    address, commit = environ.get("CI_PROJECT_URL", ""), environ.get("CI_COMMIT_SHA", "")
    if _is_web(address) and commit:
        parts = urlsplit(address)
        return SourceLinks(f"{parts.scheme}://{parts.netloc}", parts.path.strip("/"), commit, prefix, "-/blob")
    return None


def _is_web(address: str) -> bool:
    return urlsplit(address).scheme in {"https", "http"} and bool(urlsplit(address).netloc)
