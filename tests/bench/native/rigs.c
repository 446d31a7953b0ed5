/*
 * Very many Stratum V1 rigs in one epoll loop (Linux): the client of the end-to-end benches. Reads commands on
 * stdin, one a line, and answers each with one line of JSON. Every nonce is as good as another here, because
 * the pool behind the proxy takes any hash. `end-to-end/rigs-process.ts` is the same in TypeScript, for
 * machines without a compiler; the commands are explained in `end-to-end/rigs.ts`.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum {
  MAX_RIGS = 16384,
  READ_BYTES = 65536,
  CARRY_BYTES = 4096,
  LINE_BYTES = 256,
  MAX_LINES_PER_WRITE = 64,
  /* Shares of one rig that may be on their way in open loop. */
  MAX_IN_FLIGHT = 64,
  /* Connections being opened at a time, as a farm comes back. */
  MAX_OPENING = 256,
  RIGS_PER_ADDRESS = 4096,
  MAX_EVENTS = 512,
  /* Nonces of a rig: so many that no two rigs ever send the same, and a pool can tell a share by its nonce. */
  NONCE_BITS = 18,
};
#define FIRST_SHARE_ID 1000000u
#define LAST_SHARE_ID 9999999u
#define DRAIN_NS 10000000000ull

struct rig {
  int fd;
  int has_job;
  /* Shares sent and not answered. */
  int in_flight;
  /* Shares this rig still sends, in `each`. */
  int left;
  uint32_t nonce;
  uint32_t next_id;
  int extranonce2_bytes;
  char job_id[32];
  char ntime[9];
  /* The share line, with the places of what changes from share to share. */
  char line[LINE_BYTES];
  int line_length, id_at, nonce_at;
  /* Scheduled times of the shares in flight, oldest first. */
  uint64_t *scheduled;
  int scheduled_from;
  char *carry;
  int carry_length;
};

static struct rig *rigs;
static int rig_count, epoll_fd, timer_fd;
static int opened, with_job;
static uint64_t accepted, refused, answered_unasked;
static uint64_t notified, first_notify_ns, last_notify_ns;
/* While a job is expected we look twice a millisecond instead of being woken: rigs are not on the sender's
   machine, where waking this process would cost the sender as much as the write itself. */
static int expecting_job;

enum { IDLE, CLOSED, EACH, OPEN } mode = IDLE;
static int lines_per_write = 1;
static uint64_t sent, in_flight_total;
static int running;

static uint32_t *latencies_ns;
static uint64_t latency_count, latency_capacity;

static char command_buffer[512];
static int command_length;

static void die(const char *what) {
  fprintf(stderr, "bench rigs: %s: %s\n", what, strerror(errno));
  exit(1);
}

static uint64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000ull + (uint64_t)now.tv_nsec;
}

static uint64_t cpu_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return (uint64_t)now.tv_sec * 1000000000ull + (uint64_t)now.tv_nsec;
}

