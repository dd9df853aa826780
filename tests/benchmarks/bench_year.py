"""A year of 100,000 tickets: every figure, by unit and month, against a plain loop over the raw events."""

from __future__ import annotations

import os
import time

from routing.figures.rows import row_of_document
from routing.mongo_store import to_document
from tests.routing.made_up_year import tickets
from tests.routing.plain_count import count_again
from tests.routing.test_figures_of_a_year import PRESENT, counted_by_month

TICKETS = int(os.environ.get("HUIYIN_BENCH_YEAR", "100000"))


def test_every_figure_of_a_year_is_what_a_plain_loop_counts() -> None:
    start = time.process_time()
    documents = [to_document(ticket) for ticket in tickets(TICKETS, seed=42)]
    lived = time.process_time()
    again = count_again(documents, now=PRESENT)
    counted = time.process_time()
    figures = counted_by_month([row_of_document(document) for document in documents])
    judged = time.process_time()
    print(
        f"\n{TICKETS:,} tickets lived in {lived - start:.0f} s; {len(again):,} figures (name, month, unit) counted by "
        f"a plain loop in {counted - lived:.0f} s, judged by the product in {judged - counted:.0f} s, "
        f"{sum(figures[key] != terms for key, terms in again.items())} differ"
    )
    assert figures == again
