"""The network that is tuned: a small pretrained encoder, and above it each output with its attention over clauses."""

from pathlib import Path
from typing import Final

import torch
from torch import Tensor, nn
from transformers import BertConfig, BertModel
from transformers.utils import logging as transformers_log

OUTPUTS: Final = 5
"""The four factors, then the derived class."""

_DROPPED: Final = 0.1


class ReaderNetwork(nn.Module):
    """Encoder, then for each output: logit = score of the whole + attended score of the clauses.

    A clause's vector is the mean of its pieces as the encoder sees them in their window. Attention (Ilse, Tomczak and
    Welling 2018, arXiv 1802.04712) lets the one clause that matters decide; the whole is the mean over all pieces.
    """

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        self.encoder = BertModel(config, add_pooling_layer=False)
        self.dropout = nn.Dropout(_DROPPED)
        self.whole = nn.Linear(config.hidden_size, OUTPUTS)
        self.clause = nn.Linear(config.hidden_size, OUTPUTS, bias=False)
        self.attention = nn.Linear(config.hidden_size, OUTPUTS, bias=False)
        for layer in (self.whole, self.clause, self.attention):
            nn.init.normal_(layer.weight, std=0.02)
        nn.init.zeros_(self.whole.bias)

    def forward(self, ids: Tensor, mask: Tensor, pool: Tensor, share: Tensor) -> Tensor:
        """Logits (narratives × 5). Shapes as in ``model.reader.pieces.Pieces``."""
        states = self.encoder(input_ids=ids, attention_mask=mask).last_hidden_state
        clauses = self.dropout(pool @ states.reshape(-1, states.shape[-1]).to(pool.dtype))
        belongs = (share > 0).to(clauses.dtype)
        weight = torch.exp(8.0 * torch.tanh(self.attention(clauses) / 8.0))
        attended = (belongs @ (weight * self.clause(clauses))) / (belongs @ weight)
        return self.whole(share @ clauses) + attended


def pretrained(folder: Path) -> ReaderNetwork:
    """The network on the pretrained encoder of a folder (``config.json`` and ``model.safetensors``)."""
    transformers_log.set_verbosity_error()  # it would report that the base's pooler, which is not used, is left out
    transformers_log.disable_progress_bar()
    config = BertConfig.from_pretrained(folder, local_files_only=True)
    network = ReaderNetwork(config)
    network.encoder = BertModel.from_pretrained(folder, add_pooling_layer=False, local_files_only=True)
    return network


def freeze(network: ReaderNetwork, layers: int) -> None:
    """Keep the embeddings and so many of the lowest layers as they are."""
    frozen = [network.encoder.embeddings, *network.encoder.encoder.layer[:layers]]
    for module in frozen:
        for parameter in module.parameters():
            parameter.requires_grad_(False)
