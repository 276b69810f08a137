"""What the networks run on, and with which numbers."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

_RUNS = "What it runs on"

Provider = Literal["auto", "tensorrt", "cuda", "directml", "openvino", "coreml", "cpu"]
Precision = Literal["auto", "int8", "fp16", "fp32"]

ProviderOption = Annotated[
    Provider,
    typer.Option(
        "--provider",
        metavar="NAME",
        help="auto (measures once what is fastest here), cpu, cuda, tensorrt (takes minutes the first time), directml, "
        "openvino or coreml. `thespis devices` says which can be used.",
        rich_help_panel=_RUNS,
    ),
]
PrecisionOption = Annotated[
    Precision,
    typer.Option(
        "--precision",
        metavar="P",
        help="The numbers it computes with: auto, int8, fp16 or fp32.",
        rich_help_panel=_RUNS,
    ),
]