static void write_all(struct rig *rig, const char *bytes, int length) {
  while (length > 0) {
    ssize_t written = write(rig->fd, bytes, (size_t)length);
    if (written < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (written < 0) die("write");
    bytes += written;
    length -= (int)written;
  }
}

static void build_line(struct rig *rig) {
  rig->id_at = 7;
  int length = snprintf(rig->line, LINE_BYTES,
                        "{\"id\": %u, \"method\": \"mining.submit\", \"params\": "
                        "[\"bc1qexampleexampleexampleexampleexample.%05d\", \"%s\", \"%0*x\", \"%s\", \"",
                        FIRST_SHARE_ID, (int)(rig - rigs), rig->job_id, 2 * rig->extranonce2_bytes,
                        0x5a, rig->ntime);
  rig->nonce_at = length;
  length += snprintf(rig->line + length, LINE_BYTES - (size_t)length, "00000000\", \"00002000\"]}\n");
  if (length >= LINE_BYTES) die("share line too long");
  rig->line_length = length;
}

/* Writes the next share line of a rig to `out`; returns its length. */
static int next_line(struct rig *rig, char *out) {
  static const char digits[] = "0123456789abcdef";
  uint32_t id = rig->next_id;
  rig->next_id = id == LAST_SHARE_ID ? FIRST_SHARE_ID : id + 1;
  uint32_t nonce = rig->nonce++;
  memcpy(out, rig->line, (size_t)rig->line_length);
  for (int i = 6; i >= 0; i--, id /= 10) out[rig->id_at + i] = (char)('0' + id % 10);
  for (int i = 7; i >= 0; i--, nonce >>= 4) out[rig->nonce_at + i] = digits[nonce & 15];
  return rig->line_length;
}

static void send_shares(struct rig *rig, int count) {
  char out[MAX_LINES_PER_WRITE * LINE_BYTES];
  int length = 0;
  for (int i = 0; i < count; i++) length += next_line(rig, out + length);
  rig->in_flight += count;
  in_flight_total += (uint64_t)count;
  sent += (uint64_t)count;
  write_all(rig, out, length);
}

static void on_notify(struct rig *rig, const char *line, int length) {
  const char *job = memmem(line, (size_t)length, "\"params\":[\"", 11);
  const char *last = memrchr(line, '"', (size_t)length);
  if (!job || !last || last - line < 9) die("a job I cannot read");
  job += 11;
  const char *job_end = memchr(job, '"', (size_t)(line + length - job));
  if (!job_end || job_end - job >= (int)sizeof rig->job_id) die("a job id I cannot read");
  memcpy(rig->job_id, job, (size_t)(job_end - job));
  rig->job_id[job_end - job] = 0;
  memcpy(rig->ntime, last - 8, 8);
  build_line(rig);
  if (!rig->has_job) with_job++;
  rig->has_job = 1;
  last_notify_ns = now_ns();
  if (notified++ == 0) first_notify_ns = last_notify_ns;
}

static void on_subscribed(struct rig *rig, const char *line, int length) {
  /* The size is the last of the result, which some servers write last and others before the error. */
  const char *end = memmem(line, (size_t)length, "],\"error\"", 9);
  if (!end) end = memrchr(line, ']', (size_t)length);
  if (!end || end == line || end[-1] < '1' || end[-1] > '8') die("a reply to mining.subscribe I cannot read");
  rig->extranonce2_bytes = end[-1] - '0';
}

static void on_reply(struct rig *rig, const char *line, int length) {
  unsigned id = (unsigned)strtoul(line + 6, NULL, 10);
  int good = memmem(line, (size_t)length, "\"result\":true", 13) != NULL;
  if (id == 2) return on_subscribed(rig, line, length);
  if (id < FIRST_SHARE_ID) return;
  if (rig->in_flight == 0) {
    answered_unasked++;
    return;
  }
  if (good) accepted++;
  else refused++;
  rig->in_flight--;
  in_flight_total--;
  if (mode == OPEN) {
    uint64_t scheduled = rig->scheduled[rig->scheduled_from++ % MAX_IN_FLIGHT];
    uint64_t took = now_ns() - scheduled;
    if (latency_count < latency_capacity)
      latencies_ns[latency_count++] = took > UINT32_MAX ? UINT32_MAX : (uint32_t)took;
  }
}

static void on_line(struct rig *rig, const char *line, int length) {
  int head = length < 48 ? length : 48;
  if (memmem(line, (size_t)head, "mining.notify", 13)) on_notify(rig, line, length);
  else if (!memmem(line, (size_t)head, "\"method\"", 8)) on_reply(rig, line, length);
}

static void on_readable(struct rig *rig) {
  static char buffer[CARRY_BYTES + READ_BYTES + 1];
  int kept = rig->carry_length;
  if (kept > 0) memcpy(buffer, rig->carry, (size_t)kept);
  ssize_t got = read(rig->fd, buffer + kept, READ_BYTES);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) {
    fprintf(stderr, "bench rigs: the proxy closed the connection of rig %d\n", (int)(rig - rigs));
    exit(1);
  }
  char *at = buffer, *end = buffer + kept + got;
  *end = 0;
  for (char *newline; (newline = memchr(at, '\n', (size_t)(end - at))); at = newline + 1)
    on_line(rig, at, (int)(newline - at));
  rig->carry_length = (int)(end - at);
  if (rig->carry_length > CARRY_BYTES) die("line too long");
  if (rig->carry_length > 0) {
    if (!rig->carry) rig->carry = malloc(CARRY_BYTES);
    memcpy(rig->carry, at, (size_t)rig->carry_length);
  }
  if (!running || rig->in_flight > 0) return;
  if (mode == CLOSED) send_shares(rig, lines_per_write);
  else if (mode == EACH && rig->left > 0) {
    rig->left--;
    send_shares(rig, 1);
  }
}

