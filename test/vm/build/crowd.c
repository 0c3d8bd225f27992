/*
 * Processes that have to be ended, small enough that thousands fit into a guest:
 *   crowd stopped N  N of them, each stopped
 *   crowd bomb       as many as there can be: whoever comes too late goes on trying
 *   crowd cued FIFO  the same, once somebody has written to FIFO
 */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void bomb(void) {
  for (;;) {
    if (fork() < 0) sleep(2);
  }
}

static int stop(int count) {
  for (int i = 0; i < count; i++) {
    int pid = fork();
    if (pid < 0) return 1;
    if (pid == 0) {
      raise(SIGSTOP);
      return 0;
    }
  }
  for (;;) pause();
}

int main(int argc, char **argv) {
  if (argc == 3 && strcmp(argv[1], "stopped") == 0) return stop(atoi(argv[2]));
  if (argc == 3 && strcmp(argv[1], "cued") == 0) {
    char byte;
    if (read(open(argv[2], O_RDONLY), &byte, 1) < 0) return 1;
    bomb();
  }
  if (argc == 2 && strcmp(argv[1], "bomb") == 0) bomb();
  return 2;
}
