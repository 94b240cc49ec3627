"""Models of the Hub that people know, offered by name and size where a network is needed. Sizes are those of the safetensors file."""

from __future__ import annotations

from core.schema import ModelEntry
from core.settings import MEGABYTE

# reference, title, task, megabytes, languages, summary
KNOWN = (
    (
        "distilbert/distilbert-base-uncased-finetuned-sst-2-english",
        "distilbert-sst2",
        "text-classification",
        268,
        ("en",),
        "Sentiment of English sentences: negative, positive.",
    ),
    (
        "nlptown/bert-base-multilingual-uncased-sentiment",
        "multilingual star ratings",
        "text-classification",
        669,
        ("en", "nl", "de", "fr", "it", "es"),
        "Product reviews in six languages, one to five stars.",
    ),
    ("dslim/bert-base-NER", "bert-base-NER", "token-classification", 433, ("en",), "People, places, organisations and others in English."),
    (
        "distilbert/distilbert-base-cased-distilled-squad",
        "distilbert-squad",
        "question-answering",
        261,
        ("en",),
        "Answers from an English text.",
    ),
    (
        "facebook/bart-large-mnli",
        "bart-large-mnli",
        "zero-shot-classification",
        1_630,
        ("en",),
        "Your own labels, judged sentence by sentence: slow and more exact than embeddings.",
    ),
    (
        "sentence-transformers/all-MiniLM-L6-v2",
        "all-MiniLM-L6-v2",
        "feature-extraction",
        91,
        ("en",),
        "Embeddings of English texts, 384 numbers each.",
    ),
    ("google/flan-t5-small", "flan-t5-small", "text2text-generation", 308, ("en",), "Follows short instructions in English."),
    ("distilbert/distilroberta-base", "distilroberta", "fill-mask", 331, ("en",), "Fills a blank in an English sentence."),
    ("google-t5/t5-small", "t5-small", "summarization", 242, ("en",), "Short English summaries."),
    ("google-t5/t5-small", "t5-small", "translation", 242, ("en", "fr", "ro", "de"), "English to French, Romanian and German."),
    ("openai-community/gpt2", "gpt2", "text-generation", 548, ("en",), "Continues an English text."),
)


def known_repositories() -> tuple[str, ...]:
    """Repositories that people know, and that others may imitate."""
    return tuple(dict.fromkeys(reference for reference, *_ in KNOWN))


def hub_entries() -> list[ModelEntry]:
    """One entry per model and task. None of them is looked up: the list works without a network."""
    return [
        ModelEntry(
            reference=reference,
            title=title,
            tasks=[task],
            languages=list(languages),
            size_bytes=megabytes * MEGABYTE,
            needs_hub=True,
            summary=f"Needs the Hub: {title}, {megabytes} MB. {summary}",
        )
        for reference, title, task, megabytes, languages, summary in KNOWN
    ]
