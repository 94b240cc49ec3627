"""Sheetformer's services. Rooms import only from floors below them; nothing here imports streamlit."""
