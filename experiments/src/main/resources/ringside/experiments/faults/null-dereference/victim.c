/* SPDX-License-Identifier: Apache-2.0 */
/* A Ring 3 program that makes a system call. */
#include <unistd.h>

int main(void)
{
	return getpid() <= 0;
}