static void on_connected(struct rig *rig) {
  int error = 0;
  socklen_t size = sizeof error;
  getsockopt(rig->fd, SOL_SOCKET, SO_ERROR, &error, &size);
  errno = error;
  if (error) die("connect");
  opened++;
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = rig};
  epoll_ctl(epoll_fd, EPOLL_CTL_MOD, rig->fd, &event);
  char hello[512];
  int length = snprintf(hello, sizeof hello,
                        "{\"id\":1,\"method\":\"mining.configure\",\"params\":[[\"version-rolling\"],"
                        "{\"version-rolling.mask\":\"1fffe000\"}]}\n"
                        "{\"id\":2,\"method\":\"mining.subscribe\",\"params\":[\"bench/1.0\"]}\n"
                        "{\"id\":3,\"method\":\"mining.authorize\",\"params\":[\"bc1qexampleexampleexampleexampl"
                        "eexample.%05d\",\"x\"]}\n",
                        (int)(rig - rigs));
  write_all(rig, hello, length);
}

/* Handles what is ready, waiting up to `timeout_ms` for it. Returns whether a whole command waits on stdin. */
static int pump(int timeout_ms) {
  struct epoll_event events[MAX_EVENTS];
  int command_ready = 0;
  if (expecting_job) {
    nanosleep(&(struct timespec){.tv_nsec = 500000}, NULL);
    timeout_ms = 0;
  }
  int count = epoll_wait(epoll_fd, events, MAX_EVENTS, timeout_ms);
  if (count < 0 && errno != EINTR) die("epoll_wait");
  for (int i = 0; i < count; i++) {
    void *source = events[i].data.ptr;
    if (source == &command_buffer) {
      ssize_t got = read(0, command_buffer + command_length, sizeof command_buffer - 1 - (size_t)command_length);
      if (got <= 0) exit(0);
      command_length += (int)got;
      command_buffer[command_length] = 0;
      command_ready = strchr(command_buffer, '\n') != NULL;
    } else if (source == &timer_fd) {
      uint64_t expirations;
      if (read(timer_fd, &expirations, sizeof expirations) < 0 && errno != EAGAIN) die("timer");
    } else if (events[i].events & EPOLLOUT) on_connected(source);
    else on_readable(source);
  }
  return command_ready;
}

static void open_rig(struct rig *rig, int index, const char *address, int port) {
  memset(rig, 0, sizeof *rig);
  rig->nonce = (uint32_t)index << NONCE_BITS;
  rig->next_id = FIRST_SHARE_ID;
  rig->scheduled = calloc(MAX_IN_FLIGHT, sizeof *rig->scheduled);
  rig->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  if (rig->fd < 0) die("socket");
  int on = 1;
  setsockopt(rig->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  setsockopt(rig->fd, SOL_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
  struct sockaddr_in from = {.sin_family = AF_INET};
  from.sin_addr.s_addr = htonl(0x7f000001u + (uint32_t)(index / RIGS_PER_ADDRESS));
  if (bind(rig->fd, (struct sockaddr *)&from, sizeof from) < 0) die("bind");
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  inet_pton(AF_INET, address, &to.sin_addr);
  if (connect(rig->fd, (struct sockaddr *)&to, sizeof to) < 0 && errno != EINPROGRESS) die("connect");
  struct epoll_event event = {.events = EPOLLOUT, .data.ptr = rig};
  if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, rig->fd, &event) < 0) die("epoll_ctl");
}

