"""``hub push`` and its kin: put an adapter, a model or a result on the Hub, look at what became of it, change single files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from core import hub, publish
from core.cli.output import AsJson, print_json, print_line, print_note
from core.cli.packing import Packed, packed_for
from core.errors import BadInput, NotAllowed, printable
from core.publish import About, Order, Push, Sent
from core.settings import MEGABYTE, Settings
from core.workspaces import LOCAL

PROGRESS_SECONDS = 2.0
What = Annotated[str, typer.Argument(metavar="WHAT", help="adapter:NAME, local:NAME, or the id of a run that has scored a table.")]
To = Annotated[str, typer.Option("--to", metavar="OWNER/NAME", help="The repository.")]
Merged = Annotated[bool, typer.Option("--merged", help="The adapter merged into its base: a whole model.")]
Licence = Annotated[str, typer.Option(help="Licence of what is pushed, by its Hub name.")]
DataName = Annotated[str, typer.Option(help="The data behind it, in words or as a data set of the Hub; not the name of a file.")]
DataLicence = Annotated[str, typer.Option(help="Licence of that data, by its Hub name.")]
LeaveOut = Annotated[list[str] | None, typer.Option(metavar="COLUMN", help="A column of a result that stays here; may be repeated.")]
IsDataset = Annotated[bool, typer.Option("--dataset", help="A data set, not a model.")]
Branch = Annotated[str, typer.Option(help="Branch to push to; it is made where it is not there.")]
PullRequest = Annotated[bool, typer.Option("--pull-request", help="Ask by a pull request.")]
Repository = Annotated[str, typer.Argument(metavar="OWNER/NAME", help="The repository.")]


def push(
    what: What,
    to: To,
    merged: Merged = False,
    public: Annotated[bool, typer.Option("--public", help="A new repository that everybody can read; without, it is private.")] = False,
    add: Annotated[bool, typer.Option("--add", help="The repository exists: add to it.")] = False,
    branch: Branch = hub.MAIN,
    pull_request: PullRequest = False,
    message: Annotated[str, typer.Option(help="What it is, for the list of versions.")] = "Files of Sheetformer",
    card: Annotated[Path | None, typer.Option(metavar="FILE", help="A card of yours, as `hub card` writes one to begin with.")] = None,
    licence: Licence = "",
    data_name: DataName = "",
    data_licence: DataLicence = "",
    leave_out: LeaveOut = None,
    mask: Annotated[bool, typer.Option("--mask", help="Mask personal data in cells.")] = False,
    as_it_is: Annotated[bool, typer.Option("--as-is", help="Send cells with personal data as they are.")] = False,
    as_json: AsJson = False,
) -> None:
    """Push an adapter, a whole model, or a result as a data set. A push that broke off sends only what is missing."""
    settings = Settings()
    about = About(repository=publish.check_repository(to), licence=licence, data_name=data_name, data_licence=data_licence)
    packed = packed_for(settings, what, about, merged=merged, leave_out=tuple(leave_out or ()), mask=mask, as_it_is=as_it_is)
    try:
        text = card.read_text(encoding="utf-8") if card is not None else packed.card
        publish.check_card(settings, text, packed.parcel.kind)
        packed.parcel.write_card(text)
        cautions = _check_leaving(settings, packed)
        order = Order(
            kind=packed.parcel.kind,
            repository=to,
            create=not (add or pull_request or branch != hub.MAIN),
            private=not public,
            branch=branch,
            pull_request=pull_request,
            message=message,
            files=packed.parcel.files(),
        )
        done = _follow(Push(settings, order, token=hub.from_environment()))
        _tell(order, done, cautions, as_json=as_json)
    finally:
        packed.parcel.discard()


def card(
    what: What,
    to: To = "owner/name",
    merged: Merged = False,
    licence: Licence = "",
    data_name: DataName = "",
    data_licence: DataLicence = "",
    leave_out: LeaveOut = None,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="File to write; without one it is printed.")] = None,
    as_json: AsJson = False,
) -> None:
    """Write the card of what would be pushed, to correct it and to push with --card. Nothing leaves this machine."""
    settings = Settings()
    about = About(repository=publish.check_repository(to), licence=licence, data_name=data_name, data_licence=data_licence)
    packed = packed_for(settings, what, about, merged=merged, leave_out=tuple(leave_out or ()), mask=False, as_it_is=True)
    packed.parcel.discard()
    if out is not None:
        if not out.absolute().parent.is_dir():
            raise BadInput("--out in a folder that exists", str(out), "Make the folder first.")
        out.write_text(packed.card, encoding="utf-8")
    if as_json:
        print_json({"card": packed.card, "out": str(out.absolute()) if out else None})
    elif out is not None:
        print_line(f"Card written to {out}")
    else:
        for line in packed.card.splitlines():
            print_line(line)


def upload(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file on this machine.")],
    to: To,
    path: Annotated[str, typer.Option("--as", metavar="PATH", help="Its path in the repository; its own name if not given.")] = "",
    dataset: IsDataset = False,
    branch: Branch = hub.MAIN,
    pull_request: PullRequest = False,
    as_json: AsJson = False,
) -> None:
    """Send a single file to a repository that exists."""
    settings = Settings()
    if not file.is_file():
        raise BadInput("a file", f"{file}, which is not there", "Check the path.")
    name = path or file.name
    parcel = publish.pack_file(settings, LOCAL, name, file.read_bytes())
    try:
        if secret := next((one for one in publish.findings(settings, parcel) if one.secret), None):
            raise NotAllowed("a file without tokens and keys", secret.line(), "Take it out first; nothing has left.")
        order = Order(
            kind="dataset" if dataset else "model",
            repository=to,
            branch=branch,
            pull_request=pull_request,
            message=f"Send {name}"[:200],
            files=parcel.files(),
        )
        _tell(order, _follow(Push(settings, order, token=hub.from_environment())), [], as_json=as_json)
    finally:
        parcel.discard()


def delete(
    repository: Repository,
    paths: Annotated[list[str], typer.Argument(metavar="PATH...", help="Paths in the repository.")],
    dataset: IsDataset = False,
    branch: Branch = hub.MAIN,
    pull_request: PullRequest = False,
    as_json: AsJson = False,
) -> None:
    """Delete single files of a repository. Its earlier versions keep them."""
    order = Order(
        kind="dataset" if dataset else "model",
        repository=repository,
        branch=branch,
        pull_request=pull_request,
        message=(f"Delete {paths[0]}" if len(paths) == 1 else f"Delete {len(paths)} files")[:200],
        deletions=tuple(paths),
    )
    _tell(order, _follow(Push(Settings(), order, token=hub.from_environment())), [], as_json=as_json)


def versions(
    repository: Repository,
    compare: Annotated[tuple[str, str] | None, typer.Option(metavar="OLD NEW", help="What two commits have not in common.")] = None,
    dataset: IsDataset = False,
    branch: Branch = hub.MAIN,
    as_json: AsJson = False,
) -> None:
    """The commits of a repository, newest first; or what happened between two of them."""
    settings, token, kind = Settings(), hub.from_environment(), "dataset" if dataset else "model"
    publish.check_repository(repository)
    if compare is not None:
        found = publish.compare(settings, kind, repository, *compare, token=token)
        if as_json:
            print_json({"added": found.added, "changed": found.changed, "removed": found.removed, "card": found.card})
            return
        for word, paths in (("added", found.added), ("changed", found.changed), ("removed", found.removed)):
            for path in paths:
                print_line(f"{word} {path}")
        for line in found.card:
            print_line(line)
        return
    known = publish.versions(settings, kind, repository, branch=branch, token=token)
    if as_json:
        print_json([{"commit": one.commit, "title": one.title, "author": one.author, "made": one.made} for one in known])
        return
    for one in known:
        print_line(f"{one.commit[:12]}  {f'{one.made:%Y-%m-%d %H:%M}' if one.made else ''}  {one.author}  {one.title}")


def _check_leaving(settings: Settings, packed: Packed) -> list[str]:
    """What was found that the author may judge; what must not leave ends it.

    Raises:
        NotAllowed: a token, or a path or a file's name in what tells of the files.
    """
    found = publish.findings(settings, packed.parcel, packed.names)
    stops = [one for one in found if one.stops]
    if stops:
        more = f", and {len(stops) - 1:,} more" if len(stops) > 1 else ""
        raise NotAllowed(
            "files without tokens, paths and names of your files", f"{stops[0].line()}{more}", "Take it out; nothing has left."
        )
    return [one.line() for one in found]


def _follow(push: Push) -> Sent:
    """Waits for the end, with progress.

    Raises:
        HubError: it failed.
    """
    try:
        while (now := push.wait(PROGRESS_SECONDS)).state == "running":
            print_note(f"{now.step or 'starting'} {now.file} {now.bytes_done / MEGABYTE:,.1f} of {now.bytes_total / MEGABYTE:,.1f} MB")
    except KeyboardInterrupt:
        push.stop()
        if push.in_doubt:
            print_note(
                f"The commit to {push.order.what} was on its way and may have arrived: look at the repository before you push again."
            )
        raise
    if now.error is not None:
        raise now.error
    return now


def _tell(order: Order, done: Sent, cautions: list[str], *, as_json: bool) -> None:
    outcome = done.outcome
    assert outcome is not None
    for caution in cautions:
        print_note(caution)
    if as_json:
        facts = {"repository": order.repository, "kind": order.kind, "commit": outcome.commit, "url": outcome.url}
        facts |= {"pull_request": outcome.pull_request or None, "files": list(order.files), "deleted": list(order.deletions)}
        print_json(facts | {"kept": list(done.kept), "bytes": done.bytes_total, "cautions": cautions})
        return
    print_line(f"{printable(order.what)}: commit {outcome.commit[:12]}, {len(order.files):,} files, {done.bytes_total / MEGABYTE:,.1f} MB")
    print_line(outcome.pull_request or outcome.url)
