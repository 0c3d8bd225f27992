/*
 * Processes to be killed, small enough that thousands fit into a guest:
 *
 *   crowd stopped N  N processes, each stopped
 *   crowd bomb       as many as possible: one that cannot fork keeps trying
 *   crowd headless   one whose first thread has exited while another still runs
 *   crowd cued FIFO  like bomb, once something was written to FIFO
 */
#include <fcntl.h>
#include <pthread.h>
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

static void *go_on(void *unused) {
  for (;;) pause();
  return unused;
}

static int end_first_thread(void) {
  pthread_t other;
  if (pthread_create(&other, NULL, go_on, NULL) != 0) return 1;
  pthread_exit(NULL);
}

int main(int argc, char **argv) {
  if (argc == 3 && strcmp(argv[1], "stopped") == 0) return stop(atoi(argv[2]));
  if (argc == 3 && strcmp(argv[1], "cued") == 0) {
    char byte;
    if (read(open(argv[2], O_RDONLY), &byte, 1) < 0) return 1;
    bomb();
  }
  if (argc == 2 && strcmp(argv[1], "bomb") == 0) bomb();
  if (argc == 2 && strcmp(argv[1], "headless") == 0) return end_first_thread();
  return 2;
}
