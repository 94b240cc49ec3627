"""Page config and navigation only: the overview is the default page.

Under plain ``streamlit run Home.py`` the very first visitor of a server who follows a link to a page sees Streamlit's "Page not found"
over it: the folder pages/ is taken for its old kind of navigation until this file has run once, and nothing in here runs before.
serve.py settles that before the first visitor.
"""

from pathlib import Path

import streamlit as st

from pages.parts import links, visit

# The icon is a file of ours and comes before st.navigation: a Material icon would be fetched from Google by the browser.
st.set_page_config(page_icon=str(Path(__file__).with_name("pages") / "parts" / "icon.png"), layout="wide")
visit.keep_serving()

page = st.navigation(
    {
        "": [st.Page(links.OVERVIEW, title="Overview", icon=":material/home:", default=True)],
        "Data": [
            st.Page(links.TABLES, title="Tables", icon=":material/table:", url_path="tables"),
            st.Page(links.HUB, title="Hub", icon=":material/cloud_download:", url_path="hub"),
        ],
        "Models": [
            st.Page(links.BATCH, title="Batch inference", icon=":material/label:", url_path="batch"),
            st.Page(links.FINETUNE, title="Fine-tune", icon=":material/school:", url_path="finetune"),
            st.Page(links.ADAPTERS, title="Adapters", icon=":material/extension:", url_path="adapters"),
            st.Page(links.DEMOS, title="Demos", icon=":material/slideshow:", url_path="demos"),
        ],
        "Look closer": [
            st.Page(links.TOKENS, title="Tokens", icon=":material/data_array:", url_path="tokens"),
            st.Page(links.LOGITS, title="Logits", icon=":material/query_stats:", url_path="logits"),
            st.Page(links.METRICS, title="Metrics", icon=":material/monitoring:", url_path="metrics"),
            st.Page(links.COMPARE, title="Compare", icon=":material/compare_arrows:", url_path="compare"),
        ],
        "Together": [
            st.Page(links.PUBLISH, title="Publish", icon=":material/cloud_upload:", url_path="publish"),
            st.Page(links.DASHBOARDS, title="Dashboards", icon=":material/dashboard:", url_path="dashboards"),
        ],
        "Server": [
            st.Page(links.JOBS, title="Jobs", icon=":material/list_alt:", url_path="jobs"),
            st.Page(links.PLACE, title="This place", icon=":material/dns:", url_path="place"),
        ],
    },
    position="hidden" if visit.in_another_page() else "sidebar",
)
st.set_page_config(page_title=f"{page.title} · Sheetformer")
page.run()
