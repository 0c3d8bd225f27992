/* allow-calls NUMBER,... PROGRAM...: kills a program that uses any other system call. */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

enum { MOST = 1000 };

int main(int argc, char **argv) {
  static struct sock_filter code[2 * MOST + 2] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
  };
  struct sock_fprog program = {1, code};

  if (argc < 3)
    return 125;
  for (char *number = strtok(argv[1], ","); number; number = strtok(NULL, ",")) {
    struct sock_filter compare = BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, atoi(number), 0, 1);
    struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);

    if (program.len + 2 >= 2 * MOST)
      return 125;
    code[program.len++] = compare;
    code[program.len++] = allow;
  }
  struct sock_filter kill = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
  code[program.len++] = kill;
  if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
    return 125;
  execvp(argv[2], argv + 2);
  return 126;
}
