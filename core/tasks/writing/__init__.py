"""How models write texts, and what is done with texts before and after: templates, languages, sentences."""
