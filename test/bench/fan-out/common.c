#define _GNU_SOURCE
#include "common.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { connections_an_address = 5000, blocks = 250 };

uint64_t now_ns(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

void fail(const char *format, ...) {
  va_list values;
  va_start(values, format);
  vfprintf(stderr, format, values);
  va_end(values);
  fputc('\n', stderr);
  exit(1);
}

void end_with_parent(void) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
}

void allow_open_files(unsigned long wanted) {
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_max < wanted) {
    fail("%lu open files are needed, %lu allowed: raise the limit (ulimit -n)", wanted, (unsigned long)limit.rlim_max);
  }
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

static int connect_from(uint32_t address, int port) {
  int yes = 1;
  struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(address)};
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) fail("socket: %s", strerror(errno));
  // The port is chosen when connecting, so it need only be free towards this server.
  setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &yes, sizeof yes);
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  if (bind(fd, (struct sockaddr *)&from, sizeof from) != 0) fail("bind: %s", strerror(errno));
  if (connect(fd, (struct sockaddr *)&to, sizeof to) != 0) fail("connect to %d: %s", port, strerror(errno));
  return fd;
}

int connect_loopback(int port) {
  return connect_from(INADDR_LOOPBACK, port);
}

int connect_as_one_of_many(int port, int serial) {
  uint32_t block = 1 + (uint32_t)getpid() % blocks;
  return connect_from(INADDR_LOOPBACK + (block << 8) + (uint32_t)(serial / connections_an_address), port);
}
