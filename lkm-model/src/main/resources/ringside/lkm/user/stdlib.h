/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _STDLIB_H
#define _STDLIB_H

#include <unistd.h>

#define EXIT_SUCCESS 0
#define EXIT_FAILURE 1

static inline int atoi(const char *text)
{
	int value = 0, negative = 0;

	while (*text == ' ')
		text++;
	if (*text == '-' || *text == '+')
		negative = *text++ == '-';
	while (*text >= '0' && *text <= '9')
		value = value * 10 + (*text++ - '0');
	return negative ? -value : value;
}

__attribute__((noreturn)) static inline void exit(int status)
{
	_exit(status);
}

#endif
