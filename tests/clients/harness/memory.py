"""What a process holds in memory."""

CHUNK = 1 << 24


def memory_holds(pid, wanted):
    """Which of these byte strings stand in the memory of a process; needs the right to trace it."""
    found = set()
    overlap = max(map(len, wanted)) - 1
    with open(f"/proc/{pid}/maps", encoding="ascii") as maps, open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for line in maps:
            place, rights, *_ = line.split()
            if not rights.startswith("r") or line.rstrip().endswith(("[vvar]", "[vsyscall]", "[vvar_vclock]")):
                continue
            begin, end = (int(part, 16) for part in place.split("-"))
            for start in range(begin, end, CHUNK):
                try:
                    memory.seek(start)
                    bytes_here = memory.read(min(CHUNK + overlap, end - start))
                except (OSError, OverflowError):
                    # A page that is gone meanwhile, or none of this process's own.
                    continue
                found |= {secret for secret in wanted if secret in bytes_here}
    return found
