// floor.c – what no server can beat: for each trigger, one write() of the same bytes to every socket, in one sweep.
//
//   floor BYTES
//
// An idle thread sleeps beside it, as in every Node process: with one the kernel counts references to the files of each
// call, without one it need not, and a floor without would be one that nothing in Node can reach.
//
// Prints {"msg":"listening","port":N} and serves until it is ended. Whoever sends a byte is no receiver, and
// triggers a sweep over all the others with it.

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "common.h"

enum { most = 1 << 16, backlog = 4096 };

static int receivers[most]; // dense: a sweep touches nothing else
static int count;
static int place[most]; // by descriptor: its index among the receivers, or -1
static char packet[most];
static size_t packet_bytes;

static void leave_out(int fd) {
  int index = place[fd];
  if (index < 0) return;
  receivers[index] = receivers[--count];
  place[receivers[index]] = index;
  place[fd] = -1;
}

// A receiver that is behind holds up the sweep: with one packet at a time none is.
static void send_packet(int fd) {
  for (size_t sent = 0; sent < packet_bytes;) {
    ssize_t written = write(fd, packet + sent, packet_bytes - sent);
    if (written >= 0) {
      sent += (size_t)written;
      continue;
    }
    // One that has gone is taken out when its end is read.
    if (errno != EAGAIN) return;
    struct pollfd room = {.fd = fd, .events = POLLOUT};
    poll(&room, 1, 1000);
  }
}

static void take_in(int listener, int epoll) {
  int yes = 1;
  for (int fd; (fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0;) {
    if (fd >= most) fail("more than %d connections", most);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
    place[fd] = count;
    receivers[count++] = fd;
  }
}

static void hear(int fd) {
  char triggers[64];
  ssize_t heard = read(fd, triggers, sizeof triggers);
  if (heard < 0 && errno == EAGAIN) return;
  leave_out(fd);
  if (heard <= 0) {
    close(fd);
    return;
  }
  for (; heard > 0; heard--) {
    for (int index = 0; index < count; index++) send_packet(receivers[index]);
  }
}

static void *sleep_on(void *unused) {
  for (;;) pause();
  return unused;
}

static int listen_somewhere(void) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  if (listener < 0 || bind(listener, (struct sockaddr *)&address, size) != 0 || listen(listener, backlog) != 0) {
    fail("listen: %s", strerror(errno));
  }
  getsockname(listener, (struct sockaddr *)&address, &size);
  printf("{\"msg\":\"listening\",\"port\":%d}\n", ntohs(address.sin_port));
  fflush(stdout);
  return listener;
}

int main(int argc, char **argv) {
  packet_bytes = argc == 2 ? strtoul(argv[1], NULL, 10) : 0;
  if (packet_bytes == 0 || packet_bytes > most) fail("usage: floor BYTES (1 to %d)", most);
  memset(packet, 'x', packet_bytes);
  end_with_parent();
  pthread_t idle;
  if (pthread_create(&idle, NULL, sleep_on, NULL) != 0) fail("no thread");
  // No server could hold more than the limit allows; how many there will be only the clients know.
  allow_open_files(0);
  int listener = listen_somewhere();
  int epoll = epoll_create1(0);
  struct epoll_event accepting = {.events = EPOLLIN, .data.fd = listener};
  if (epoll < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &accepting) != 0) fail("epoll: %s", strerror(errno));
  for (;;) {
    struct epoll_event events[256];
    int heard = epoll_wait(epoll, events, 256, -1);
    for (int index = 0; index < heard; index++) {
      if (events[index].data.fd == listener) take_in(listener, epoll);
      else hear(events[index].data.fd);
    }
  }
}
