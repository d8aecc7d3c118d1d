/* SPDX-License-Identifier: Apache-2.0 */
/* A Ring 3 program that makes the request that the module answers, and prints the answer in hex. */
#include <unistd.h>

int main(void)
{
	unsigned char reply[64] = { 0 };
	char text[2 * sizeof(reply) + 1];
	unsigned int i;

	syscall(1024, reply);
	for (i = 0; i < sizeof(reply); i++) {
		text[2 * i] = "0123456789abcdef"[reply[i] >> 4];
		text[2 * i + 1] = "0123456789abcdef"[reply[i] & 15];
	}
	text[sizeof(text) - 1] = '\n';
	return write(1, text, sizeof(text)) != sizeof(text);
}
