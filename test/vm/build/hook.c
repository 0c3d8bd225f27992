/*
 * A hook that does what its name says, for test/vm/cases/configuration.ts:
 *
 *   NN-hang  never returns from before-umount, nor does its child
 *   NN-fuse  leaves a file system there whose server does not answer
 *   NN-clock sets the clock ten years ahead, and at after-umount to 1970
 *   others   print how they were called
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <time.h>
#include <unistd.h>

/* linux/fuse.h, which musl's headers lack. */
struct init_answer {
  uint32_t length;
  int32_t error;
  uint64_t unique;
  uint32_t major, minor, max_readahead, flags;
  uint16_t max_background, congestion_threshold;
  uint32_t max_write, time_gran;
  uint32_t unused[9];
};

static int hang(void) {
  fork();
  for (;;) pause();
}

/* A file system whose unmount waits for its server, which requires a block device. */
static int leave_fuse(char *name) {
  static char request[65536];
  struct init_answer answer = {.length = sizeof answer, .major = 7, .minor = 31};
  char options[80];
  int fd = open("/dev/fuse", O_RDWR);

  snprintf(options, sizeof options, "fd=%d,rootmode=40000,user_id=0,group_id=0", fd);
  if (mount("/dev/vda", "/oldroot/srv", "fuseblk", 0, options)) {
    perror("fuse");
    return 1;
  }
  if (fork()) return 0;
  /* A storage daemon in a session of its own, which is not killed with the hook. */
  setsid();
  name[0] = '@';
  if (read(fd, request, sizeof request) < 0) return 1;
  memcpy(&answer.unique, request + 8, sizeof answer.unique);
  answer.max_write = 4096;
  if (write(fd, &answer, sizeof answer) < 0) return 1;
  for (;;) pause();
}

/* The second of January: the kernel refuses a time before its own boot. */
static int set_clock(int first) {
  struct timespec now, then = {.tv_sec = 86400};

  clock_gettime(CLOCK_REALTIME, &now);
  if (first) then.tv_sec = now.tv_sec + 10 * 365 * 86400;
  printf("clock: from %lld to %lld\n", (long long)now.tv_sec, (long long)then.tv_sec);
  return clock_settime(CLOCK_REALTIME, &then) ? 1 : 0;
}

int main(int argc, char **argv) {
  const char *slash = strrchr(argv[0], '/'), *name = slash ? slash + 1 : argv[0];
  int first = argc > 1 && !strcmp(argv[1], "before-umount");

  if (strstr(name, "hang")) return first ? hang() : 0;
  if (strstr(name, "fuse")) return first ? leave_fuse(argv[0]) : 0;
  if (strstr(name, "clock")) return set_clock(first);
  printf("%s says:", name);
  for (int i = 1; i < argc; i++) printf(" %s", argv[i]);
  printf("\n");
  return 0;
}
