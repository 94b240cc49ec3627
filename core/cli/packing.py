"""What ``hub push`` sends: the files of an adapter, a whole model or a result, and their card."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from core import models, publish
from core.cli.output import print_note
from core.errors import BadInput, SheetformerError
from core.inference.memory import check_fits
from core.publish import About, Parcel, personal
from core.runs import open_run
from core.schema import FinetuneSpec, ModelReference, PredictSpec, base_of, is_id
from core.settings import Settings
from core.workspaces import LOCAL


@dataclass(frozen=True)
class Packed:
    """Files that are ready, their card, and names of the user's files behind them."""

    parcel: Parcel
    card: str
    names: tuple[str, ...]


def packed_for(
    settings: Settings, what: str, about: About, *, merged: bool, leave_out: tuple[str, ...], mask: bool, as_it_is: bool
) -> Packed:
    """The files of a thing and its card."""
    if is_id(what):
        return _packed_result(settings, what, about, leave_out, mask=mask, as_it_is=as_it_is)
    reference = ModelReference.parse(what if ":" in what else f"adapter:{what}")
    if leave_out or mask:
        raise BadInput("the id of a run with --leave-out or --mask", what, "Models have no columns.")
    if reference.kind == "local" and not merged:
        source = publish.own_model_folder(settings, LOCAL, reference.name)
        parcel = publish.pack_whole(settings, LOCAL, str(reference), source)
        return Packed(parcel, publish.model_card(settings, parcel.folder, about), _names(settings, source))
    if reference.kind != "adapter":
        raise BadInput("adapter:NAME, local:NAME or the id of a run", what, "Choose one that was made here.")
    source = models.own_adapter_folder(settings, LOCAL, reference)
    parcel = _merge(settings, reference) if merged else publish.pack_adapter(settings, LOCAL, reference.name)
    written = source if merged else None
    return Packed(parcel, publish.model_card(settings, parcel.folder, about, written=written), _names(settings, source))


def _merge(settings: Settings, reference: ModelReference) -> Parcel:
    files = models.resolve(settings, str(reference), LOCAL)
    check_fits(settings, files, "fp32")
    print_note(f"Merging {reference}")
    with TemporaryDirectory(prefix="sheetformer-") as folder:
        whole = Path(folder) / "model"
        models.write_whole(files, whole)
        return publish.pack_whole(settings, LOCAL, str(reference), whole)


def _packed_result(settings: Settings, run_id: str, about: About, leave_out: tuple[str, ...], *, mask: bool, as_it_is: bool) -> Packed:
    """A result, once something has been decided about personal data in it."""
    run = publish.result_of(settings, LOCAL, run_id)
    leaving = [name for name in publish.columns_of(run) if name not in leave_out]
    report = None if as_it_is else personal.look(settings, run.result_path, leaving)
    findings = report.findings if report else ()
    if findings and not mask:
        said = "; ".join(one.title for one in findings[:5])
        raise BadInput("cells without personal data", said, "Use --leave-out COLUMN, --mask, or --as-is.")
    for sentence in report.words() if report else ():
        print_note(sentence)
    masked = tuple(dict.fromkeys(one.column for one in findings))
    parcel = publish.pack_result(settings, LOCAL, run_id, leave_out=leave_out, masked=masked, mask=personal.masked)
    spec = run.spec()
    names = (spec.table.name,) if isinstance(spec, PredictSpec) else ()
    return Packed(parcel, publish.data_card(parcel.folder, run, about), names)


def _names(settings: Settings, folder: Path) -> tuple[str, ...]:
    """Names of the tables that it was tuned on, where its run is here."""
    run = models.adapter_facts(settings, folder).run
    try:
        spec = open_run(settings, run).spec() if run else None
    except SheetformerError:
        return ()
    one = base_of(spec)
    return tuple(source.name for source in (one.table, one.validation) if source) if isinstance(one, FinetuneSpec) else ()
