"""How the reader is tuned. Needs the extra ``reader-train``; nothing else of training does."""

import os

# Before PyTorch starts its threads: those that spin while they wait stall each other wherever others work too.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
