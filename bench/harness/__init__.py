"""The parts of the benchmark; ../run puts them together."""

import pathlib
import sys

# What the proofs have already: how the program is found, started and refreshed.
sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent.parent / "scripts"))
