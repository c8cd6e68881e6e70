"""Two chairs, one practice, eight processes, a server that is killed: `make practice`.

Every insertion is delivered, then delivered again by processes that do not ask what is there; the
server is killed and started anew in between, again and again. At the end the practice must have
each insertion exactly once, and both chains must verify.
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import signal
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psycopg
from sqlalchemy import func, select, update

from tests.postgres import Cluster, cluster
from tests.practice_again import send_again
from tests.practice_chairs import chair_store, fill, syncing
from tests.processes import wait_for
from torquemon.record import outbox
from torquemon.record.models import CONTENT, Base, Entry, Insertion, Outbox, Salt
from torquemon.record.practice import Practice
from torquemon.record.store import Store
from torquemon.record.verify import verify_chain

CHAIRS: Final = 2
EACH: Final = 4
_TABLES: Final[tuple[type[Base], ...]] = (Entry, Salt, *CONTENT)
_WAIT_S: Final = 900.0
_STANDING: Final = (
    "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'verdict'::regclass"
)


@dataclass(frozen=True, slots=True)
class Told:
    """What a campaign found."""

    insertions: int
    kills: int
    kills_again: int
    rows_before: dict[str, int]
    rows_after: dict[str, int]
    problems: list[str]
    heads_agree: bool
    processes: int
    seconds: float

    def lines(self, wanted: int) -> list[str]:
        """What is printed."""
        same = "the same" if self.rows_before == self.rows_after else "OTHER"
        rows = sum(self.rows_after.values())
        agree = "yes" if self.heads_agree else "NO"
        return [
            f"insertions at the chairs {wanted}, at the practice {self.insertions}",
            f"server killed: {self.kills} times in the first delivery, {self.kills_again} later",
            f"rows of all tables after the second delivery: {rows}, {same} as before it",
            f"problems of the chains: {len(self.problems)}; heads as at the chairs: {agree}",
            f"{CHAIRS} chairs, {self.processes} processes, {self.seconds:.0f} s",
        ]


def run(count: int, kills: int, each: int = EACH, *, durable: bool = False, seed: int = 7) -> Told:
    """Deliver `count` insertions twice; kill the server about `kills` times in each delivery."""
    begun = time.monotonic()
    chance = random.Random(seed)  # noqa: S311 - the same moments again
    with cluster(durable=durable) as server, tempfile.TemporaryDirectory() as folder:
        homes = [Path(folder) / f"chair{number}" for number in range(CHAIRS)]
        stores = [chair_store(home) for home in homes]
        practice = Practice(server.address())
        try:
            for store in stores:
                fill(store, count // CHAIRS)
                store.add_destination(outbox.DESTINATION, outbox.KIND)
            practice.prepare()
            first = _deliver(server, stores, homes, kills, each, chance)
            before = _rows(practice)
            for store in stores:
                _forget(store)
            again = _deliver_blindly(server, homes, kills, each, chance)
            for store in stores:
                outbox.deliver(store, practice)
            return _judge(practice, stores, (first, again), before, each, begun)
        finally:
            for store in stores:
                store.close()


def _deliver(
    server: Cluster,
    stores: list[Store],
    homes: list[Path],
    kills: int,
    each: int,
    chance: random.Random,
) -> int:
    """Let the processes carry all that waits while the server is killed; return how often."""
    total = sum(outbox.waiting(store) for store in stores)
    # not at fixed moments but at fixed progress: a fast machine is killed as often as a slow one
    marks = sorted((chance.randrange(1, max(2, total)) for _ in range(kills)), reverse=True)
    done = 0
    held = _hold(server)
    with syncing(homes, server.address(), each) as processes:
        if marks:  # one falls into a delivery for certain, however quick the machine is
            marks.pop(0)
            wait_for(lambda: server.sql(_STANDING) != "0", _WAIT_S, "a delivery stands half done")
            server.kill()
            done += 1
            server.start()
        held.close()
        while marks:
            mark = marks.pop(0)
            wait_for(
                lambda mark=mark: sum(outbox.waiting(s) for s in stores) <= mark,  # type: ignore[misc] # a default
                _WAIT_S,
                f"{mark} entries left",
            )
            if sum(outbox.waiting(store) for store in stores) == 0:
                break
            server.kill()
            done += 1
            server.start()
        wait_for(lambda: all(outbox.waiting(s) == 0 for s in stores), _WAIT_S, "all delivered")
        assert all(process.poll() is None for process in processes)
    return done


def _hold(server: Cluster) -> psycopg.Connection[tuple[object, ...]]:
    """Let no verdict in: a parcel that has written its entries stands there until this closes."""
    held = psycopg.connect(server.address())
    held.execute("LOCK TABLE verdict IN EXCLUSIVE MODE")
    return held


def _deliver_blindly(
    server: Cluster, homes: list[Path], kills: int, each: int, chance: random.Random
) -> int:
    """Send everything again from processes that do not ask what is there."""
    context = multiprocessing.get_context("fork")  # each opens record and practice anew
    running = [
        context.Process(target=send_again, args=(home, server.address()))
        for home in homes
        for _ in range(each)
    ]
    for process in running:
        process.start()
    done = 0
    try:
        while any(process.is_alive() for process in running):
            if done < kills:
                time.sleep(chance.uniform(0.3, 3.0))  # the moment is the point: any may be hit
                server.kill()
                done += 1
                server.start()
            else:
                time.sleep(0.05)
        assert [process.exitcode for process in running] == [0] * len(running)
    finally:
        for process in running:
            process.kill()
            process.join(10)
    return done


def _forget(store: Store) -> None:
    """The chair believes that nothing was ever delivered."""
    with store.write() as session:
        session.execute(update(Outbox).values(delivered_utc=None))


def _rows(practice: Practice) -> dict[str, int]:
    with practice.read() as session:
        return {
            table.__tablename__: session.scalar(select(func.count()).select_from(table)) or 0
            for table in _TABLES
        }


def _judge(
    practice: Practice,
    stores: list[Store],
    kills: tuple[int, int],
    before: dict[str, int],
    each: int,
    begun: float,
) -> Told:
    problems: list[str] = []
    agree = True
    with practice.read() as session:
        insertions = session.scalar(select(func.count(func.distinct(Insertion.id)))) or 0
        for store in stores:
            found = verify_chain(session, store.chair_id)
            problems += found.problems
            agree = agree and found.head == store.head()
    after = _rows(practice)
    seconds = time.monotonic() - begun
    processes = len(stores) * each
    return Told(insertions, *kills, before, after, problems, agree, processes, seconds)


def main() -> int:
    """Run the whole campaign and print what it found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--insertions", type=int, default=10_000)
    parser.add_argument("--kills", type=int, default=12)
    args = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # the server is ended with us
    told = run(args.insertions, args.kills, durable=True)
    sys.stdout.write("".join(f"{line}\n" for line in told.lines(args.insertions)))
    exact = told.insertions == args.insertions and told.rows_before == told.rows_after
    return 0 if exact and told.heads_agree and not told.problems else 1


if __name__ == "__main__":
    raise SystemExit(main())
