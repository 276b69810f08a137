"""A run over as many processes as asked for; started as a program, since each process runs it from its beginning.

python two_processes.py OUT PROCESSES BATCH
"""

import json
import sys
from pathlib import Path

from fake_parts import parts, request

from models.request import Progress
from models.trainer import Trainer

STEPS = 6


def main(out: Path, processes: int, batch: int) -> None:
    losses: list[float] = []

    def note(progress: Progress) -> None:
        losses.append(progress.loss)

    words = request(
        out,
        steps=STEPS,
        batch=batch,
        devices=processes,
        evaluate_every=3,
        adversarial=0.1,
        adversarial_from=0.3,
    )
    trainer = Trainer(words, parts(batch=batch))
    trainer.run(note)
    if trainer.first:
        (out / "losses.json").write_text(json.dumps(losses))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
