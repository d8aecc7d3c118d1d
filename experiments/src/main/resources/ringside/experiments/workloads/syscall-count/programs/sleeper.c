/* SPDX-License-Identifier: Apache-2.0 */
/* Sleeps a while, again and again: sleeper ROUNDS. */
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int rounds = argc > 1 ? atoi(argv[1]) : 1;
	struct timespec while_ = { 0, 1000000 };
	int i;

	for (i = 0; i < rounds; i++)
		nanosleep(&while_, NULL);
	return 0;
}
