/*
 * The only program of a tiny initrd: prints that its kernel has started, and powers off. Shows that
 * a kexec happened, and whether KVM works on this machine.
 */
#include <sys/reboot.h>
#include <unistd.h>

int main(void) {
  static const char line[] = "tiny-init: this kernel is up\n";
  if (write(1, line, sizeof line - 1) < 0) return 1;
  reboot(RB_POWER_OFF);
  for (;;) pause();
}
