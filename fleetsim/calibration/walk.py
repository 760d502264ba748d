"""The steps of a benchmark one after the other, counted: what `schedule.py` turns into sums."""

from __future__ import annotations

import numpy as np

from fleetsim.compiled import helper, kernel


@helper
def _decoding(prompts, answers, who, emitted, running, window, settling):
    """How many sequences decode, the KV they read, the same in windows, and their sum of 1 / (answer - 1).

    The first `settling` requests have no part in the sum.
    """
    decoding = 0
    context = 0.0
    windowed = 0.0
    weight = 0.0
    for i in range(running):
        if emitted[i] > 0:
            decoding += 1
            read = prompts[who[i]] + emitted[i]
            context += read
            windowed += min(read, window)
            if who[i] >= settling:
                weight += 1.0 / (answers[who[i]] - 1)
    return decoding, context, windowed, weight


@helper
def _carry_on(prompts, who, done, emitted, running, left):
    """Gives the prompts that have begun their next chunks: tokens and area."""
    chunks = 0
    area = 0.0
    for i in range(running):
        if emitted[i] == 0:
            chunk = min(prompts[who[i]] - done[i], left - chunks)
            area += chunk * (done[i] + chunk / 2.0)
            done[i] += chunk
            chunks += chunk
    return chunks, area


@helper
def _count(tokens, sums, size, factors, context, windowed, area):
    """Adds a step of `size` tokens to all rows, each as often as its factor says."""
    for row in range(3):
        tokens[row, size] += factors[row]
        sums[row, 0] += factors[row] * context
        sums[row, 1] += factors[row] * windowed
        sums[row, 2] += factors[row] * area


@helper
def _arrived(arrives_ns, seen, tail, clock_ns):
    """How many requests have reached the queue."""
    while seen < tail and arrives_ns[seen] <= clock_ns:
        seen += 1
    return seen


@helper
def _shares(arrives_ns, seen, tail, clock_ns, step_ns):
    """Requests that arrive within a step, each as that share of it which it waits."""
    shares = 0.0
    while seen < tail and arrives_ns[seen] < clock_ns + step_ns:
        shares += (clock_ns + step_ns - arrives_ns[seen]) / step_ns
        seen += 1
    return shares


@helper
def _emit(prompts, who, done, emitted, running, paused):
    """Gives every sequence that is through its prompt a token: how many of them got their first."""
    first = 0
    for i in range(running):
        if emitted[i] > 0:
            emitted[i] += 0 if paused else 1
        elif done[i] >= prompts[who[i]]:
            emitted[i] = 1
            first += 1
    return first


@kernel
def walk(prompts, answers, clients, budget, sequences, kv_tokens, window, prefill_first, settling, pace, tokens, sums):
    """Adds up, over all steps: rows TTFT, TPOT and makespan of `tokens` by step size, and of `sums`."""
    total = len(prompts)
    base_ns, linear_ns, delay_ns = pace
    arrives_ns = np.zeros(total)
    clock_ns = 0.0
    queue = np.arange(total)
    head, tail = 0, clients
    who = np.empty(sequences, np.int64)
    done = np.empty(sequences, np.int64)
    emitted = np.empty(sequences, np.int64)
    running = 0
    seen = answered = kv = 0
    while running > 0 or head < tail:
        if running == 0:
            clock_ns = max(clock_ns, arrives_ns[head])
        seen = _arrived(arrives_ns, seen, tail, clock_ns)
        decoding, context, windowed, weight = _decoding(prompts, answers, who, emitted, running, window, settling)
        left = budget if prefill_first else budget - decoding
        chunks, area = _carry_on(prompts, who, done, emitted, running, left)
        left -= chunks
        while left > 0 and running < sequences and head < seen:
            task = queue[head]
            need = prompts[task] + answers[task]
            if kv + need > kv_tokens and running > 0:
                break
            head += 1
            kv += need
            chunk = min(prompts[task], left)
            who[running] = task
            done[running] = chunk
            emitted[running] = 0
            running += 1
            area += chunk * (chunk / 2.0)
            chunks += chunk
            left -= chunk
        paused = prefill_first and chunks > 0
        if paused:
            decoding, context, windowed = 0, 0.0, 0.0
        size = decoding + chunks
        step_ns = base_ns[size] + linear_ns[0] * context + linear_ns[1] * windowed + linear_ns[2] * area
        waiting = seen - answered + _shares(arrives_ns, seen, tail, clock_ns, step_ns)
        _count(tokens, sums, size, (waiting, weight, 1.0), context, windowed, area)
        clock_ns += step_ns
        answered += _emit(prompts, who, done, emitted, running, paused)
        kept = 0
        for i in range(running):
            task = who[i]
            if emitted[i] >= answers[task]:
                kv -= prompts[task] + answers[task]
                if task + clients < total:
                    queue[tail] = task + clients
                    arrives_ns[tail] = clock_ns + delay_ns
                    tail += 1
            else:
                who[kept] = task
                done[kept] = done[i]
                emitted[kept] = emitted[i]
                kept += 1
        running = kept
