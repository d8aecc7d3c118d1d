/* SPDX-License-Identifier: Apache-2.0 */
/* A Ring 3 program that makes the request that the module answers, and prints the answer. */
#include <unistd.h>

int main(void)
{
	unsigned long reply[8] = { 0 };

	syscall(1024, reply);
	return write(1, reply, sizeof(reply)) != sizeof(reply);
}
