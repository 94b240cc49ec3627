"""What tokenizers make of texts: places of tokens, columns, vocabularies, chat templates. Importing it loads no model library."""

from core.inspect.tokens.reader import AUTO, Reader, Shelf, open_reader
from core.inspect.tokens.shapes import Chat, ColumnTokens, Matches, TextTokens, Token
from core.inspect.tokens.views import VIEWS, show

__all__ = ["AUTO", "VIEWS", "Chat", "ColumnTokens", "Matches", "Reader", "Shelf", "TextTokens", "Token", "open_reader", "show"]
