// What the programs of this folder share.
#pragma once

#include <stdint.h>

// CLOCK_MONOTONIC.
uint64_t now_ns(void);
// Says on standard error what went wrong, and ends the program with 1.
_Noreturn __attribute__((format(printf, 1, 2))) void fail(const char *format, ...);
// Has this program end with the one that started it, however that ends.
void end_with_parent(void);
// Raises the open-file limit as far as allowed; fails where that is less than wanted.
void allow_open_files(unsigned long wanted);
// A blocking connection, without delay, from 127.0.0.1.
int connect_loopback(int port);
// The same from another address of 127/8: an address has some 28,000 ports towards the server's, and each connection
// of an earlier run may keep one for a minute. So each process takes addresses of its own, and several of them.
// `serial` counts the connections of this process.
int connect_as_one_of_many(int port, int serial);
