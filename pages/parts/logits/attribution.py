"""What moved a number of the model: a value for each word or token, by a method of the user's choice. No method reads attention."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import pandas as pd
import streamlit as st

from core import charts
from core.inspect.attribution.methods import Choices, Cost, Limits, method_named
from core.schema import LookSpec
from pages.parts import address, numbers
from pages.parts.choices import role_picker
from pages.parts.figures import draw
from pages.parts.frames import grid
from pages.parts.logits import attribution_text, looking
from pages.parts.text import count, duration, option, plain
from pages.parts.visit import Visit, errors_shown

LEVELS = MappingProxyType({"word": "Words", "token": "Tokens"})
SCALARS = MappingProxyType({"logit": "Logit", "log-probability": "Log-probability"})
HIDINGS = MappingProxyType({"replace": "Replaced by a stand-in", "remove": "Taken out of the text"})
BASELINES = MappingProxyType(
    {
        "mask": "A text of mask tokens",
        "zero": "Embeddings of zeros",
        "unknown": "A text of unknown tokens",
        "padding": "A text of padding tokens",
    }
)
GOOD = 0.01  # from which completeness error on a reader is warned
WIDTHS, ORDERS = (2, 10, 3), (4, 200, 20)
ASKED = "attribution-asked"
OPEN, ON = "attribution", "on"
DONE = "computed"  # in the address: for which choices a dear method was started
CHOICES = ("explained", "units", "scalar", "baseline", "hiding", "width", "orders")
"""Names of the choices in the address, where each stands unless it is the usual one."""
HELP = "A value for each word: by hiding words, or by following gradients. No method reads attention weights."


def show(visit: Visit, look: LookSpec) -> str:
    """A switch; behind it method, target and units, the text with its values, the strongest words, and how far to trust the numbers.

    Returns:
        The method, where its values are drawn and every other choice is the usual one; else nothing.
    """
    address.take("attribution-open", OPEN, _read_on, False)
    opened = st.toggle("What moved the answer", key="attribution-open", help=HELP)
    address.put(OPEN, *([ON] if opened else []))
    if not opened:
        address.put(DONE)
        return ""
    with errors_shown():
        facts = looking.ask(visit, "attribution_targets", look)
        arguments = _choose(facts)
        why_not = next(method["why_not"] for method in facts["methods"] if method["name"] == arguments["method"])
        with st.container(horizontal=True, vertical_alignment="center"):
            with st.popover("More choices", icon=":material/tune:"):
                arguments |= _more(arguments, facts)
            cost = _cost(visit, facts, arguments)
            wanted = not why_not and _wanted(visit, look, cost, arguments)
            st.caption(f"Here {cost.words}.", width="content")
        if why_not:
            st.info(f"{why_not} The other methods need none.", icon=":material/info:")
        elif wanted:
            _draw(visit, looking.ask(visit, "attribution", look, **arguments))
            return "" if any(name in st.query_params for name in CHOICES) else arguments["method"]
    return ""


def _read_on(text: str) -> bool:
    if text != ON:
        raise ValueError(text)
    return True


def _choose(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of the view; those that matter most in a line, the rest behind a button."""
    methods = {method["name"]: method for method in facts["methods"]}
    targets = {target["id"]: target for target in facts["targets"]}
    first, second, third = st.columns([2, 2, 1], vertical_alignment="bottom")
    with first:
        method = methods[_pick("method", "Method", {name: one["title"] for name, one in methods.items()})]
    with second:
        target = targets[_pick("explained", "What is explained", {name: _named(one) for name, one in targets.items()})]
    with third:
        level = _pick("units", "Units", {name: f"{LEVELS[name]} ({facts['units'][name]:,})" for name in LEVELS})
    paper = f"[{plain(method['paper'], 200)}]({method['url']})"
    st.caption(f"{method['idea']} It costs {method['cost']}. From {paper}.")
    return {"method": method["name"], "level": level, "target": target["id"]}


def _more(arguments: Mapping[str, Any], facts: Mapping[str, Any]) -> dict[str, Any]:
    """What only some methods read."""
    method, target = arguments["method"], next(one for one in facts["targets"] if one["id"] == arguments["target"])
    more: dict[str, Any] = {}
    if len(target["scalars"]) > 1:
        more["scalar"] = _pick("scalar", "The number", {name: SCALARS.get(name, name) for name in target["scalars"]})
    if method == "integrated-gradients":
        more["baseline"] = _pick("baseline", "An empty text is", {name: BASELINES[name] for name in facts["baselines"]})
    elif method != "gradient-x-input":
        more["hiding"] = _pick("hiding", "Hidden words are", {name: HIDINGS[name] for name in facts["hidings"]})
    if method == "span-occlusion":
        more["width"] = int(_number("width", "Words hidden at once", *WIDTHS))
    if method == "shapley":
        more["orders"] = int(_number("orders", "Random orders", *ORDERS))
    if not more:
        st.caption("This method has no more choices.")
    return more


