"""The methods: one file each, one face."""

from core.errors import BadInput
from core.inspect.attribution.methods.base import Attributed, Choices, Cost, Limits, Method
from core.inspect.attribution.methods.gradient import GradientTimesInput
from core.inspect.attribution.methods.integrated import IntegratedGradients
from core.inspect.attribution.methods.leave_one_out import LeaveOneOut
from core.inspect.attribution.methods.occlusion import SpanOcclusion
from core.inspect.attribution.methods.shapley import SampledShapley

METHODS: tuple[Method, ...] = (LeaveOneOut(), SpanOcclusion(), GradientTimesInput(), IntegratedGradients(), SampledShapley())
"""Every method, the plainest first."""


def method_named(name: str) -> Method:
    """The method of this name.

    Raises:
        BadInput: there is none.
    """
    for method in METHODS:
        if method.name == name:
            return method
    raise BadInput(f"one of the methods {', '.join(method.name for method in METHODS)}", repr(name[:60]), "Choose one of these.")


__all__ = ["METHODS", "Attributed", "Choices", "Cost", "Limits", "Method", "method_named"]
