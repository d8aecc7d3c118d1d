/* SPDX-License-Identifier: Apache-2.0 */
/* Asks who it is, again and again: identity ROUNDS. */
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int rounds = argc > 1 ? atoi(argv[1]) : 1;
	int i, odd = 0;

	for (i = 0; i < rounds; i++) {
		odd ^= getpid();
		odd ^= getppid();
		if (i % 3 == 0)
			odd ^= getuid();
		/* A number that no call has is an event too. */
		if (i % 7 == 0)
			syscall(1000 + i);
	}
	return odd == -1;
}
