"""Times of ours against times of others for the same work.

Run with `python -m benchmarks` in the folder Testing. Each file beside this one offers `run()`,
which returns a list of rows (name, seconds of ours, seconds of the peer, ratio, limit), or MB of
memory. The limit is for the ratio; where there is no peer, peer and ratio are None and the limit is
in seconds.
timing.py makes such rows.
"""
