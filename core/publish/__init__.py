"""Publishing on the Hub: cards, what leaves and a last look at it, pushes that can be stopped and gone on with, versions."""

from core.publish.about import LICENCES, About
from core.publish.data_card import data_card
from core.publish.leaving import Finding, findings, in_card, in_files
from core.publish.model_card import model_card
from core.publish.order import Kind, Order, check_branch, check_path, check_repository
from core.publish.parcel import Parcel, own_model_folder, pack_adapter, pack_file, pack_whole
from core.publish.pushing import Outcome, Push, Pushes, Sent
from core.publish.result import columns_of, pack_result, result_of
from core.publish.versions import Differences, State, Stored, Version, compare, state, versions
from core.publish.writing import check_card

__all__ = [
    "LICENCES",
    "About",
    "Differences",
    "Finding",
    "Kind",
    "Order",
    "Outcome",
    "Parcel",
    "Push",
    "Pushes",
    "Sent",
    "State",
    "Stored",
    "Version",
    "check_branch",
    "check_card",
    "check_path",
    "check_repository",
    "columns_of",
    "compare",
    "data_card",
    "findings",
    "in_card",
    "in_files",
    "model_card",
    "own_model_folder",
    "pack_adapter",
    "pack_file",
    "pack_result",
    "pack_whole",
    "result_of",
    "state",
    "versions",
]
