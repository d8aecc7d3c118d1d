/* SPDX-License-Identifier: Apache-2.0 */
/* Counts system calls of a process, in all and by what they are about. */
#ifndef SYSCALL_COUNT_CORE_H
#define SYSCALL_COUNT_CORE_H

#define COUNT_PROCESSES 256

enum count_class {
	COUNT_FILE,
	COUNT_PROCESS,
	COUNT_TIME,
	COUNT_OTHER,
	COUNT_CLASSES
};

struct count {
	__u64 calls;
	__u64 class[COUNT_CLASSES];
};

/* What a system call is about, by its number on riscv64. */
static inline __attribute__((always_inline)) enum count_class count_class(__u64 number)
{
	if (number >= 34 && number <= 80)
		return COUNT_FILE;
	if (number == 101 || number == 113 || number == 169)
		return COUNT_TIME;
	if ((number >= 93 && number <= 95) || (number >= 124 && number <= 178) ||
	    (number >= 220 && number <= 221))
		return COUNT_PROCESS;
	return COUNT_OTHER;
}

static inline __attribute__((always_inline)) void count_call(struct count *count, __u64 number)
{
	count->calls++;
	count->class[count_class(number) & (COUNT_CLASSES - 1)]++;
}

#endif
