#define _GNU_SOURCE
#include "clients.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "common.h"

// RFC 6455 §5.2
enum { text = 0x1, closing = 0x8, ping = 0x9, pong = 0xa, control = 0x8, opcode_mask = 0xf };
enum { final = 0x80, masked = 0x80 };
enum { longest_control_payload = 125, longest_server_header = 10 };

// Connections begun before the first of them must be ready: more would measure the server's listen queue.
enum { batch = 100 };
static const uint64_t open_timeout_ns = 20000000000;

enum phase { upgrading, greeting, ready };

struct client {
  int fd;
  uint32_t round; // the latest one it has a delivery of
  uint8_t phase;
  uint8_t header_length;
  uint8_t header[longest_server_header];
  uint64_t payload_length; // of the frame being read
  uint64_t payload_left;
  uint64_t message_length; // of the frames of this message so far
  uint8_t payload[longest_control_payload]; // how the frame's begins
};

struct tally tally;
struct latencies latencies;
static const struct client_options *options;
static struct client *clients;
static int epoll;
static uint32_t round_number;
static uint64_t round_began_at;
static uint8_t inbox[256 * 1024];

static void write_all(const struct client *client, const uint8_t *bytes, size_t length) {
  // Small, and nothing waits before it: the kernel takes all of it, or the connection is broken.
  if (send(client->fd, bytes, length, MSG_NOSIGNAL) != (ssize_t)length) fail("client: write: %s", strerror(errno));
}

// A client's frames are masked; with a mask of zeros the payload stays as it is.
static void send_frame(const struct client *client, uint8_t opcode, const void *payload, size_t length) {
  uint8_t frame[6 + longest_control_payload] = {final | opcode, masked | (uint8_t)length};
  memcpy(frame + 6, payload, length);
  write_all(client, frame, 6 + length);
}

static void delivered(struct client *client) {
  tally.deliveries++;
  if (client->round == round_number) return;
  client->round = round_number;
  tally.holding++;
  tally.last_at = now_ns();
  if (latencies.values == NULL) return;
  latencies.values[latencies.count++] = (float)(tally.last_at - round_began_at) / 1e6f;
}

static void become_ready(struct client *client) {
  client->phase = ready;
  tally.open++;
}

// https://socket.io/docs/v4/engine-io-protocol: "0…" is answered with "40" (connect to the main namespace), which
// comes back with the session's id; "2" is a ping. Returns whether the message was one of these.
static bool speak_socket_io(struct client *client, uint64_t length) {
  const uint8_t *payload = client->payload;
  if (length == 1 && payload[0] == '2') {
    send_frame(client, text, "3", 1);
    return true;
  }
  if (client->phase != greeting) return false;
  if (payload[0] == '0') send_frame(client, text, "40", 2);
  else if (length >= 2 && memcmp(payload, "40", 2) == 0) become_ready(client);
  else fail("Socket.IO: unexpected greeting %.*s", (int)(length < 100 ? length : 100), (const char *)payload);
  return true;
}

static void end_frame(struct client *client) {
  uint8_t opcode = client->header[0] & opcode_mask;
  if (opcode == ping) send_frame(client, pong, client->payload, client->payload_length);
  if (opcode == closing) fail("a client was closed with code %d", client->payload[0] << 8 | client->payload[1]);
  if (opcode & control) return;
  client->message_length += client->payload_length;
  if (!(client->header[0] & final)) return;
  uint64_t length = client->message_length;
  client->message_length = 0;
  if (options->socket_io && speak_socket_io(client, length)) return;
  if (length >= options->min_bytes) delivered(client);
}

static int header_size(const struct client *client) {
  if (client->header_length < 2) return 2;
  if (client->header[1] & masked) fail("a server's frame is masked");
  return client->header[1] < 126 ? 2 : client->header[1] == 126 ? 4 : 10;
}

static uint64_t payload_length(const uint8_t *header, int size) {
  if (size == 2) return header[1];
  uint64_t length = 0;
  for (int at = 2; at < size; at++) length = length << 8 | header[at];
  return length;
}

