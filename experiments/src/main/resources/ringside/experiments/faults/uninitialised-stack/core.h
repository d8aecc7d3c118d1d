/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers a request. The fault: only the first word of the answer is set, the whole goes to the user, and the rest is what
 * the kernel stack still holds of an earlier call, here a key.
 */
#ifndef UNINITIALISED_STACK_CORE_H
#define UNINITIALISED_STACK_CORE_H

#define KEY_WORD 0x5ec2e75ec2e75ec2ULL

struct key {
	__u64 word[16];
};

struct reply {
	__u64 number;
	__u64 answer[7];
};

/* Has a key on its stack for a while, as code that checks signatures does. */
static __attribute__((__noinline__)) __u64 use_key(__u64 number)
{
	volatile struct key key;
	__u64 sum = 0;
	int i;

	for (i = 0; i < 16; i++)
		key.word[i] = KEY_WORD;
	for (i = 0; i < 16; i++)
		sum += key.word[i] ^ number;
	return sum;
}

static inline void answer(struct reply *reply, __u64 number)
{
	reply->number = number;
}

#endif
