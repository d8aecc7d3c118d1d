/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _STRING_H
#define _STRING_H

#include <bits/types.h>

/* The compiler calls these four by name, so they are functions, weak for programs of several files. */
__attribute__((weak)) void *memcpy(void *to, const void *from, size_t count)
{
	unsigned char *t = to;
	const unsigned char *f = from;

	while (count--)
		*t++ = *f++;
	return to;
}

__attribute__((weak)) void *memmove(void *to, const void *from, size_t count)
{
	unsigned char *t = to;
	const unsigned char *f = from;

	if (t <= f)
		return memcpy(to, from, count);
	while (count--)
		t[count] = f[count];
	return to;
}

__attribute__((weak)) void *memset(void *at, int value, size_t count)
{
	unsigned char *p = at;

	while (count--)
		*p++ = (unsigned char)value;
	return at;
}

__attribute__((weak)) int memcmp(const void *a, const void *b, size_t count)
{
	const unsigned char *p = a, *q = b;

	for (; count--; p++, q++)
		if (*p != *q)
			return *p - *q;
	return 0;
}

static inline size_t strlen(const char *text)
{
	const char *end = text;

	while (*end)
		end++;
	return (size_t)(end - text);
}

static inline int strcmp(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return (unsigned char)*a - (unsigned char)*b;
}

#endif