static void read_frames(struct client *client, const uint8_t *at, size_t length) {
  while (length > 0) {
    if (client->payload_left == 0) {
      client->header[client->header_length++] = *at++;
      length--;
      int size = header_size(client);
      if (client->header_length < size) continue;
      client->payload_length = client->payload_left = payload_length(client->header, size);
    } else {
      size_t part = length < client->payload_left ? length : client->payload_left;
      uint64_t from = client->payload_length - client->payload_left;
      if (from < sizeof client->payload) {
        size_t room = sizeof client->payload - from;
        memcpy(client->payload + from, at, part < room ? part : room);
      }
      client->payload_left -= part;
      at += part;
      length -= part;
    }
    if (client->payload_left > 0) continue;
    client->header_length = 0;
    end_frame(client);
  }
}

static void read_raw(struct client *client, size_t length) {
  for (client->payload_length += length; client->payload_length >= options->raw_bytes;) {
    client->payload_length -= options->raw_bytes;
    delivered(client);
  }
}

// Takes the answer to the upgrade off the socket, no byte more, once all of it is there.
static void read_upgrade(struct client *client) {
  ssize_t seen = recv(client->fd, inbox, sizeof inbox - 1, MSG_PEEK);
  if (seen <= 0) fail("a connection ended before its upgrade");
  inbox[seen] = 0;
  char *head = (char *)inbox;
  char *end = strstr(head, "\r\n\r\n");
  if (end == NULL) return;
  *end = 0;
  if (strncmp(head, "HTTP/1.1 101 ", 13) != 0) fail("no upgrade: %.300s", head);
  if (options->extensions != NULL && strcasestr(head, "\r\nsec-websocket-extensions:") != NULL) tally.negotiated++;
  if (recv(client->fd, inbox, (size_t)(end + 4 - head), 0) <= 0) fail("upgrade: %s", strerror(errno));
  if (options->socket_io) client->phase = greeting;
  else become_ready(client);
}

static void read_client(struct client *client) {
  if (client->phase == upgrading) {
    read_upgrade(client);
    return;
  }
  ssize_t length = recv(client->fd, inbox, sizeof inbox, 0);
  if (length == 0) fail("a connection was ended by the server");
  if (length < 0) fail("a connection broke: %s", strerror(errno));
  tally.bytes += (uint64_t)length;
  if (options->raw_bytes > 0) read_raw(client, (size_t)length);
  else read_frames(client, inbox, (size_t)length);
}

void clients_poll(int timeout_ms) {
  struct epoll_event events[512];
  int count = epoll_wait(epoll, events, 512, timeout_ms);
  for (int index = 0; index < count; index++) read_client(events[index].data.ptr);
}

void clients_begin_round(void) {
  round_number++;
  tally.holding = 0;
  round_began_at = now_ns();
}

void clients_write(const uint8_t *bytes, size_t length) {
  for (int index = 0; index < options->count; index++) write_all(&clients[index], bytes, length);
}

static void await_ready(int count) {
  for (uint64_t until = now_ns() + open_timeout_ns; tally.open < count; clients_poll(100)) {
    if (now_ns() > until) fail("only %d of %d clients were ready in time", tally.open, count);
  }
}

static void begin(struct client *client, int serial, const char *upgrade) {
  client->fd = connect_as_one_of_many(options->port, serial);
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = client};
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, client->fd, &event) != 0) fail("epoll: %s", strerror(errno));
  if (options->raw_bytes > 0) become_ready(client);
  else write_all(client, (const uint8_t *)upgrade, strlen(upgrade));
}

void clients_open(const struct client_options *chosen) {
  options = chosen;
  // Standard streams, epoll, the trigger, and what /proc is read with.
  allow_open_files((unsigned long)options->count + 20);
  clients = calloc((size_t)options->count, sizeof *clients);
  epoll = epoll_create1(EPOLL_CLOEXEC);
  if (clients == NULL || epoll < 0) fail("no memory for %d clients", options->count);
  bool offers = options->extensions != NULL;
  char upgrade[1024];
  int length = snprintf(upgrade, sizeof upgrade,
                        "GET %s HTTP/1.1\r\nHost: localhost:%d\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n%s%s%s\r\n",
                        options->path, options->port, offers ? "Sec-WebSocket-Extensions: " : "",
                        offers ? options->extensions : "", offers ? "\r\n" : "");
  if (length >= (int)sizeof upgrade) fail("the path or the offer is too long");
  for (int index = 0; index < options->count; index++) {
    begin(&clients[index], index, upgrade);
    if ((index + 1) % batch == 0 || index + 1 == options->count) await_ready(index + 1);
  }
}
