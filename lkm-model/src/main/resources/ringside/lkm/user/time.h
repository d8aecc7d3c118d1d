/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _TIME_H
#define _TIME_H

#include <bits/syscall.h>

struct timespec {
	time_t tv_sec;
	long tv_nsec;
};

static inline int nanosleep(const struct timespec *duration, struct timespec *left)
{
	return (int)syscall(__NR_nanosleep, duration, left);
}

#endif
