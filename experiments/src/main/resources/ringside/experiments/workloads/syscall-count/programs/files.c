/* SPDX-License-Identifier: Apache-2.0 */
/* Writes a file and reads it back: files ROUNDS. */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int rounds = argc > 1 ? atoi(argv[1]) : 1;
	char text[] = "one line of text\n", back[sizeof(text)];
	int i, fd;

	for (i = 0; i < rounds; i++) {
		fd = open("/tmp/file", O_RDWR | O_CREAT | O_TRUNC, 0600);
		if (fd < 0)
			return 1;
		if (write(fd, text, sizeof(text)) != sizeof(text))
			return 2;
		if (lseek(fd, 0, SEEK_SET) != 0)
			return 3;
		if (read(fd, back, sizeof(back)) != sizeof(back))
			return 4;
		close(fd);
	}
	return 0;
}
