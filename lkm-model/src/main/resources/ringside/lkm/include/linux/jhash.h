/* SPDX-License-Identifier: Apache-2.0 */
/* Bob Jenkins's lookup3 hash (public domain), for the word-sized keys that networking has. */
#ifndef _LINUX_JHASH_H
#define _LINUX_JHASH_H

#include <linux/types.h>

#define JHASH_INITVAL 0xdeadbeef

static inline u32 __jhash_rol32(u32 word, unsigned int shift)
{
	return (word << shift) | (word >> (32 - shift));
}

static inline u32 __jhash_nwords(u32 a, u32 b, u32 c, u32 initval)
{
	a += initval;
	b += initval;
	c += initval;
	c ^= b;
	c -= __jhash_rol32(b, 14);
	a ^= c;
	a -= __jhash_rol32(c, 11);
	b ^= a;
	b -= __jhash_rol32(a, 25);
	c ^= b;
	c -= __jhash_rol32(b, 16);
	a ^= c;
	a -= __jhash_rol32(c, 4);
	b ^= a;
	b -= __jhash_rol32(a, 14);
	c ^= b;
	c -= __jhash_rol32(b, 24);
	return c;
}

static inline u32 jhash_3words(u32 a, u32 b, u32 c, u32 initval)
{
	return __jhash_nwords(a, b, c, initval + JHASH_INITVAL + (3 << 2));
}

static inline u32 jhash_2words(u32 a, u32 b, u32 initval)
{
	return __jhash_nwords(a, b, 0, initval + JHASH_INITVAL + (2 << 2));
}

static inline u32 jhash_1word(u32 a, u32 initval)
{
	return __jhash_nwords(a, 0, 0, initval + JHASH_INITVAL + (1 << 2));
}

#endif
