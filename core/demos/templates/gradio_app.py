"""The demo as a page of Gradio: `python app.py`. The model and its answers are in answering.py, every name and text in demo.json."""

from __future__ import annotations

import html
import os
from collections.abc import Callable
from typing import Any, NamedTuple

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # before the import, which reads it

import answering
import gradio as gr
from answering import DEMO

FONTS = {"font": ["system-ui", "sans-serif"], "font_mono": ["ui-monospace", "monospace"]}  # none is fetched from elsewhere
THEME = gr.themes.Default(primary_hue="teal", **FONTS)


class Form(NamedTuple):
    """What a task asks for, what it shows, and the function between."""

    inputs: list[Any]
    outputs: list[Any]
    answer: Callable[..., Any]


def text_box(label: str, lines: int = 4) -> gr.Textbox:
    return gr.Textbox(label=label, lines=lines)


def lines_of(text: str) -> list[str]:
    """The lines of a box that are not empty, each once."""
    return list(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))


def classification() -> tuple[list[Any], Callable[[], Form]]:
    inputs = [text_box("Text"), *([text_box("Second text", 2)] if DEMO["pair"] else [])]

    def shown() -> Form:
        if DEMO["problem_type"] == "regression":
            return Form(inputs, [gr.JSON(label="Answer")], answering.classify)
        if DEMO["problem_type"] != "multi_label_classification":
            return Form(inputs, [gr.Label(label="Labels")], lambda *texts: answering.classify(*texts) if texts[0].strip() else {})

        def several(*texts: str) -> tuple[dict[str, float], str]:
            scores = answering.classify(*texts) if texts[0].strip() else {}
            return scores, "; ".join(answering.chosen_labels(scores)) if scores else ""

        return Form(inputs, [gr.Label(label="Scores", num_top_classes=10), gr.Textbox(label="Predicted")], several)

    return inputs, shown


def entities() -> tuple[list[Any], Callable[[], Form]]:
    inputs = [text_box("Text", 6)]

    def answer(text: str) -> tuple[dict[str, Any], list[list[Any]]]:
        found = answering.entities(text)
        rows = [[text[one["start"] : one["end"]], one["entity"], round(one["score"], 4)] for one in found]
        return {"text": text, "entities": found}, rows

    def shown() -> Form:
        marked = gr.HighlightedText(label="Found")
        table = gr.Dataframe(label="Entities", headers=["text", "entity", "score"], datatype=["str", "str", "number"], interactive=False)
        return Form(inputs, [marked, table], answer)

    return inputs, shown


def question_answering() -> tuple[list[Any], Callable[[], Form]]:
    inputs = [text_box("Question", 1), text_box("Text", 8)]

    def answer(question: str, context: str) -> tuple[str, dict[str, Any], list[list[Any]]]:
        found = answering.answers(question, context)
        marked = [{"entity": "answer", "start": one["start"], "end": one["end"]} for one in found[:1]]
        rows = [[one["text"], round(one["score"], 4)] for one in found]
        return (found[0]["text"] if found else "", {"text": context, "entities": marked}, rows)

    def shown() -> Form:
        best, place = gr.Textbox(label="Answer"), gr.HighlightedText(label="Its place", show_legend=False)
        table = gr.Dataframe(label="Likeliest answers", headers=["answer", "score"], datatype=["str", "number"], interactive=False)
        return Form(inputs, [best, place, table], answer)

    return inputs, shown


def writing() -> tuple[list[Any], Callable[[], Form]]:
    """Generation, summaries, translation: a text or the columns of a prompt template in, a text out."""
    texts = [text_box(column, 3) for column in DEMO["columns"]] or [text_box("Prompt" if DEMO["task"] == "text-generation" else "Text", 8)]
    if DEMO["auto_class"] == "AutoModel":
        return texts, lambda: Form(texts, [gr.Textbox(label="Central sentences of the text", lines=5)], answering.central)
    pairs = list(DEMO["prefixes"])
    choice = [gr.Dropdown(pairs, value=pairs[0], label="What to do")] if len(pairs) > 1 else []
    words = gr.Slider(1, max(DEMO["new_tokens"], 200), value=DEMO["new_tokens"], step=1, label="Most new tokens")
    draw = gr.Checkbox(label="Draw by chance")

    def answer(*values: Any) -> str:
        *given, most, by_chance = values
        prefix = DEMO["prefixes"].get(given.pop() if choice else pairs[0] if pairs else "", "")
        prompt = answering.prompt_of(given) if DEMO["template"] else given[0]
        return answering.write(prompt, prefix=prefix, words=int(most), draw=by_chance)

    return texts, lambda: Form([*texts, *choice, words, draw], [gr.Textbox(label="Answer", lines=8)], answer)


def masks() -> tuple[list[Any], Callable[[], Form]]:
    inputs = [text_box("Text with a gap: ___", 2)]
    return inputs, lambda: Form(inputs, [gr.Label(label="Words that fit")], answering.fill)


def own_labels() -> tuple[list[Any], Callable[[], Form]]:
    inputs = [text_box("Text"), text_box("Your labels, one on each line")]
    several = gr.Checkbox(label="Several labels may fit")

    def answer(text: str, labels: str, any_number: bool) -> dict[str, float]:
        return answering.sort_by_labels(text, lines_of(labels), several=any_number)

    return inputs, lambda: Form([*inputs, several], [gr.Label(label="Labels")], answer)


def similarity() -> tuple[list[Any], Callable[[], Form]]:
    inputs = [text_box("Text", 2), text_box("Texts to compare it with, one on each line", 6)]

    def answer(text: str, others: str) -> list[list[Any]]:
        return [[other, round(cosine, 4)] for other, cosine in answering.similar(text, lines_of(others))]

    def shown() -> Form:
        headers, kinds = ["text", "similarity"], ["str", "number"]
        return Form(
            inputs, [gr.Dataframe(label="Most similar first", headers=headers, datatype=kinds, wrap=True, interactive=False)], answer
        )

    return inputs, shown


FORMS = {
    "text-classification": classification,
    "token-classification": entities,
    "question-answering": question_answering,
    "fill-mask": masks,
    "zero-shot-classification": own_labels,
    "feature-extraction": similarity,
}


def heading() -> str:
    """Title, summary and limits as text: whatever stands in them is shown and not obeyed."""
    limits = "".join(f"<li>{html.escape(limit)}</li>" for limit in DEMO["limits"])
    known = f"<details><summary>Limits</summary><ul>{limits}</ul></details>" if limits else ""
    return f"<h1>{html.escape(DEMO['title'])}</h1><p>{html.escape(DEMO['summary'])}</p>{known}"


def build() -> gr.Blocks:
    """Inputs and examples at the left, answers at the right; on a phone one under the other."""
    with gr.Blocks(title=DEMO["title"], analytics_enabled=False) as page:
        gr.HTML(heading())
        with gr.Row():
            with gr.Column():
                texts, shown = FORMS.get(DEMO["task"], writing)()
                button = gr.Button("Answer", variant="primary")
            with gr.Column():
                form = shown()
        if DEMO["examples"]:
            gr.Examples(DEMO["examples"], texts, cache_examples=False)
        button.click(form.answer, form.inputs, form.outputs, api_name="answer")
    return page


page = build()

if __name__ == "__main__":
    page.launch(theme=THEME, share=False, show_error=True, run_history=False, footer_links=["gradio"])
