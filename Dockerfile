# Sheetformer as a Docker Space, or as a container anywhere: docs/deploy.md.
FROM python:3.11-slim

# Spaces run containers as user 1000.
RUN useradd --create-home --uid 1000 user

WORKDIR /app
COPY requirements.txt constraints.txt ./

# PyTorch's own builds for processors: without CUDA's libraries the image is several gigabytes smaller. For a Space with a GPU, pass
# another address (https://pytorch.org/get-started/locally/).
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
RUN pip install --no-cache-dir --index-url "$TORCH_INDEX" "$(grep -oE '^torch==[^ ]+' requirements.txt)"
RUN pip install --no-cache-dir -r requirements.txt -c constraints.txt

COPY Home.py serve.py ./
COPY .streamlit/config.toml .streamlit/config.toml
COPY sample sample
COPY pages pages
COPY core core

# From here on nothing of the image can be written but the user's home. Data goes to /data where a Space mounts a storage there.
USER user
ENV HOME=/home/user \
    PYTHONUNBUFFERED=1 \
    STREAMLIT_SERVER_ADDRESS=0.0.0.0 \
    STREAMLIT_SERVER_PORT=7860
EXPOSE 7860
CMD ["streamlit", "run", "serve.py"]
