"""What tokenizers make of texts. ``?model=`` in the address chooses one or several, ``?tab=`` the view."""

from pages.parts import address, tokens_chat, tokens_column, tokens_picker, tokens_text, tokens_vocabulary, visit
from pages.parts.tabs import tabs

here = visit.begin("Tokens", "What a model reads in the place of your text: pieces of words, each with a number.")

VIEWS = {
    tokens_column.TEXT_TAB: tokens_text.show,
    "Column": tokens_column.show,
    "Vocabulary": tokens_vocabulary.show,
    "Chat template": tokens_chat.show,
}

chosen = tokens_picker.pick(here)
address.say_what_was_left_out()
if chosen is not None:
    for name, shelf in tabs(list(VIEWS), key=tokens_column.VIEW, parameter="tab").items():
        if shelf.open:
            with shelf:
                VIEWS[name](here, chosen)
