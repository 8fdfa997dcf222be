// load-generator.c – thousands of clients of one server, in one thread and at so little cost that the server is
// what is measured.
//
//   load-generator --port P --clients N [--path PATH] [--extensions OFFER] [--socket-io] [--raw BYTES] [--min BYTES]
//                  [--rounds N --warm-up N [--hz N] --trigger-port P --trigger BYTES --server-pid PID]
//
// With --rounds: a round is the trigger, written to a connection of its own, and then the wait until every client
// holds one delivery, a data message of at least --min bytes. The next one begins at once, or --hz times a second.
// Prints one line of JSON and ends.
//
// Without: prints {"clients":N,"negotiated":N} and reads on, answering pings, until standard input ends. A line of
// hex digits there is what every client then writes; {"written":N} follows.

#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "clients.h"
#include "common.h"

static const uint64_t round_timeout_ns = 20000000000;
// What a server sends by itself when clients come must not be taken for the first round.
static const uint64_t quiet_ns = 300000000, quiet_timeout_ns = 20000000000;

static struct client_options clients = {.path = "/", .min_bytes = 1};
static int rounds, warm_up, trigger_port, server_pid;
static double hz;
static const char *trigger = "";

static void settle(void) {
  uint64_t began_at = now_ns(), heard_at = began_at, bytes = tally.bytes;
  while (now_ns() - heard_at < quiet_ns) {
    clients_poll(50);
    if (tally.bytes != bytes) heard_at = now_ns();
    bytes = tally.bytes;
    if (heard_at - began_at > quiet_timeout_ns) fail("the server sends by itself, all the time");
  }
}

// Processor time of all threads of the server so far. `stat` counts the same in ticks of 10 ms.
static uint64_t server_cpu_ns(void) {
  char path[300];
  snprintf(path, sizeof path, "/proc/%d/task", server_pid);
  DIR *threads = opendir(path);
  if (threads == NULL) fail("no process %d", server_pid);
  uint64_t total = 0;
  for (struct dirent *thread; (thread = readdir(threads)) != NULL;) {
    if (thread->d_name[0] == '.') continue;
    snprintf(path, sizeof path, "/proc/%d/task/%s/schedstat", server_pid, thread->d_name);
    FILE *file = fopen(path, "r");
    unsigned long long ran = 0;
    // A thread may have ended meanwhile.
    if (file == NULL) continue;
    if (fscanf(file, "%llu", &ran) == 1) total += ran;
    fclose(file);
  }
  closedir(threads);
  return total;
}

static void pull_trigger(int fd) {
  char reply[4096];
  // Replies are not waited for: one is looked at when the next round begins.
  ssize_t length = recv(fd, reply, sizeof reply - 1, MSG_DONTWAIT);
  reply[length > 0 ? length : 0] = 0;
  // How Redis begins an error.
  if (length > 0 && reply[0] == '-') fail("the trigger was refused: %.*s", (int)strcspn(reply, "\r"), reply);
  if (length == 0) fail("the trigger's connection was ended");
  length = (ssize_t)strlen(trigger);
  if (send(fd, trigger, (size_t)length, MSG_NOSIGNAL) != length) fail("trigger: %s", strerror(errno));
}

static void await_due(uint64_t due) {
  // Without waiting at the end: a timer of a whole millisecond would come late.
  for (uint64_t now; (now = now_ns()) < due;) clients_poll((int)((due - now) / 1000000));
}

static float run_round(int trigger_fd, int number) {
  clients_begin_round();
  uint64_t began_at = now_ns();
  pull_trigger(trigger_fd);
  while (tally.holding < clients.count) {
    clients_poll(1000);
    if (now_ns() - began_at > round_timeout_ns) {
      fail("round %d: %d of %d clients have a delivery", number, tally.holding, clients.count);
    }
  }
  return (float)(tally.last_at - began_at) / 1e6f;
}

static int by_size(const void *left, const void *right) {
  float a = *(const float *)left, b = *(const float *)right;
  return (a > b) - (a < b);
}

// Percentiles by nearest rank.
static void print_summary(const char *name, float *values, size_t count) {
  qsort(values, count, sizeof *values, by_size);
  size_t p50 = (count + 1) / 2, p99 = (count * 99 + 99) / 100;
  printf("\"%s\":{\"count\":%zu,\"p50\":%.3f,\"p99\":%.3f,\"max\":%.3f},", name, count, values[p50 - 1],
         values[p99 - 1], values[count - 1]);
}

