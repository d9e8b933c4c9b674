"""Restrict a process to what reading a PDF needs, irrevocably and without privileges: Landlock, then seccomp.

landlock.py   which files may be opened, and nothing else: no write, no program, no TCP, no signal
seccomp.py    which system calls are allowed, and with which arguments
syscalls.py   their numbers on each kind of processor

Nothing here imports more than the standard library: a process is confined before it imports any parser.
"""
