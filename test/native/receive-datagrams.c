/*
 * Prints "ready", then the datagrams that arrive at an address (in the format of NOTIFY_SOCKET=),
 * one per line.
 */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

int main(int argc, char **argv)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	size_t size;

	if (argc != 3 || fd < 0 || strlen(argv[1]) >= sizeof(address.sun_path))
		return 2;
	size = offsetof(struct sockaddr_un, sun_path) + strlen(argv[1]);
	memcpy(address.sun_path, argv[1], strlen(argv[1]));
	if (argv[1][0] == '@')
		address.sun_path[0] = 0;
	if (bind(fd, (struct sockaddr *)&address, size))
		return 1;
	puts("ready");
	fflush(stdout);
	for (int left = atoi(argv[2]); left > 0; left--) {
		char text[256];
		ssize_t length = recv(fd, text, sizeof(text), 0);

		if (length < 0)
			return 1;
		printf("%.*s\n", (int)length, text);
		fflush(stdout);
	}
	return 0;
}
