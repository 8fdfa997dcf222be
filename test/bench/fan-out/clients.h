// A fleet of clients in one thread, on one epoll instance.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct client_options {
  int port;
  int count;
  const char *path;
  const char *extensions; // Sec-WebSocket-Extensions to offer; NULL: none
  bool socket_io;         // speak Socket.IO (engine.io 4) inside the WebSocket
  size_t raw_bytes;       // not 0: no WebSocket, every so many bytes are a delivery
  size_t min_bytes;       // data messages with a smaller payload are no deliveries
};

struct tally {
  int open;            // clients that are ready
  int negotiated;      // those whose server took up the offered extension
  int holding;         // clients that have a delivery of the current round
  uint64_t last_at;    // when the latest of these got it, ns
  uint64_t deliveries; // all of them, since the caller last set it to 0
  uint64_t bytes;      // all bytes received, framing included, likewise
};
extern struct tally tally;

// Latencies from the start of a round to each client's delivery, ms. Nothing is noted while `values` is NULL;
// the caller makes room for one value a client and round.
struct latencies {
  float *values;
  size_t count;
};
extern struct latencies latencies;

// Connects them all; returns when each is ready. The options must stay where they are.
void clients_open(const struct client_options *options);
// Reads whatever came, waiting so long for the first of it. A connection that ends is a failure.
void clients_poll(int timeout_ms);
// From here on the first delivery to each client counts for a new round.
void clients_begin_round(void);
// Every client writes these bytes as they are.
void clients_write(const uint8_t *bytes, size_t length);