static void measure_rounds(void) {
  int trigger_fd = connect_loopback(trigger_port);
  // A server that repeats an unchanged packet after a while does so to each client by its own time: where connecting them
  // all took as long as that, it would never be quiet. After a broadcast their times are the same.
  run_round(trigger_fd, 0);
  settle();
  for (int number = 0; number < warm_up; number++) run_round(trigger_fd, number);
  float *last = malloc((size_t)rounds * sizeof *last);
  latencies.values = malloc((size_t)rounds * (size_t)clients.count * sizeof *latencies.values);
  if (last == NULL || latencies.values == NULL) fail("no memory for %d rounds", rounds);

  uint64_t interval = hz > 0 ? (uint64_t)(1e9 / hz) : 0;
  tally.deliveries = tally.bytes = 0;
  uint64_t cpu_before = server_cpu_ns(), began_at = now_ns();
  for (int number = 0; number < rounds; number++) {
    await_due(began_at + (uint64_t)number * interval);
    last[number] = run_round(trigger_fd, number);
  }
  uint64_t wall = now_ns() - began_at;
  // What the server does after its last write is part of the round, too.
  usleep(20000);
  double cpu_ms = (double)(server_cpu_ns() - cpu_before) / 1e6;

  printf("{\"clients\":%d,\"negotiated\":%d,\"rounds\":%d,", clients.count, tally.negotiated, rounds);
  double deliveries = (double)tally.deliveries;
  printf("\"deliveries\":%.0f,\"bytesADelivery\":%.1f,", deliveries, (double)tally.bytes / deliveries);
  printf("\"wallMs\":%.1f,\"serverCpuMs\":%.3f,", (double)wall / 1e6, cpu_ms);
  printf("\"deliveriesACpuSecond\":%.0f,\"lastClientMs\":[", deliveries * 1000 / cpu_ms);
  for (int number = 0; number < rounds; number++) printf("%s%.3f", number == 0 ? "" : ",", last[number]);
  printf("],");
  print_summary("lastClient", last, (size_t)rounds);
  print_summary("everyClient", latencies.values, latencies.count);
  printf("\"ownCpuMs\":%.0f}\n", (double)clock() * 1000 / CLOCKS_PER_SEC);
}

static void write_hex(const char *line) {
  uint8_t bytes[512];
  size_t length = 0;
  for (unsigned byte; length < sizeof bytes && sscanf(line + 2 * length, "%2x", &byte) == 1; length++) {
    bytes[length] = (uint8_t)byte;
  }
  clients_write(bytes, length);
  printf("{\"written\":%zu}\n", length);
  fflush(stdout);
}

static void hold(void) {
  char line[1100];
  struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
  printf("{\"clients\":%d,\"negotiated\":%d}\n", clients.count, tally.negotiated);
  fflush(stdout);
  setvbuf(stdin, NULL, _IONBF, 0); // so that poll() knows of every line
  for (;;) {
    clients_poll(20);
    if (poll(&input, 1, 0) == 0) continue;
    if (fgets(line, sizeof line, stdin) == NULL) return;
    write_hex(line);
  }
}

static void read_arguments(int argc, char **argv) {
  static const struct option known[] = {
      {"port", 1, NULL, 'p'},    {"clients", 1, NULL, 'n'}, {"path", 1, NULL, 'a'},         {"extensions", 1, NULL, 'e'},
      {"socket-io", 0, NULL, 's'}, {"raw", 1, NULL, 'r'},   {"min", 1, NULL, 'm'},          {"rounds", 1, NULL, 'c'},
      {"warm-up", 1, NULL, 'w'}, {"hz", 1, NULL, 'h'},      {"trigger-port", 1, NULL, 'q'}, {"trigger", 1, NULL, 't'},
      {"server-pid", 1, NULL, 'i'}, {NULL, 0, NULL, 0},
  };
  for (int option; (option = getopt_long(argc, argv, "", known, NULL)) != -1;) {
    switch (option) {
    case 'p': clients.port = atoi(optarg); break;
    case 'n': clients.count = atoi(optarg); break;
    case 'a': clients.path = optarg; break;
    case 'e': clients.extensions = optarg; break;
    case 's': clients.socket_io = true; break;
    case 'r': clients.raw_bytes = strtoul(optarg, NULL, 10); break;
    case 'm': clients.min_bytes = strtoul(optarg, NULL, 10); break;
    case 'c': rounds = atoi(optarg); break;
    case 'w': warm_up = atoi(optarg); break;
    case 'h': hz = atof(optarg); break;
    case 't': trigger = optarg; break;
    case 'q': trigger_port = atoi(optarg); break;
    case 'i': server_pid = atoi(optarg); break;
    default: exit(1);
    }
  }
  if (clients.port <= 0 || clients.count <= 0) fail("--port and --clients are needed");
  if (rounds > 0 && (trigger_port <= 0 || *trigger == 0)) fail("--rounds needs --trigger-port and --trigger");
}

int main(int argc, char **argv) {
  read_arguments(argc, argv);
  end_with_parent();
  clients_open(&clients);
  if (clients.extensions != NULL && tally.negotiated < clients.count) {
    fail("extension not negotiated (%d of %d clients)", tally.negotiated, clients.count);
  }
  if (rounds > 0) measure_rounds();
  else hold();
  return 0;
}
