"""Attribution without attention: how much each word or token moved a number that a model gave.

Nothing here reads attention weights, so that every architecture with the class can be asked, those without attention too. A
:mod:`subject <core.inspect.attribution.subjects>` says, for a task, which numbers can be explained and what the model reads; a
:mod:`method <core.inspect.attribution.methods>` gives each unit of the text its share; an
:class:`asker <core.inspect.attribution.asking.Asker>` stands between them and the model.
"""

from core.inspect.attribution.view import attribution, attribution_targets

__all__ = ["attribution", "attribution_targets"]
