"""What tokenizers make of texts. ``?model=`` in the address chooses one or several, ``?tab=`` the view."""

from pages.parts import address, visit
from pages.parts.tabs import tabs
from pages.parts.tokens import chat, column, picker, text, vocabulary

here = visit.begin("Tokens", "What a model reads in the place of your text: pieces of words, each with a number.")

VIEWS = {
    column.TEXT_TAB: text.show,
    "Column": column.show,
    "Vocabulary": vocabulary.show,
    "Chat template": chat.show,
}

chosen = picker.pick(here)
address.say_what_was_left_out()
if chosen is not None:
    for name, shelf in tabs(list(VIEWS), key=column.VIEW, parameter="tab").items():
        if shelf.open:
            with shelf:
                VIEWS[name](here, chosen)