static void connect_rigs(const char *address, int port, int count) {
  rig_count = count;
  rigs = calloc((size_t)count, sizeof *rigs);
  uint64_t started = now_ns();
  int next = 0;
  while (with_job < count) {
    while (next < count && next - with_job < MAX_OPENING) {
      open_rig(&rigs[next], next, address, port);
      next++;
    }
    pump(100);
    if (now_ns() - started > 6 * DRAIN_NS) die("the rigs got no jobs within a minute");
  }
  printf("{\"tookMs\":%.3f}\n", (double)(now_ns() - started) / 1e6);
}

static void begin(void) {
  accepted = refused = answered_unasked = sent = 0;
  running = 1;
}

/* Waits for the answers that are due. */
static void drain(void) {
  running = 0;
  uint64_t deadline = now_ns() + DRAIN_NS;
  while (in_flight_total > 0 && now_ns() < deadline) pump(100);
}

static void print_counts(uint64_t started, uint64_t cpu_started) {
  printf("{\"sent\":%llu,\"accepted\":%llu,\"refused\":%llu,\"unanswered\":%llu,\"unasked\":%llu,"
         "\"wallMs\":%.3f,\"cpuMs\":%.3f",
         (unsigned long long)sent, (unsigned long long)accepted, (unsigned long long)refused,
         (unsigned long long)in_flight_total, (unsigned long long)answered_unasked,
         (double)(now_ns() - started) / 1e6, (double)(cpu_ns() - cpu_started) / 1e6);
}

static void closed_loop(int duration_ms, int lines) {
  begin();
  mode = CLOSED;
  lines_per_write = lines;
  uint64_t started = now_ns(), cpu_started = cpu_ns();
  uint64_t end = started + (uint64_t)duration_ms * 1000000ull;
  for (int i = 0; i < rig_count; i++) send_shares(&rigs[i], lines);
  while (now_ns() < end) pump(10);
  drain();
  print_counts(started, cpu_started);
  printf("}\n");
}

static void each_rig(int shares) {
  begin();
  mode = EACH;
  uint64_t started = now_ns(), cpu_started = cpu_ns();
  uint64_t due = (uint64_t)shares * (uint64_t)rig_count;
  for (int i = 0; i < rig_count; i++) rigs[i].left = shares;
  for (int i = 0; i < rig_count; i++) {
    rigs[i].left--;
    send_shares(&rigs[i], 1);
    if (i % 64 == 63) pump(0);
  }
  while (sent < due) pump(100);
  drain();
  print_counts(started, cpu_started);
  printf("}\n");
}

static int by_size(const void *a, const void *b) {
  uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
  return left < right ? -1 : left > right;
}

static double percentile_ms(double fraction) {
  if (latency_count == 0) return 0;
  uint64_t index = (uint64_t)(fraction * (double)(latency_count - 1) + 0.5);
  return latencies_ns[index] / 1e6;
}

/* Lets all rigs go on from the same place in their nonces; returns it. */
static uint32_t align_nonces(void) {
  uint32_t used = 0;
  for (int i = 0; i < rig_count; i++) {
    uint32_t own = rigs[i].nonce - ((uint32_t)i << NONCE_BITS);
    if (own > used) used = own;
  }
  if (used >> NONCE_BITS) die("no nonces left");
  for (int i = 0; i < rig_count; i++) rigs[i].nonce = ((uint32_t)i << NONCE_BITS) + used;
  return used;
}

