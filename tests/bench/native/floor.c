/*
 * What the machine allows (Linux): a server that accepts the bench's rigs, gives them a job, answers each share
 * line without looking at it, and on command writes one job to all of them. Not a proxy: it checks nothing.
 * The yardstick of the end-to-end benches.
 *
 *   floor JOB_FILE   JOB_FILE holds one mining.notify line; prints the port it listens on
 *
 * Commands on stdin, each answered by a line of JSON:
 *   cpu         {"cpuMs"} of this process so far
 *   broadcast   writes the job to every rig, one after the other: {"startNs", "cpuMs"}
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MAX_FDS = 20000, READ_BYTES = 65536, CARRY_BYTES = 1024, MAX_EVENTS = 512, JOB_BYTES = 8192 };

struct rig {
  int used;
  int carry_length;
  char carry[CARRY_BYTES];
};

static struct rig *rigs;
static char job[JOB_BYTES];
static int job_length;

static void die(const char *what) {
  fprintf(stderr, "bench floor: %s: %s\n", what, strerror(errno));
  exit(1);
}

static uint64_t clock_ns(clockid_t id) {
  struct timespec now;
  clock_gettime(id, &now);
  return (uint64_t)now.tv_sec * 1000000000ull + (uint64_t)now.tv_nsec;
}

static void write_all(int fd, const char *bytes, int length) {
  while (length > 0) {
    ssize_t written = write(fd, bytes, (size_t)length);
    if (written < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (written < 0) die("write");
    bytes += written;
    length -= (int)written;
  }
}

/* Appends the reply to one line; returns its length. The request id is the first thing in the line. */
static int reply_to(int fd, const char *line, int length, char *out) {
  const char *id = line + 5;
  while (*id == ' ' || *id == ':') id++;
  int digits = 0;
  while (id[digits] >= '0' && id[digits] <= '9') digits++;
  if (digits == 1 && *id == '2')
    return sprintf(out, "{\"id\":2,\"result\":[[],\"00000001\",4],\"error\":null}\n");
  int at = 0;
  memcpy(out, "{\"id\":", 6);
  at += 6;
  memcpy(out + at, id, (size_t)digits);
  at += digits;
  memcpy(out + at, ",\"result\":true,\"error\":null}\n", 29);
  at += 29;
  if (digits == 1 && *id == '3') {
    memcpy(out + at, job, (size_t)job_length);
    at += job_length;
  }
  (void)fd, (void)length;
  return at;
}

static void on_readable(int fd) {
  static char buffer[CARRY_BYTES + READ_BYTES + 1];
  static char out[READ_BYTES + JOB_BYTES];
  struct rig *rig = &rigs[fd];
  memcpy(buffer, rig->carry, (size_t)rig->carry_length);
  ssize_t got = read(fd, buffer + rig->carry_length, READ_BYTES);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) {
    rig->used = 0;
    close(fd);
    return;
  }
  char *at = buffer, *end = buffer + rig->carry_length + got;
  int length = 0;
  for (char *newline; (newline = memchr(at, '\n', (size_t)(end - at))); at = newline + 1)
    length += reply_to(fd, at, (int)(newline - at), out + length);
  rig->carry_length = (int)(end - at);
  if (rig->carry_length > CARRY_BYTES) die("line too long");
  memcpy(rig->carry, at, (size_t)rig->carry_length);
  if (length > 0) write_all(fd, out, length);
}

static void on_command(void) {
  char command[64];
  if (!fgets(command, sizeof command, stdin)) exit(0);
  if (strcmp(command, "broadcast\n") == 0) {
    uint64_t start = clock_ns(CLOCK_MONOTONIC), cpu = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
    for (int fd = 0; fd < MAX_FDS; fd++)
      if (rigs[fd].used) write_all(fd, job, job_length);
    printf("{\"startNs\":%llu,\"cpuMs\":%.3f}\n", (unsigned long long)start,
           (double)(clock_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu) / 1e6);
  } else printf("{\"cpuMs\":%.3f}\n", (double)clock_ns(CLOCK_PROCESS_CPUTIME_ID) / 1e6);
  fflush(stdout);
}

int main(int count, char **arguments) {
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  FILE *file = count == 2 ? fopen(arguments[1], "r") : NULL;
  if (!file) die("job file");
  job_length = (int)fread(job, 1, sizeof job, file);
  fclose(file);
  rigs = calloc(MAX_FDS, sizeof *rigs);

  int listener = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof at;
  if (bind(listener, (struct sockaddr *)&at, size) < 0 || listen(listener, 4096) < 0) die("listen");
  getsockname(listener, (struct sockaddr *)&at, &size);
  printf("{\"port\":%d}\n", ntohs(at.sin_port));
  fflush(stdout);
  setvbuf(stdin, NULL, _IONBF, 0);

  int epoll_fd = epoll_create1(0);
  struct epoll_event on_listener = {.events = EPOLLIN, .data.fd = listener};
  struct epoll_event on_stdin = {.events = EPOLLIN, .data.fd = 0};
  epoll_ctl(epoll_fd, EPOLL_CTL_ADD, listener, &on_listener);
  epoll_ctl(epoll_fd, EPOLL_CTL_ADD, 0, &on_stdin);
  for (;;) {
    struct epoll_event events[MAX_EVENTS];
    int ready = epoll_wait(epoll_fd, events, MAX_EVENTS, -1);
    for (int i = 0; i < ready; i++) {
      int fd = events[i].data.fd;
      if (fd == 0) on_command();
      else if (fd == listener) {
        int accepted = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
        if (accepted < 0) continue;
        if (accepted >= MAX_FDS) die("too many rigs");
        int on = 1;
        setsockopt(accepted, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        rigs[accepted].used = 1;
        struct epoll_event event = {.events = EPOLLIN, .data.fd = accepted};
        epoll_ctl(epoll_fd, EPOLL_CTL_ADD, accepted, &event);
      } else on_readable(fd);
    }
  }
}
