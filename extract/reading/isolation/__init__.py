"""A process gives up what reading a PDF does not need, for good and without privileges: Landlock, then seccomp.

    landlock.py   which files may be opened, and that nothing else may: no write, no program, no TCP, no signal
    seccomp.py    which system calls are answered, and with which arguments
    syscalls.py   their numbers on each kind of processor

Nothing here imports more than the standard library: a process is confined before it imports any parser.
"""
