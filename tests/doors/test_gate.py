import threading
import time

import pytest

from almoner.api.gate import Gate


def test_those_who_wait_enter_one_at_a_time_in_their_order() -> None:
    gate, inside, order = Gate(), 0, []

    def enter(number: int) -> None:
        nonlocal inside
        with gate.passed():
            inside += 1
            assert inside == 1
            order.append(number)
            time.sleep(0.001)
            inside -= 1

    with gate.passed():
        threads = []
        for number in range(20):
            threads.append(threading.Thread(target=enter, args=(number,)))
            threads[-1].start()
            while gate.waiting <= number:
                time.sleep(0.0005)
    for thread in threads:
        thread.join()
    assert order == list(range(20))
    assert gate.waiting == 0


def test_a_fault_inside_lets_the_next_one_in() -> None:
    gate = Gate()
    with pytest.raises(ValueError, match="no number"), gate.passed():
        int("no number")
    with gate.passed():
        assert gate.waiting == 0
