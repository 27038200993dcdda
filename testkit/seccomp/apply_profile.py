#!/usr/bin/env python3
"""Becomes a program under a seccomp profile as container runtimes read it (OCI's JSON of names).

apply_profile.py PROFILE.json PROGRAM [ARGUMENT...]

Invariant: what the profile does not name fails with its defaultErrnoRet, and a call of another
architecture ends the process, as runc has it. Names this kernel's headers do not know are left out.
"""
import ctypes
import json
import os
import platform
import re
import struct
import subprocess
import sys

PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2
ALLOW, ERRNO, KILL_PROCESS = 0x7FFF0000, 0x00050000, 0x80000000
AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
LOAD, JUMP_EQUAL, RETURN = 0x20, 0x15, 0x06


def numbers():
    """Name -> number, by the C preprocessor: the headers differ by architecture."""
    text = subprocess.run(["cc", "-E", "-dM", "-include", "sys/syscall.h", "-x", "c", "/dev/null"],
                          capture_output=True, text=True, check=True).stdout
    return {name: int(value) for name, value in re.findall(r"#define __NR_(\w+) (\d+)\n", text)}


def program(profile):
    known = numbers()
    allowed = sorted({known[name] for group in profile["syscalls"] for name in group["names"]
                      if group["action"] == "SCMP_ACT_ALLOW" and name in known})
    filters = [(LOAD, 0, 0, 4), (JUMP_EQUAL, 1, 0, AUDIT_ARCH[platform.machine()]),
               (RETURN, 0, 0, KILL_PROCESS), (LOAD, 0, 0, 0)]
    for number in allowed:
        filters += [(JUMP_EQUAL, 0, 1, number), (RETURN, 0, 0, ALLOW)]
    filters.append((RETURN, 0, 0, ERRNO | profile.get("defaultErrnoRet", 1)))
    return b"".join(struct.pack("HBBI", *each) for each in filters), len(filters)


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        filters, count = program(json.load(file))
    libc = ctypes.CDLL(None, use_errno=True)
    buffer = ctypes.create_string_buffer(filters)
    fprog = struct.pack("HxxxxxxQ", count, ctypes.addressof(buffer))
    held = ctypes.create_string_buffer(fprog)
    for call in ((PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0),
                 (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.addressof(held), 0, 0)):
        if libc.prctl(*(ctypes.c_ulong(word) for word in call)) != 0:
            sys.exit(f"prctl: {os.strerror(ctypes.get_errno())}")
    os.execvp(sys.argv[2], sys.argv[2:])


main()