static void open_loop(int rate, int duration_ms) {
  begin();
  mode = OPEN;
  uint64_t due = (uint64_t)rate * (uint64_t)duration_ms / 1000;
  latency_capacity = due;
  latency_count = 0;
  latencies_ns = realloc(latencies_ns, due * sizeof *latencies_ns);
  for (int i = 0; i < rig_count; i++) rigs[i].scheduled_from = 0;
  uint32_t first_nonce = align_nonces();
  uint64_t started = now_ns(), cpu_started = cpu_ns(), behind = 0;
  while (sent < due) {
    uint64_t at = started + sent * 1000000000ull / (uint64_t)rate;
    uint64_t now = now_ns();
    if (at <= now) {
      struct rig *rig = &rigs[sent % (uint64_t)rig_count];
      if (rig->in_flight >= MAX_IN_FLIGHT) die("the proxy is too far behind");
      if (now - at > behind) behind = now - at;
      rig->scheduled[(rig->scheduled_from + rig->in_flight) % MAX_IN_FLIGHT] = at;
      send_shares(rig, 1);
      if (sent % 16 == 0) pump(0);
      continue;
    }
    struct itimerspec when = {.it_value = {(time_t)(at / 1000000000ull), (long)(at % 1000000000ull)}};
    timerfd_settime(timer_fd, TFD_TIMER_ABSTIME, &when, NULL);
    pump(100);
  }
  drain();
  print_counts(started, cpu_started);
  qsort(latencies_ns, latency_count, sizeof *latencies_ns, by_size);
  printf(",\"p50Ms\":%.4f,\"p90Ms\":%.4f,\"p99Ms\":%.4f,\"p999Ms\":%.4f,\"maxMs\":%.4f,\"sentLateMs\":%.4f,"
         "\"startNs\":%llu,\"firstNonce\":%u}\n",
         percentile_ms(0.5), percentile_ms(0.9), percentile_ms(0.99), percentile_ms(0.999), percentile_ms(1),
         (double)behind / 1e6, (unsigned long long)started, first_nonce);
}

static void await_notify(void) {
  uint64_t deadline = now_ns() + DRAIN_NS;
  while (notified < (uint64_t)rig_count && now_ns() < deadline) pump(100);
  expecting_job = 0;
  printf("{\"notified\":%llu,\"firstNs\":%llu,\"lastNs\":%llu}\n", (unsigned long long)notified,
         (unsigned long long)first_notify_ns, (unsigned long long)last_notify_ns);
}

/* The last share of the first rig once more: it must be refused. */
static void repeat_share(void) {
  begin();
  mode = IDLE;
  uint64_t started = now_ns(), cpu_started = cpu_ns();
  rigs[0].nonce--;
  send_shares(&rigs[0], 1);
  drain();
  print_counts(started, cpu_started);
  printf("}\n");
}

static void run_command(char *command) {
  char address[64];
  int a, b;
  if (sscanf(command, "connect %63s %d %d", address, &a, &b) == 3 && b <= MAX_RIGS) connect_rigs(address, a, b);
  else if (sscanf(command, "closed %d %d", &a, &b) == 2 && b <= MAX_LINES_PER_WRITE) closed_loop(a, b);
  else if (sscanf(command, "each %d", &a) == 1) each_rig(a);
  else if (sscanf(command, "open %d %d", &a, &b) == 2) open_loop(a, b);
  else if (strcmp(command, "repeat") == 0) repeat_share();
  else if (strcmp(command, "await-job") == 0) await_notify();
  else if (strcmp(command, "expect-job") == 0) {
    notified = 0;
    expecting_job = 1;
    printf("{}\n");
  } else {
    fprintf(stderr, "bench rigs: what is \"%s\"?\n", command);
    exit(1);
  }
  fflush(stdout);
}

int main(void) {
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  prctl(PR_SET_TIMERSLACK, 1);
  epoll_fd = epoll_create1(0);
  timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
  struct epoll_event timer = {.events = EPOLLIN, .data.ptr = &timer_fd};
  struct epoll_event commands = {.events = EPOLLIN, .data.ptr = &command_buffer};
  if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, timer_fd, &timer) < 0) die("epoll_ctl");
  if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, 0, &commands) < 0) die("epoll_ctl");
  for (;;) {
    while (!pump(-1)) {
    }
    char *end = strchr(command_buffer, '\n');
    *end = 0;
    run_command(command_buffer);
    command_length = 0;
  }
}