def _pick(name: str, label: str, options: Mapping[str, str]) -> str:
    """A select box whose choice is in the address, unless it is the first one."""
    key, known = f"attribution-{name}", list(options)
    if st.session_state.get(key) not in [None, *known]:  # the text has changed, and what was chosen is not in it
        del st.session_state[key]
    if st.query_params.get(name) in known:
        address.take(key, name, str)
    chosen = st.selectbox(label, known, format_func=lambda one: option(options[one]), key=key)
    address.put(name, *([chosen] if chosen != known[0] else []))
    return chosen


def _number(name: str, label: str, low: int, high: int, usual: int) -> int:
    key = f"attribution-{name}"
    address.take(key, name, lambda text: min(max(int(text), low), high), usual)
    chosen = int(st.number_input(label, low, high, key=key))
    address.put(name, *([str(chosen)] if chosen != usual else []))
    return chosen


def _named(target: Mapping[str, Any]) -> str:
    value = target["value"]
    if value is None:
        return target["title"]
    return f"{target['title']} · {value:.1%}" if "log-probability" in target["scalars"] else f"{target['title']} · {value:.3g}"


def _cost(visit: Visit, facts: Mapping[str, Any], arguments: Mapping[str, Any]) -> Cost:
    """What the method takes with these choices; for a target that reads less of the text it takes less."""
    choices = Choices(**{name: arguments[name] for name in ("width", "orders") if name in arguments})
    return method_named(arguments["method"]).cost(facts["units"][arguments["level"]], choices, Limits.of(visit.settings))


def _wanted(visit: Visit, look: LookSpec, cost: Cost, arguments: Mapping[str, Any]) -> bool:
    """Whether to compute now: what is cheap at once, the rest when its button is pressed, until something else is chosen.

    A link to what was computed computes it again: it names the choices and the row by their hash.
    """
    if max(cost.forward, cost.most) <= visit.settings.attribution_quick_passes:
        address.put(DONE)
        return True
    asked = hashlib.sha256(json.dumps([look.fingerprint(), arguments], sort_keys=True).encode()).hexdigest()[:16]
    address.take(ASKED, DONE, str, "")
    pressed = st.session_state[ASKED] != asked and st.button(
        "Compute", icon=":material/play_arrow:", key="attribution-compute", type="primary"
    )
    if pressed:
        st.session_state[ASKED] = asked
    wanted = st.session_state[ASKED] == asked
    address.put(DONE, *([asked] if wanted else []))
    return bool(wanted)


def _draw(visit: Visit, found: Mapping[str, Any]) -> None:
    units = found["units"]
    attribution_text.show(found["texts"], units)
    figure = charts.attribution_bars(
        [unit["text"] for unit in units],
        [unit["value"] for unit in units],
        what=found["what"],
        errors=[unit["error"] for unit in units],
    )
    draw(figure, "attribution-bars")
    st.caption("  \n".join(f"{icon} {plain(sentence, 600)}" for icon, sentence in trust(found)))
    frame = table(units)
    with st.expander("Numbers", icon=":material/table:"):
        grid(frame, alt=f"The value of {count(len(units), 'word')}.", limit=visit.settings.max_shown_characters)
        numbers.offer(frame, f"attribution-{found['method']}")


def trust(found: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What the numbers are worth: an icon and a sentence each. Not escaped."""
    number = f"The {found['what']} is {_signed(found['value'])} for the whole text"
    number += "." if found["without"] is None else f" and {_signed(found['without'])} for one without any of its words."
    said = [(":material/info:", number)]
    if found["completeness_error"] is not None:
        off = found["completeness_error"]
        words = f"The values add up to {_signed(found['total'])}; the difference is {_signed(found['value'] - found['without'])}: "
        words += f"a completeness error of {off:.2%}, with {found['effort']}."
        rough = f"{words} Above 1 %: read the values as rough."
        said.append((":material/check_circle:", words) if off < GOOD else (":material/warning:", rough))
    elif found["sampling_error"] == 0:
        said.append((":material/check_circle:", f"From {found['effort']}."))
    elif found["sampling_error"] is not None:
        words = f"Sampled: {found['effort']}. The largest standard error of a value is {found['sampling_error']:.2g}."
        said.append((":material/casino:", words))
    else:
        said.append((":material/info:", f"From {found['effort']}: nothing promises that the values add up to anything."))
    passes = count(found["forward_passes"], "forward pass", "forward passes")
    passes += f" and {found['backward_passes']:,} backward" if found["backward_passes"] else ""
    hidden = f"; {found['hidden']}" if found["hidden"] else ""
    said.append((":material/timer:", f"It took {passes}, {duration(found['seconds'])}{hidden}."))
    return said + [(":material/info:", note) for note in found["notes"]]


def table(units: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Every unit in the order of the text."""
    columns: dict[str, list[Any]] = {
        "Text": [role_picker.ROLE_WORDS.get(unit["cell"], unit["cell"]) for unit in units],
        "Word": [unit["text"] for unit in units],
        "From": [unit["start"] for unit in units],
        "To": [unit["end"] for unit in units],
        "Value": [unit["value"] for unit in units],
    }
    if any(unit["error"] is not None for unit in units):
        columns["Standard error"] = [unit["error"] for unit in units]
    frame = pd.DataFrame(columns)
    return frame if frame["Text"].nunique() > 1 else frame.drop(columns="Text")


def _signed(value: float) -> str:
    return f"{value:.3g}".replace("-", "−")
