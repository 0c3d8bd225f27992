/*
 * Fills all huge pages of 2 MiB that can be had with copies of its standard input, says "full", and
 * waits, for test/vm/cases/wipe.ts.
 */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { SIZE = 2 << 20 };

int main(void) {
  char text[4096];
  ssize_t length = read(STDIN_FILENO, text, sizeof text);

  if (length <= 0) return 1;
  for (int pages = 0;; pages++) {
    char *page = mmap(NULL, SIZE, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);

    if (page == MAP_FAILED) {
      if (pages == 0) return 1;
      break;
    }
    for (size_t at = 0; at + length <= SIZE; at += length) memcpy(page + at, text, length);
  }
  puts("full");
  fflush(stdout);
  for (;;) pause();
}
