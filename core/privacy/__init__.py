"""Personal data in texts: found before something leaves this machine, and masked on request. Models are asked through the caller."""

from core.privacy.check import Finding, Names, PersonalDataReport, check_columns
from core.privacy.found import KINDS, Kind, Place, find, mask

__all__ = ["KINDS", "Finding", "Kind", "Names", "PersonalDataReport", "Place", "check_columns", "find", "mask"]
